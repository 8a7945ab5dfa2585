//! Database faults: the response, the log line, and that nothing is written.
//!
//! A trigger makes real D1 fail inside the batch with a given message.

use jobs_ingest_tests::{Migrations, TOKEN, Worker};
use serde_json::json;

use crate::support::{
    INGEST, assert_problem, counts, items, log_of, post, redacted, refused, send,
    without_unique_key,
};

fn body() -> String {
    items(&json!([{ "externalId": "a" }, { "externalId": "b" }, { "externalId": "c" }]))
}

/// A Worker whose batches fail with this message at their last posting.
fn failing_with(message: &str) -> Worker {
    let worker = Worker::start();
    worker.execute(&format!(
        "CREATE TRIGGER fault BEFORE INSERT ON jobs WHEN NEW.external_id = 'c' BEGIN
           SELECT RAISE(ABORT, '{message}');
         END"
    ));
    worker
}

#[test]
fn missing_table_is_503_not_ready() {
    let worker = Worker::builder().migrations(Migrations::None).start();
    for query in ["", "?dry_run=true", "?touch=true"] {
        let answer = post(&worker, query).json(body()).send();
        assert_problem(&answer, 503, "database_not_ready");
    }
    let worker = Worker::start();
    worker.execute("DROP TABLE jobs");
    let answer = post(&worker, "").json(body()).send();
    assert_problem(&answer, 503, "database_not_ready");
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "code": "database_not_ready",
      "detail": "the database lacks a table, column or key that this version needs",
      "error": "Database Not Ready",
      "missing_migrations": [],
      "missing_objects": [],
      "request_id": "[request id]",
      "status": 503,
      "success": false,
      "title": "Database Not Ready",
      "type": "urn:jobs-ingest:problem:database_not_ready"
    }
    "#);
}

#[test]
fn missing_column_is_503_not_ready() {
    let worker = Worker::start();
    worker.execute("DROP TRIGGER jobs_forget_content_hash; ALTER TABLE jobs DROP COLUMN salary");
    refused(
        &worker,
        post(&worker, "").json(body()),
        503,
        "database_not_ready",
    );
}

/// A request that is refused anyway does not access the database.
#[test]
fn refusal_does_not_need_the_database() {
    let worker = Worker::builder().migrations(Migrations::None).start();
    let answer = post(&worker, "").json("[{}]").send();
    assert_problem(&answer, 422, "invalid_items");
    let answer = worker.post(INGEST).json(body()).send();
    assert_problem(&answer, 401, "unauthorized");
}

#[test]
fn unknown_fault_is_500_and_only_the_log_has_the_cause() {
    let worker = failing_with("disk of drive 7 is on fire");
    let request = post(&worker, "").json(body());
    let answer = refused(&worker, request, 500, "internal");
    assert_eq!(worker.n_rows(), 0, "the first two are rolled back");
    assert_eq!(answer.json()["error"], "Internal Server Error");
    assert!(!answer.body.contains("drive"), "{}", answer.body);
    assert!(
        !answer.body.to_lowercase().contains("sql"),
        "{}",
        answer.body
    );
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "code": "internal",
      "detail": "the operator's log has the cause under the request id; the request is safe to repeat",
      "error": "Internal Server Error",
      "request_id": "[request id]",
      "status": 500,
      "success": false,
      "title": "Internal Server Error",
      "type": "urn:jobs-ingest:problem:internal"
    }
    "#);

    let log = log_of(&worker, &answer);
    let cause = log["cause"].as_str().expect("a cause");
    assert!(cause.contains("drive 7 is on fire"), "{cause}");
    assert_eq!(log["tries"], 1, "is not retried");
}

