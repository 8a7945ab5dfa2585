//! Variables of wrangler.toml: each is a text or a number, and invalid ones are reported. (Their
//! effects are tested elsewhere.)

use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::{assert_problem, log_of, send};

const VARIABLES: [&str; 4] = [
    "RETENTION_DAYS",
    "CORS_ORIGINS",
    "ROWS_PER_DAY",
    "BYTES_PER_DAY",
];

fn assert_is_loud(name: &str, value: &Value) {
    let worker = Worker::builder().variable(name, value.clone()).start();
    let health = worker.get("/health").send();
    assert_problem(&health, 503, "misconfigured");
    assert_eq!(health.json()["variables"], json!([name]), "{value}");
    let runs = worker.get("/runs").token(TOKEN).send();
    let nowhere = worker.get("/nowhere").send();
    for answer in [health, runs, nowhere] {
        let log = log_of(&worker, &answer);
        let message = log["misconfigured"][0].as_str().unwrap_or_default();
        assert!(message.starts_with(&format!("{name} is ")), "{log}");
        assert!(message.contains(", expected "), "{log}");
        // Details are only logged.
        assert!(!answer.body.contains(", expected "), "{}", answer.body);
    }
}

#[test]
fn invalid_variable_is_named_in_every_log_line_and_by_health() {
    for name in VARIABLES {
        assert_is_loud(name, &json!("something else"));
        assert_is_loud(name, &json!(-1.5));
        assert_is_loud(name, &json!(["https://a.example"]));
    }
}

#[test]
fn valid_variables_are_not_reported() {
    let mut builder = Worker::builder().variable("CORS_ORIGINS", "https://a.example");
    for name in ["RETENTION_DAYS", "ROWS_PER_DAY", "BYTES_PER_DAY"] {
        builder = builder.variable(name, 1_000);
    }
    let worker = builder.start();
    let health = worker.get("/health").send();
    assert_eq!(health.status, 200, "{}", health.body);
    let answer = send(&worker, "", &json!([{ "externalId": "a" }]));
    assert_eq!(answer.status, 200, "{}", answer.body);
    for answer in [health, answer] {
        assert_eq!(log_of(&worker, &answer).get("misconfigured"), None);
    }
}

#[test]
fn independent_requests_still_work() {
    for name in ["RETENTION_DAYS", "CORS_ORIGINS"] {
        let worker = Worker::builder().variable(name, "something else").start();
        let answer = send(&worker, "", &json!([{ "externalId": "a" }]));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}
