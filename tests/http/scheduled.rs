//! The scheduled handler deletes what has expired.

use jobs_ingest_core::limits::{
    DEFAULT_RETENTION_DAYS, IDEMPOTENCY_HOURS, MAX_PURGE_STEPS, MIN_RETENTION_DAYS, PURGE_STEP_ROWS,
};
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::table;

/// Longer than any test.
const MARGIN_SECONDS: u64 = 600;

const DAY_SECONDS: u64 = 86_400;

/// Inserts a run of this age with rejects and a key, all with this name.
fn add(worker: &Worker, name: &str, age_seconds: u64) {
    let at = format!("strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{age_seconds} seconds')");
    worker.execute(&format!(
        "INSERT INTO ingest_runs
           SELECT 'tester', '{name}', NULL, 207, 1, 0, 0, 0, 0, 1, 1, 1, {at}, {at}, 0, 0, NULL;
         INSERT INTO ingest_rejects VALUES ('tester', '{name}', '{{}}');
         INSERT INTO ingest_keys SELECT 'tester', '{name}', 'f', '{name}', '{{}}', {at};"
    ));
}

/// The names of the remaining runs, rejects and keys.
fn left(worker: &Worker) -> [Value; 3] {
    [
        "SELECT id AS name FROM ingest_runs ORDER BY 1",
        "SELECT run_id AS name FROM ingest_rejects ORDER BY 1",
        "SELECT key AS name FROM ingest_keys ORDER BY 1",
    ]
    .map(|query| {
        let rows = worker.sql(query);
        let names = rows.as_array().expect("rows").iter();
        names.map(|row| row["name"].clone()).collect()
    })
}

/// Runs the purge and returns its log line.
fn purge(worker: &Worker) -> Value {
    purge_with(worker, "ok")
}

/// Runs the purge, which must end with this outcome.
fn purge_with(worker: &Worker, outcome: &str) -> Value {
    let n_before = worker.logs().lines().len();
    assert_eq!(worker.run_scheduled(), outcome);
    let mut n_seen = 0;
    let line = worker.logs().wait_for(|line| {
        n_seen += 1;
        n_seen > n_before && line.message.contains(r#""message":"purge""#)
    });
    serde_json::from_str(&line.message).expect("the log line is JSON")
}

fn seconds_of_retention(days: u64) -> u64 {
    days * DAY_SECONDS
}

fn assert_removes_runs_after(worker: &Worker, seconds: u64) {
    add(worker, "young", 0);
    add(worker, "younger", seconds - MARGIN_SECONDS);
    add(worker, "older", seconds + 1);
    purge(worker);
    let [runs, rejects, _] = left(worker);
    assert_eq!(runs, json!(["young", "younger"]));
    assert_eq!(rejects, runs, "rejects go with their runs");
}

#[test]
fn runs_and_their_rejects_expire_after_90_days() {
    let worker = Worker::start();
    assert_removes_runs_after(&worker, seconds_of_retention(DEFAULT_RETENTION_DAYS));
}

#[test]
fn retention_is_configurable() {
    // As a TOML number, and as a text.
    for days in [json!(7), json!("7")] {
        let worker = Worker::builder().variable("RETENTION_DAYS", days).start();
        assert_removes_runs_after(&worker, seconds_of_retention(7));
    }
}

/// The response replayed for a key is stored in its run.
#[test]
fn run_outlives_its_key() {
    let worker = Worker::builder()
        .variable("RETENTION_DAYS", MIN_RETENTION_DAYS)
        .start();
    assert_removes_runs_after(&worker, IDEMPOTENCY_HOURS * 3_600);
}

#[test]
fn keys_expire_after_48_hours() {
    let worker = Worker::start();
    let seconds = IDEMPOTENCY_HOURS * 3_600;
    add(&worker, "younger", seconds - MARGIN_SECONDS);
    add(&worker, "older", seconds + 1);
    assert_eq!(purge(&worker)["rows_removed"], 1);
    let [runs, _, keys] = left(&worker);
    assert_eq!(keys, json!(["younger"]));
    assert_eq!(runs, json!(["older", "younger"]));
}

#[test]
fn postings_are_not_purged() {
    let worker = Worker::start();
    worker.execute(
        "INSERT INTO jobs (external_id, ingested_at, created_at)
         VALUES ('old', '2001-01-01T00:00:00.000Z', '2001-01-01T00:00:00.000Z')",
    );
    let before = table(&worker);
    assert_eq!(purge(&worker)["rows_removed"], 0);
    assert_eq!(table(&worker), before);
}

#[test]
fn purge_is_bounded_and_continued_by_the_next() {
    let worker = Worker::start();
    let most = PURGE_STEP_ROWS * MAX_PURGE_STEPS;
    worker.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {most})
         INSERT INTO ingest_runs
           SELECT 'tester', 'run ' || i, NULL, 200, 1, 1, 0, 0, 0, 0, 1, 1,
             '2001-01-01T00:00:00.000Z', '2001-01-01T00:00:00.000Z', 0, 0, NULL FROM n"
    ));
    assert_eq!(purge(&worker)["rows_removed"], most);
    assert_eq!(purge(&worker)["rows_removed"], 1);
    assert_eq!(purge(&worker)["rows_removed"], 0);
}

