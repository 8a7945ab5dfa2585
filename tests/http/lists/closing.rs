//! A complete list sent as postings.

use serde_json::{Value, json};

use super::{closed, closing, list, list_request, postings, start, states};
use crate::support::{
    assert_is_utc_with_milliseconds, counts, findings, post, refused, send, table,
};

#[test]
fn closes_what_is_no_longer_listed() {
    let worker = start(3);
    let answer = list(&worker, "", &postings(0..2));
    assert_eq!(closing(&answer), closed(1, 0, 0));
    assert_eq!(counts(&answer).unchanged, 2);
    assert_eq!(states(&worker), "p0 open, p1 open, p2 closed absent");
    let rows = worker.sql("SELECT closed_at FROM jobs WHERE closed_at IS NOT NULL");
    assert_is_utc_with_milliseconds(rows[0]["closed_at"].as_str().expect("a time"));
    // Once is enough.
    assert_eq!(
        closing(&list(&worker, "", &postings(0..2))),
        closed(0, 0, 0)
    );
}

#[test]
fn postings_and_closings_of_a_request_are_written_together() {
    let worker = start(3);
    let answer = list(&worker, "", &postings([1, 2, 3]));
    assert_eq!(closing(&answer), closed(1, 0, 0));
    assert_eq!(
        (counts(&answer).inserted, counts(&answer).unchanged),
        (1, 2)
    );
    assert_eq!(
        states(&worker),
        "p0 closed absent, p1 open, p2 open, p3 open"
    );

    worker.execute(
        "CREATE TRIGGER fault BEFORE UPDATE ON jobs WHEN new.closed_at IS NOT NULL \
         BEGIN SELECT RAISE(ABORT, 'something'); END",
    );
    let before = table(&worker);
    let answer = refused(
        &worker,
        list_request(&worker, "", &postings([1, 2, 4])),
        500,
        "internal",
    );
    assert_eq!(table(&worker), before, "{}", answer.body);
}

#[test]
fn posting_that_is_listed_again_is_open_with_its_id_and_creation_time() {
    let worker = start(3);
    let row = || worker.sql("SELECT id, created_at FROM jobs WHERE external_id = 'p2'");
    let before = row();
    list(&worker, "", &postings(0..2));
    let again = list(&worker, "", &postings(0..3));
    assert_eq!(closing(&again), closed(0, 1, 0));
    assert_eq!((counts(&again).updated, counts(&again).unchanged), (1, 2));
    assert_eq!(states(&worker), "p0 open, p1 open, p2 open");
    assert_eq!(row(), before);
}

#[test]
fn ingest_without_a_list_reopens_and_closes_nothing() {
    let worker = start(3);
    list(&worker, "", &postings([0]));
    assert_eq!(
        states(&worker),
        "p0 open, p1 closed absent, p2 closed absent"
    );
    let answer = send(&worker, "?source=acme", &postings([2]));
    assert_eq!(counts(&answer).updated, 1);
    assert!(answer.json().get("closing").is_none(), "{}", answer.body);
    assert_eq!(states(&worker), "p0 open, p1 closed absent, p2 open");
    let run = worker.sql("SELECT closed, reopened FROM ingest_runs ORDER BY id DESC LIMIT 1");
    assert_eq!(run, json!([{ "closed": 0, "reopened": 1 }]));
}

#[test]
fn other_sources_are_not_closed() {
    let worker = start(2);
    let answer = list(&worker, "", &postings([7]));
    assert_eq!(closing(&answer), closed(2, 0, 0));
    let globex = worker.sql("SELECT closed_at FROM jobs WHERE source = 'globex'");
    assert_eq!(globex, json!([{ "closed_at": null }]));
}

#[test]
fn source_of_the_request_is_that_of_its_postings() {
    let worker = start(1);
    for (query, status) in [
        ("?source=acme", 422),
        ("?source=acme&snapshot=complete", 422),
    ] {
        let other = json!([{ "externalId": "p0" }, { "externalId": "p0", "source": "globex" }]);
        let request = post(&worker, query).json(other.to_string());
        let answer = refused(&worker, request, status, "invalid_items");
        insta::allow_duplicates! {
            insta::assert_snapshot!(findings(&answer, "errors"), @r#"source_not_allowed: items[1].source is "globex", which this request may not post"#);
        }
    }
    let own = json!([{ "externalId": "p0", "source": "acme" }, { "externalId": "new" }]);
    let answer = list(&worker, "", &own);
    assert_eq!(
        (counts(&answer).inserted, counts(&answer).unchanged),
        (1, 1)
    );
    assert_eq!(states(&worker), "p0 open, new open");
}

#[test]
fn rejected_posting_with_an_id_is_listed() {
    let worker = start(3);
    let body: Value = json!([
        { "externalId": "p0" },
        { "externalId": "p1", "title": [] },
        { "externalId": "new", "title": [] },
    ]);
    let answer = list(&worker, "&on_error=skip", &body);
    assert_eq!(counts(&answer).rejected, 2);
    assert_eq!(closing(&answer), closed(1, 0, 0));
    assert_eq!(states(&worker), "p0 open, p1 open, p2 closed absent");
}

#[test]
fn list_with_an_invalid_posting_is_refused_as_a_whole() {
    let worker = start(3);
    let body = json!([{ "externalId": "p0", "title": [] }]);
    let request = list_request(&worker, "", &body);
    refused(&worker, request, 422, "invalid_items");
    assert_eq!(states(&worker), "p0 open, p1 open, p2 open");
    let lists = worker.sql("SELECT count(*) AS n FROM ingest_sources");
    assert_eq!(lists[0]["n"], 0);
}

#[test]
fn options_of_a_list_need_one() {
    let worker = start(1);
    let mut details = Vec::new();
    for query in [
        "?snapshot=complete",
        "?source=acme&snapshot=partial",
        "?source=acme&max_close=5",
        "?source=acme&snapshot=complete&max_close=101%25",
        "?source=acme&snapshot=complete&observed_at=yesterday",
        "?source=&snapshot=complete",
    ] {
        let request = post(&worker, query).json(postings([0]).to_string());
        let answer = refused(&worker, request, 400, "invalid_option");
        let detail = answer.json()["detail"].as_str().map(str::to_owned);
        details.push(format!("{query}  {}", detail.expect("a detail")));
    }
    insta::assert_snapshot!(details.join("\n"), @r#"
    ?snapshot=complete  snapshot=complete needs source
    ?source=acme&snapshot=partial  snapshot is "partial", expected complete
    ?source=acme&max_close=5  max_close needs snapshot=complete
    ?source=acme&snapshot=complete&max_close=101%25  max_close is "101%", expected a number of postings (25) or a share (40%)
    ?source=acme&snapshot=complete&observed_at=yesterday  observed_at is "yesterday", expected a date (2026-11-25), a time (2026-11-25T13:56:45Z or 2026-11-25 13:56:45) or seconds or milliseconds since 1970
    ?source=&snapshot=complete  source is "", expected 1 to 100 characters without U+0000
    "#);
}
