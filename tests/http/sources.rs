//! Tokens that are limited to sources: what they may post and which rows they may change.

use jobs_ingest_tests::Worker;
use jobs_ingest_tests::http::{Answer, Request};
use serde_json::{Value, json};

use crate::support::{Counts, INGEST, counts, findings, items, refused};

const FREE: &str = "token-of-all-sources-0f1e";
const LIMITED: &str = "token-of-acme-and-globex";

/// With a token that may post everything, and one of acme and globex. The row `taken` is one of
/// neither.
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

fn taken(worker: &Worker) -> Value {
    worker.sql("SELECT * FROM jobs WHERE external_id = 'taken'")
}

#[test]
fn the_sources_of_a_token_are_accepted() {
    let worker = start();
    let postings = json!([
        { "externalId": "a", "source": "acme" },
        { "externalId": "b", "source": "globex" },
    ]);
    assert_eq!(counts(&send(&worker, LIMITED, "", &postings)).inserted, 2);
    // From one of its sources to the other.
    let moved = json!([{ "externalId": "a", "source": "globex" }]);
    assert_eq!(counts(&send(&worker, LIMITED, "", &moved)).updated, 1);
}

#[test]
fn a_posting_of_another_source_is_an_error() {
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
    source_not_allowed: items[1].source is "initech", which this token may not post
    source_not_allowed: items[2].source is "Acme", which this token may not post
    source_not_allowed: items[3].source is "acme2", which this token may not post
    source_not_allowed: items[4].source is "acme|globex", which this token may not post
    source_not_allowed: items[5].source is "manual", which this token may not post
    source_not_allowed: items[6].source is "manual", which this token may not post
    source_not_allowed: items[7].source is "manual", which this token may not post
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

/// Sources of programs have one: FORMAT:BOARD.
#[test]
fn a_source_may_have_any_character() {
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
fn a_token_may_be_limited_to_companies() {
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
fn a_token_of_the_default_source_need_not_name_it() {
    let worker = Worker::builder()
        .ingest_tokens(&format!("manual:{LIMITED}:manual"))
        .start();
    let postings = json!([{ "externalId": "a" }, { "externalId": "b", "source": null }]);
    assert_eq!(counts(&send(&worker, LIMITED, "", &postings)).inserted, 2);
}

/// New ones, a row of its own, its own unchanged, and the row of another source twice.
fn with_a_conflict() -> Value {
    json!([
        { "externalId": "new", "source": "acme" },
        { "externalId": "taken", "source": "acme", "title": "first" },
        { "externalId": "own", "source": "acme", "title": "changed" },
        { "externalId": "same", "source": "globex" },
        { "externalId": "taken", "source": "acme", "title": "mine" },
    ])
}

fn start_with_own_rows() -> Worker {
    let worker = start();
    let own = json!([
        { "externalId": "own", "source": "acme" },
        { "externalId": "same", "source": "globex" },
    ]);
    assert_eq!(counts(&send(&worker, LIMITED, "", &own)).inserted, 2);
    worker
}

#[test]
fn a_row_of_another_source_refuses_all_by_default() {
    let worker = start_with_own_rows();
    let postings = with_a_conflict();
    for query in [
        "",
        "?touch=true",
        "?dry_run=true",
        "?dry_run=true&touch=true",
    ] {
        let abort = request(&worker, LIMITED, query, &postings);
        let answer = refused(&worker, abort, 422, "invalid_items");
        assert_eq!(answer.json()["rejected"], 1, "{query}");
        // Neither the other source nor the row's content is said.
        insta::allow_duplicates! {
            insta::assert_snapshot!(findings(&answer, "errors"), @"source_conflict: items[4].externalId is that of a posting of another source, which this token may not change");
        }
        assert!(!answer.body.contains("initech"), "{}", answer.body);
        assert!(!answer.body.contains("theirs"), "{}", answer.body);
    }
}

#[test]
fn skip_leaves_a_row_of_another_source_as_it_is() {
    for (touch, unchanged) in [("", 1), ("&touch=true", 0)] {
        let worker = start_with_own_rows();
        let before = taken(&worker);
        let expected = Counts {
            received: 5,
            inserted: 1,
            updated: 2 - unchanged,
            unchanged,
            duplicates: 1,
            rejected: 1,
        };
        let postings = with_a_conflict();
        let query = format!("?on_error=skip&dry_run=true{touch}");
        let dry = send(&worker, LIMITED, &query, &postings);
        assert_eq!(counts(&dry), expected, "{query}");
        let query = format!("?on_error=skip{touch}");
        let answer = send(&worker, LIMITED, &query, &postings);
        assert_eq!(counts(&answer), expected, "{query}");
        assert_eq!(findings(&dry, "errors"), findings(&answer, "errors"));
        assert_eq!(answer.json()["errors"][0]["code"], "source_conflict");
        assert_eq!(answer.json()["errors"][0]["index"], 4);
        assert_eq!(taken(&worker), before);
        assert_eq!(ids(&worker), json!(["taken", "own", "same", "new"]));
        let runs = worker.sql(
            "SELECT received, inserted, updated, unchanged, duplicates, rejected
             FROM ingest_runs WHERE rejected > 0",
        );
        let run = json!([{
            "received": 5, "inserted": 1, "updated": 2 - unchanged, "unchanged": unchanged,
            "duplicates": 1, "rejected": 1,
        }]);
        assert_eq!(runs, run);
    }
}

#[test]
fn a_skipped_conflict_is_kept_with_its_reason() {
    let worker = start();
    let answer = send(&worker, LIMITED, "?on_error=skip", &with_a_conflict());
    let id = answer.header("x-request-id").expect("a request id");
    let path = format!("/runs/{id}/rejects");
    let kept = worker.get(&path).token(LIMITED).send().json();
    assert_eq!(kept["items"][0]["externalId"], "taken");
    assert_eq!(kept["items"][0]["title"], "mine");
    assert_eq!(kept["reasons"][0]["errors"][0]["code"], "source_conflict");
    // Mended, it can be sent as it is.
    let mut mended = kept.clone();
    mended["items"][0]["externalId"] = json!("free");
    let again = worker.post(INGEST).token(LIMITED).json(mended.to_string());
    assert_eq!(counts(&again.send()).inserted, 1);
}

#[test]
fn a_repeat_of_a_conflict_gets_the_same_answer() {
    let worker = start();
    let send = || {
        let request = request(&worker, LIMITED, "?on_error=skip", &with_a_conflict());
        request.header("idempotency-key", "k").send()
    };
    let (first, again) = (send(), send());
    assert_eq!((first.status, again.status), (207, 207));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    assert_eq!(first.json()["errors"][0]["code"], "source_conflict");
}

#[test]
fn nothing_but_conflicts_writes_nothing() {
    let worker = start();
    let before = taken(&worker);
    let postings = json!([{ "externalId": "taken", "source": "acme" }]);
    for query in ["?on_error=skip&dry_run=true", "?on_error=skip"] {
        let expected = Counts {
            received: 1,
            rejected: 1,
            ..Counts::default()
        };
        let answer = send(&worker, LIMITED, query, &postings);
        assert_eq!(counts(&answer), expected, "{query}");
    }
    assert_eq!(taken(&worker), before);
}

#[test]
fn an_unlimited_token_may_change_every_row() {
    let worker = start_with_own_rows();
    let postings = json!([
        { "externalId": "taken", "source": "acme" },
        { "externalId": "own", "source": "initech" },
    ]);
    assert_eq!(counts(&send(&worker, FREE, "", &postings)).updated, 2);
    // What has become another source's is no longer the limited token's.
    let back = json!([{ "externalId": "own", "source": "acme" }]);
    let answer = send(&worker, LIMITED, "", &back);
    assert_eq!(answer.json()["errors"][0]["code"], "source_conflict");
    let now_own = json!([{ "externalId": "taken", "source": "acme", "title": "mine" }]);
    assert_eq!(counts(&send(&worker, LIMITED, "", &now_own)).updated, 1);
}