#[test]
fn invalid_setting_purges_nothing_and_is_logged() {
    for (days, found) in [
        (json!(""), r#""""#),
        (json!("ninety"), r#""ninety""#),
        (json!(1.5), r#""1.5""#),
        (json!(1), r#""1""#),
        (json!(true), "a boolean"),
    ] {
        let worker = Worker::builder().variable("RETENTION_DAYS", days).start();
        add(&worker, "old", seconds_of_retention(1_000));
        let line = purge_with(&worker, "exception");
        let cause =
            format!("RETENTION_DAYS is {found}, expected a whole number of days from 2 to 36500");
        assert_eq!(line, json!({ "message": "purge", "cause": cause }));
        assert_eq!(left(&worker)[0], json!(["old"]));
    }
}

#[test]
fn missing_tables_are_logged() {
    let worker = Worker::start();
    worker.execute("DROP TABLE ingest_runs");
    let line = purge_with(&worker, "exception");
    let cause = line["cause"].as_str().unwrap_or_default();
    assert!(cause.contains("ingest_runs"), "{line}");
}

/// Cloudflare lists it as a failed invocation; the next one is not affected.
#[test]
fn failed_purge_is_a_failed_invocation() {
    let worker = Worker::start();
    add(&worker, "old", seconds_of_retention(1_000));
    worker.execute(
        "CREATE TRIGGER fault BEFORE DELETE ON ingest_runs BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    let line = purge_with(&worker, "exception");
    assert!(
        line["cause"].as_str().unwrap_or_default().contains("no"),
        "{line}"
    );
    assert_eq!(left(&worker)[0], json!(["old"]));
    worker.execute("DROP TRIGGER fault");
    assert_eq!(purge(&worker)["rows_removed"], 3);
}

#[test]
fn expired_postings_are_closed_and_deleted_after_their_retention() {
    let worker = Worker::builder()
        .variable("CLOSED_RETENTION_DAYS", "30")
        .start();
    let postings = json!([
        { "externalId": "over", "validThrough": "2020-01-01" },
        { "externalId": "valid", "validThrough": "2999-01-01" },
        { "externalId": "open" },
    ]);
    let answer = worker
        .post("/jobs/ingest")
        .token(TOKEN)
        .json(postings.to_string())
        .send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    worker.execute(
        "INSERT INTO jobs (external_id, closed_at, closed_reason)
           VALUES ('long ago', '2020-01-01T00:00:00.000Z', 'requested')",
    );
    assert_eq!(worker.run_scheduled(), "ok");
    let line = worker
        .logs()
        .wait_for(|line| line.message.contains(r#""message":"expire""#));
    let line: Value = serde_json::from_str(&line.message).expect("the log line is JSON");
    assert_eq!(
        (&line["postings_closed"], &line["postings_deleted"]),
        (&json!(1), &json!(1))
    );
    let rows = worker.sql("SELECT external_id, closed_reason FROM jobs ORDER BY external_id");
    let expected = json!([
        { "external_id": "open", "closed_reason": null },
        { "external_id": "over", "closed_reason": "expired" },
        { "external_id": "valid", "closed_reason": null },
    ]);
    assert_eq!(rows, expected);
    // Sent again it is open again.
    let again = json!([{ "externalId": "over", "validThrough": "2020-01-01" }]);
    let answer = worker
        .post("/jobs/ingest")
        .token(TOKEN)
        .json(again.to_string())
        .send();
    assert_eq!(answer.json()["updated"], 1, "{}", answer.body);
}