#[test]
fn overload_is_503_with_retry_after_and_not_retried() {
    for message in [
        "D1 DB is overloaded. Requests queued for too long.",
        "D1 DB is overloaded. Too many requests queued.",
        "D1 DB storage operation exceeded timeout which caused object to be reset.",
        "D1 DB exceeded its memory limit and was reset.",
    ] {
        let worker = failing_with(message);
        let request = post(&worker, "").json(body());
        let answer = refused(&worker, request, 503, "database_unavailable");
        assert_eq!(worker.n_rows(), 0);
        assert_eq!(answer.header("retry-after"), Some("10"));
        assert!(!answer.body.contains("queued"), "{}", answer.body);
        assert_eq!(log_of(&worker, &answer)["tries"], 1, "{message}");
        if message.contains("too long") {
            insta::assert_json_snapshot!(redacted(&answer), @r#"
            {
              "code": "database_unavailable",
              "detail": "the database is overloaded or unreachable; the request may or may not have been written, and is safe to repeat",
              "error": "Database Unavailable",
              "request_id": "[request id]",
              "status": 503,
              "success": false,
              "title": "Database Unavailable",
              "type": "urn:jobs-ingest:problem:database_unavailable"
            }
            "#);
        }
        worker.execute("DROP TRIGGER fault");
        let again = post(&worker, "").json(body()).send();
        assert_eq!(counts(&again).inserted, 3, "sent again it is taken");
    }
}

#[test]
fn transient_fault_is_retried_a_bounded_number_of_times() {
    let worker = failing_with("Network connection lost.");
    let request = post(&worker, "").json(body());
    let answer = refused(&worker, request, 503, "database_unavailable");
    assert_eq!(worker.n_rows(), 0);
    assert_eq!(answer.header("retry-after"), Some("10"));
    assert_eq!(log_of(&worker, &answer)["tries"], 3);
}

/// Makes SQLite report a full database for a new row, as a table with AUTOINCREMENT does when it
/// runs out of ids.
fn full() -> Worker {
    let worker = Worker::start();
    worker.execute(&format!(
        "CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT);
         INSERT INTO log VALUES ({});
         CREATE TRIGGER fault BEFORE INSERT ON jobs WHEN NEW.external_id = 'c' BEGIN
           INSERT INTO log VALUES (NULL);
         END",
        i64::MAX
    ));
    worker
}

#[test]
fn full_database_is_507_and_writes_nothing() {
    let worker = full();
    let request = post(&worker, "").json(body());
    let answer = refused(&worker, request, 507, "database_full");
    assert_eq!(answer.header("retry-after"), None);
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "code": "database_full",
      "detail": "the database is full; nothing was written, and the request can be repeated once the operator has freed space",
      "error": "Database Full",
      "request_id": "[request id]",
      "status": 507,
      "success": false,
      "title": "Database Full",
      "type": "urn:jobs-ingest:problem:database_full"
    }
    "#);
    let log = log_of(&worker, &answer);
    let cause = log["cause"].as_str().expect("a cause");
    assert!(cause.contains("SQLITE_FULL"), "{cause}");
    assert_eq!(log["tries"], 1, "is not retried");
    assert_eq!(worker.get("/health").send().status, 200);

    let worker = failing_with("Exceeded maximum DB size");
    refused(
        &worker,
        post(&worker, "").json(body()),
        507,
        "database_full",
    );
}

#[test]
fn locked_database_is_503_with_retry_after() {
    let worker = Worker::start();
    let lock = worker.lock_database();
    let answer = post(&worker, "").json(body()).send();
    assert_problem(&answer, 503, "database_unavailable");
    assert_eq!(answer.header("retry-after"), Some("10"));
    let log = log_of(&worker, &answer);
    let cause = log["cause"].as_str().expect("a cause");
    assert!(cause.contains("SQLITE_BUSY"), "{cause}");
    assert_eq!(log["tries"], 3);
    drop(lock);
    let again = post(&worker, "").json(body()).send();
    assert_eq!(counts(&again).inserted, 3);
}

#[test]
fn missing_unique_key_is_503_not_ready() {
    let worker = Worker::start();
    without_unique_key(&worker);
    refused(
        &worker,
        post(&worker, "").json(body()),
        503,
        "database_not_ready",
    );
}

/// A row of the board may have any id. If no id is left above it, SQLite picks random ones.
#[test]
fn counts_are_right_with_the_largest_id_in_use() {
    let worker = Worker::start();
    worker.execute(&format!(
        "INSERT INTO jobs (id, external_id) VALUES ({}, 'board')",
        i64::MAX
    ));
    let answer = post(&worker, "").json(body()).send();
    assert_eq!(counts(&answer).inserted, 3);
    let answer = post(&worker, "?touch=true").json(body()).send();
    assert_eq!(counts(&answer).updated, 3);
    assert_eq!(worker.n_rows(), 4);
}

/// The fault lasts for 0.2 s from the request's start, less than all retries together.
#[test]
fn client_does_not_notice_a_short_transient_fault() {
    let worker = Worker::start();
    worker.execute(
        "CREATE TRIGGER fault BEFORE INSERT ON jobs
         WHEN unixepoch('now', 'subsec') - unixepoch(NEW.ingested_at, 'subsec') < 0.2 BEGIN
           SELECT RAISE(ABORT, 'Network connection lost.');
         END",
    );
    let answer = post(&worker, "").json(body()).send();
    assert_eq!(counts(&answer).inserted, 3);
    assert_eq!(worker.n_rows(), 3);
}

#[test]
fn next_request_succeeds() {
    let worker = failing_with("anything");
    refused(&worker, post(&worker, "").json(body()), 500, "internal");
    let other = json!([{ "externalId": "d" }]);
    assert_eq!(counts(&send(&worker, "", &other)).inserted, 1);
    let empty = worker.post(INGEST).token(TOKEN).json("[]");
    refused(&worker, empty, 400, "items_required");
}
