//! `GET /health`: whether the Worker can read D1 and the schema is the one it was built for.

use jobs_ingest_tests::{Migrations, Worker, migration_names};
use serde_json::json;

use crate::support::{assert_problem, log_of, refused, without_unique_key};

#[test]
fn is_200_with_the_current_schema() {
    let answer = Worker::start().get("/health").send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json()["status"], "ok");
    assert_eq!(
        answer.json()["schema"].as_str(),
        migration_names().last().map(String::as_str)
    );
}

#[test]
fn is_503_and_names_all_migrations_if_none_was_applied() {
    let worker = Worker::builder().migrations(Migrations::None).start();
    let answer = worker.get("/health").send();
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.json()["code"], "database_not_ready");
    for name in migration_names() {
        assert!(answer.body.contains(&name), "{name} in {}", answer.body);
    }
}

#[test]
fn is_503_and_names_the_missing_migration() {
    let names = migration_names();
    let (last, applied) = names.split_last().expect("there is a migration");
    let worker = Worker::builder()
        .migrations(Migrations::First(applied.len()))
        .start();
    let answer = worker.get("/health").send();
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.body.contains(last), "{last} in {}", answer.body);
    for name in applied {
        assert!(!answer.body.contains(name), "{name} in {}", answer.body);
    }
}

#[test]
fn is_503_if_the_table_was_dropped() {
    let worker = Worker::start();
    worker.execute("DROP TABLE jobs");
    let answer = worker.get("/health").send();
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.json()["code"], "database_not_ready");
}

#[test]
fn is_200_as_soon_as_the_schema_is_complete() {
    let worker = Worker::start();
    worker.execute("ALTER TABLE jobs RENAME TO elsewhere");
    assert_eq!(worker.get("/health").send().status, 503);
    worker.execute("ALTER TABLE elsewhere RENAME TO jobs");
    assert_eq!(worker.get("/health").send().status, 200);
}

fn assert_missing(worker: &Worker, objects: &[&str]) {
    let answer = worker.get("/health").send();
    assert_problem(&answer, 503, "database_not_ready");
    let body = answer.json();
    assert_eq!(body["missing_objects"], json!(objects));
    assert_eq!(body["missing_migrations"], json!([]));
    let detail = format!("the database lacks {}", objects.join(", "));
    assert_eq!(body["detail"], detail);
}

#[test]
fn is_503_and_names_the_missing_trigger() {
    let worker = Worker::start();
    worker.execute("DROP TRIGGER jobs_forget_content_hash");
    assert_missing(&worker, &["trigger jobs_forget_content_hash"]);
}

#[test]
fn is_503_and_names_the_missing_key() {
    let worker = Worker::start();
    without_unique_key(&worker);
    assert_missing(&worker, &["unique key jobs (external_id, source)"]);
    worker.execute("CREATE UNIQUE INDEX of_the_board ON jobs (source, external_id)");
    assert_eq!(worker.get("/health").send().status, 200);
}

#[test]
fn needs_no_token() {
    let worker = Worker::start();
    assert_eq!(worker.get("/health").send().status, 200);
    assert_eq!(worker.get("/health").token("wrong").send().status, 200);
}

/// Every POST would be a 503.
#[test]
fn is_503_without_tokens() {
    let unset = Worker::builder().without_ingest_tokens();
    let empty = Worker::builder().ingest_tokens(" , ");
    for builder in [unset, empty] {
        let worker = builder.start();
        let answer = refused(&worker, worker.get("/health"), 503, "not_configured");
        let log = log_of(&worker, &answer);
        assert_eq!(log["cause"], "INGEST_TOKENS holds no token");
    }
}

#[test]
fn has_no_other_fields_and_supports_head() {
    let worker = Worker::start();
    let answer = worker.get("/health").send();
    let schema = migration_names().pop();
    assert_eq!(answer.json(), json!({ "status": "ok", "schema": schema }));
    let head = worker.http().request("HEAD", "/health").send();
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(worker.get("/health?x=1").send().status, 200);
}

#[test]
fn lists_missing_migrations_as_data() {
    let worker = Worker::builder().migrations(Migrations::None).start();
    let answer = worker.get("/health").send();
    assert_problem(&answer, 503, "database_not_ready");
    assert_eq!(
        answer.json()["missing_migrations"],
        json!(migration_names())
    );
}

#[test]
fn is_503_when_a_column_is_missing() {
    for column in ["description", "created_at", "content_hash"] {
        let worker = Worker::start();
        // The trigger names most columns.
        worker.execute(&format!(
            "DROP TRIGGER jobs_forget_content_hash; ALTER TABLE jobs DROP COLUMN {column}"
        ));
        let answer = worker.get("/health").send();
        assert_problem(&answer, 503, "database_not_ready");
    }
}

/// Migrate first, then deploy: in between, the database is ahead of the Worker.
#[test]
fn is_200_if_the_database_is_ahead() {
    let worker = Worker::start();
    worker.execute(
        "INSERT INTO d1_migrations (name) VALUES ('9999_later.sql');
         ALTER TABLE jobs ADD COLUMN later TEXT",
    );
    assert_eq!(worker.get("/health").send().status, 200);
}
