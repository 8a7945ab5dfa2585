//! `dry_run=true`: returns the counts of the real request and writes nothing.

use jobs_ingest_tests::Worker;
use serde_json::{Value, json};

use crate::support::{counts, items, post, posting_of_1_kb, redacted, refused, send, table};

/// A request with every possible outcome of a posting.
fn everything() -> Value {
    json!([
        { "externalId": "new" },
        { "externalId": "changed", "title": "after" },
        { "externalId": "same" },
        { "externalId": "new", "title": "again" },
        { "externalId": "invalid", "title": {} },
        { "externalId": "cut", "title": "x".repeat(256) },
    ])
}

fn seeded() -> Worker {
    let worker = Worker::start();
    let seed = json!([{ "externalId": "changed", "title": "before" }, { "externalId": "same" }]);
    send(&worker, "", &seed);
    worker
}

#[test]
fn counts_match_the_real_request_and_nothing_is_written() {
    for touch in ["", "&touch=true"] {
        let worker = seeded();
        let before = table(&worker);
        let dry = send(
            &worker,
            &format!("?on_error=skip&dry_run=true{touch}"),
            &everything(),
        );
        assert_eq!(table(&worker), before, "nothing is written");
        let real = send(&worker, &format!("?on_error=skip{touch}"), &everything());
        assert_eq!(dry.status, real.status);
        let mut dry_body = dry.json();
        let says_so = dry_body
            .as_object_mut()
            .and_then(|body| body.remove("dry_run"));
        assert_eq!(says_so, Some(json!(true)));
        let mut real_body = real.json();
        let run_id = real_body
            .as_object_mut()
            .and_then(|body| body.remove("run_id"));
        assert!(run_id.is_some(), "only the real one leaves a run");
        assert_eq!(dry_body, real_body, "touch: {touch:?}");
        assert_ne!(table(&worker), before);
    }
}

#[test]
fn response_is_marked_as_dry_run() {
    let answer = send(&seeded(), "?on_error=skip&dry_run=true", &everything());
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "dry_run": true,
      "duplicates": 1,
      "error_counts": {
        "wrong_type": 1
      },
      "errors": [
        {
          "code": "wrong_type",
          "externalId": "invalid",
          "field": "title",
          "index": 4,
          "message": "items[4].title is an object, expected a text or a number"
        }
      ],
      "errors_omitted": 0,
      "ignored_fields": [],
      "inserted": 2,
      "received": 6,
      "rejected": 1,
      "reopened": 0,
      "success": true,
      "unchanged": 1,
      "updated": 1,
      "upserted": 4,
      "warning_counts": {
        "duplicate": 1,
        "empty_title": 2,
        "truncated": 1
      },
      "warnings": [
        {
          "code": "empty_title",
          "externalId": "new",
          "field": "title",
          "index": 0,
          "message": "items[0].title is missing or empty"
        },
        {
          "code": "duplicate",
          "externalId": "new",
          "field": "externalId",
          "index": 0,
          "message": "items[0].externalId is repeated by items[3], which differs and was kept"
        },
        {
          "code": "empty_title",
          "externalId": "same",
          "field": "title",
          "index": 2,
          "message": "items[2].title is missing or empty"
        },
        {
          "code": "truncated",
          "externalId": "cut",
          "field": "title",
          "index": 5,
          "message": "items[5].title is 256 characters, cut to 255"
        }
      ],
      "warnings_omitted": 0
    }
    "#);
}

#[test]
fn rejects_what_the_real_request_rejects() {
    let worker = seeded();
    let body = items(&everything());
    let dry = refused(
        &worker,
        post(&worker, "?dry_run=true").json(body.clone()),
        422,
        "invalid_items",
    );
    let real = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
    let mut real_body = redacted(&real);
    let run_id = real_body
        .as_object_mut()
        .and_then(|body| body.remove("run_id"));
    assert!(run_id.is_some(), "only the real one leaves a run");
    assert_eq!(redacted(&dry), real_body);
    let unknown = worker.post("/jobs/ingest?dry_run=true").json("[{}]");
    refused(&worker, unknown, 401, "unauthorized");
}

/// More rows than fit into one parameter.
#[test]
fn counts_are_exact_over_several_statements() {
    let worker = Worker::start();
    let postings = |range: std::ops::Range<usize>| range.map(posting_of_1_kb).collect::<Value>();
    send(&worker, "", &postings(1_000..3_000));
    let before = table(&worker);
    let all = postings(0..4_000);
    let dry = counts(&send(&worker, "?dry_run=true", &all));
    assert_eq!((dry.inserted, dry.unchanged), (2_000, 2_000));
    assert!(table(&worker) == before, "nothing is written");
    assert_eq!(counts(&send(&worker, "", &all)), dry);
}
