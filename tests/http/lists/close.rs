//! `POST /jobs/close`: closes postings by their ids.

use jobs_ingest_tests::Worker;
use jobs_ingest_tests::http::Answer;
use serde_json::{Value, json};

use super::{about_ids, closing, ids, list, n_states, postings, start, states, writes_nothing};
use crate::support::{counts, send};

fn close(worker: &Worker, more: &str, ids: &Value) -> Answer {
    about_ids(worker, "close", more, ids).send()
}

#[test]
fn closes_the_listed_postings_and_counts_the_others() {
    let worker = start(3);
    list(&worker, "", &postings(0..2));
    let answer = close(
        &worker,
        "",
        &json!(["p1", "p2", "none", "p1", { "externalId": "p1" }]),
    );
    assert_eq!(
        closing(&answer),
        json!({ "closed": 1, "reopened": 0, "already_closed": 1, "unknown": 1 })
    );
    assert_eq!(answer.json()["received"], 5);
    assert_eq!(
        states(&worker),
        "p0 open, p1 closed requested, p2 closed absent"
    );
    let again = close(&worker, "", &ids([1]));
    assert_eq!(
        closing(&again),
        json!({ "closed": 0, "reopened": 0, "already_closed": 1, "unknown": 0 })
    );
}

#[test]
fn closes_whatever_their_number_and_age() {
    let worker = start(30);
    send(&worker, "?source=acme", &postings([30]));
    let answer = close(&worker, "", &ids(0..31));
    assert_eq!(closing(&answer)["closed"], 31);
}

#[test]
fn empty_list_closes_nothing() {
    let worker = start(1);
    let found = closing(&close(&worker, "", &json!([])));
    assert_eq!(
        (&found["closed"], &found["unknown"]),
        (&json!(0), &json!(0))
    );
    assert_eq!(states(&worker), "p0 open");
}

#[test]
fn does_not_reach_other_sources() {
    let worker = start(1);
    let request = worker.post("/jobs/close?source=initech");
    let answer = request
        .token(jobs_ingest_tests::TOKEN)
        .json(r#"["p0"]"#)
        .send();
    assert_eq!(closing(&answer)["unknown"], 1);
    let closed = worker.sql("SELECT count(*) AS n FROM jobs WHERE closed_at IS NOT NULL");
    assert_eq!(closed[0]["n"], 0);
}

#[test]
fn posting_that_is_sent_again_is_open_again() {
    let worker = start(2);
    close(&worker, "", &ids([0]));
    let answer = list(&worker, "", &postings(0..2));
    assert_eq!(closing(&answer)["reopened"], 1);
    assert_eq!(counts(&answer).updated, 1);
    assert_eq!(states(&worker), "p0 open, p1 open");
}

/// The rows of a large request take several parameters, in each of which the closed ones are looked up.
#[test]
fn posting_that_is_sent_again_in_a_large_request_is_open_again() {
    let worker = start(0);
    let postings: Value = (0..4_000).map(crate::support::posting_of_1_kb).collect();
    assert_eq!(
        counts(&send(&worker, "?source=acme", &postings)).inserted,
        4_000
    );
    for number in [0, 3_999] {
        let answer = close(&worker, "", &json!([format!("posting-{number:06}")]));
        assert_eq!(closing(&answer)["closed"], 1);
        let answer = send(&worker, "?source=acme&touch=true", &postings);
        assert_eq!(counts(&answer).updated, 4_000, "{}", answer.body);
        assert_eq!(n_states(&worker), [4_000, 0, 0]);
    }
}

#[test]
fn closing_a_posting_removes_its_mark() {
    let worker = start(20);
    list(&worker, "&max_close=0", &postings(0..19));
    close(&worker, "", &ids([19]));
    assert!(states(&worker).ends_with("p18 open, p19 closed requested"));
}

#[test]
fn needs_a_source_and_ids() {
    let worker = start(1);
    let token = jobs_ingest_tests::TOKEN;
    for (query, body, status, code) in [
        ("", r#"["p0"]"#, 400, "invalid_option"),
        (
            "?source=acme&max_close=1",
            r#"["p0"]"#,
            400,
            "invalid_option",
        ),
        ("?source=acme", r#"{"ids":["p0"]}"#, 400, "ids_required"),
        ("?source=acme", "[true]", 422, "invalid_ids"),
    ] {
        let request = worker.post(&format!("/jobs/close{query}")).token(token);
        writes_nothing(&worker, request.json(body), status, code);
    }
}
