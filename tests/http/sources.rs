//! Tokens limited to sources: what they may post and which rows they may change.

use jobs_ingest_tests::Worker;
use jobs_ingest_tests::http::{Answer, Request};
use serde_json::{Value, json};

use crate::support::{Counts, INGEST, counts, findings, items, refused};

const FREE: &str = "token-of-all-sources-0f1e";
const LIMITED: &str = "token-of-acme-and-globex";

/// A Worker with an unlimited token and one limited to acme and globex. The row `taken` belongs to
/// another source.
fn start() -> Worker {
    let worker = Worker::builder()
        .ingest_tokens(&format!("free:{FREE},limited:{LIMITED}:acme|globex"))
        .start();
    let taken = json!([{ "externalId": "taken", "title": "theirs", "source": "initech" }]);
    assert_eq!(send(&worker, FREE, "", &taken).status, 200);
    worker
}

fn request(worker: &Worker, token: &str, query: &str, postings: &Value) -> Request {
    let request = worker.post(&format!("{INGEST}{query}")).token(token);
    request.json(items(postings))
}

fn send(worker: &Worker, token: &str, query: &str, postings: &Value) -> Answer {
    request(worker, token, query, postings).send()
}

fn ids(worker: &Worker) -> Value {
    let rows = worker.sql("SELECT external_id AS name FROM jobs ORDER BY id");
    let ids = rows.as_array().expect("rows").iter();
    ids.map(|row| row["name"].clone()).collect()
}

#[test]
fn accepts_sources_of_the_token() {
    let worker = start();
    let postings = json!([
        { "externalId": "a", "source": "acme" },
        { "externalId": "a", "source": "globex" },
    ]);
    assert_eq!(counts(&send(&worker, LIMITED, "", &postings)).inserted, 2);
    assert_eq!(counts(&send(&worker, LIMITED, "", &postings)).unchanged, 2);
}

#[test]
fn posting_of_another_source_is_an_error() {
    let worker = start();
    let postings = json!([
        { "externalId": "good", "source": "acme" },
        { "externalId": "other", "source": "initech" },
        { "externalId": "case", "source": "Acme" },
        { "externalId": "longer", "source": "acme2" },
        { "externalId": "both", "source": "acme|globex" },
        { "externalId": "default" },
        { "externalId": "empty", "source": "" },
        { "externalId": "null", "source": null },
    ]);
    let abort = request(&worker, LIMITED, "", &postings);
    let answer = refused(&worker, abort, 422, "invalid_items");
    insta::assert_snapshot!(findings(&answer, "errors"), @r#"
    source_not_allowed: items[1].source is "initech", which this request may not post
    source_not_allowed: items[2].source is "Acme", which this request may not post
    source_not_allowed: items[3].source is "acme2", which this request may not post
    source_not_allowed: items[4].source is "acme|globex", which this request may not post
    source_not_allowed: items[5].source is "manual", which this request may not post
    source_not_allowed: items[6].source is "manual", which this request may not post
    source_not_allowed: items[7].source is "manual", which this request may not post
    "#);
    assert_eq!(ids(&worker), json!(["taken"]));

    let skip = send(&worker, LIMITED, "?on_error=skip", &postings);
    assert_eq!(skip.status, 207);
    let expected = Counts {
        received: 8,
        inserted: 1,
        rejected: 7,
        ..Counts::default()
    };
    assert_eq!(counts(&skip), expected);
    assert_eq!(findings(&skip, "errors"), findings(&answer, "errors"));
    assert_eq!(ids(&worker), json!(["taken", "good"]));
}

/// Feed programs use sources such as FORMAT:BOARD.
#[test]
fn source_may_contain_any_character() {
    let worker = Worker::builder()
        .ingest_tokens(&format!(
            "gh:{LIMITED}?source=greenhouse:acme&source=a%2Cb%26c%20%7C"
        ))
        .start();
    let postings = json!([
        { "externalId": "a", "source": "greenhouse:acme" },
        { "externalId": "b", "source": "a,b&c |" },
    ]);
    assert_eq!(counts(&send(&worker, LIMITED, "", &postings)).inserted, 2);
    let postings = json!([{ "externalId": "c", "source": "greenhouse" }]);
    let answer = send(&worker, LIMITED, "", &postings);
    assert_eq!(answer.json()["errors"][0]["code"], "source_not_allowed");
}

#[test]
fn token_may_be_limited_to_companies() {
    let worker = Worker::builder()
        .ingest_tokens(&format!("acme:{LIMITED}?companyId=7"))
        .start();
    let other =
        json!([{ "externalId": "a", "companyId": 7 }, { "externalId": "b", "companyId": 8 }]);
    let abort = request(&worker, LIMITED, "", &other);
    let answer = refused(&worker, abort, 422, "invalid_items");
    insta::assert_snapshot!(findings(&answer, "errors"), @"company_not_allowed: items[1].companyId is 8, which this token may not post");
    assert_eq!(answer.json()["errors"][0]["field"], "companyId");
    let own = json!([{ "externalId": "a", "companyId": "7" }, { "externalId": "b" }]);
    assert_eq!(counts(&send(&worker, LIMITED, "", &own)).inserted, 2);
    let companies = worker.sql("SELECT DISTINCT company_id AS id FROM jobs");
    assert_eq!(companies, json!([{ "id": 7 }]));
}

#[test]
fn single_source_is_the_default() {
    let worker = Worker::builder()
        .ingest_tokens(&format!("acme:{LIMITED}:acme,free:{FREE}"))
        .start();
    let postings = json!([
        { "externalId": "a" },
        { "externalId": "b", "source": null },
        { "externalId": "c", "source": "acme" },
    ]);
    assert_eq!(counts(&send(&worker, LIMITED, "", &postings)).inserted, 3);
    let sources = worker.sql("SELECT DISTINCT source FROM jobs");
    assert_eq!(sources, json!([{ "source": "acme" }]));
    let run = worker.sql("SELECT source FROM ingest_runs");
    assert_eq!(run, json!([{ "source": "acme" }]));
    // Other tokens post to the common default.
    let answer = send(&worker, FREE, "", &json!([{ "externalId": "a" }]));
    assert_eq!(counts(&answer).inserted, 1);
    let n_manual = worker.sql("SELECT count(*) AS n FROM jobs WHERE source = 'manual'");
    assert_eq!(n_manual, json!([{ "n": 1 }]));
}

#[test]
fn same_id_in_another_source_is_another_row() {
    for query in ["", "?touch=true", "?missing=keep"] {
        let worker = start();
        let taken = || worker.sql("SELECT * FROM jobs WHERE source = 'initech'");
        let before = taken();
        let postings = json!([{ "externalId": "taken", "source": "acme", "title": "theirs" }]);
        let separator = if query.is_empty() { "?" } else { "&" };
        let dry = format!("{query}{separator}dry_run=true");
        for query in [dry.as_str(), query] {
            let answer = send(&worker, LIMITED, query, &postings);
            assert_eq!(counts(&answer).inserted, 1, "{query}");
        }
        assert_eq!(taken(), before);
        assert_eq!(ids(&worker), json!(["taken", "taken"]));
    }
}
