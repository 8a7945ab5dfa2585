//! `GET /health`: can the Worker read D1, and is the schema the one that it was built for?

use jobs_ingest_tests::{Migrations, Worker, migration_names};

#[test]
fn is_200_with_the_schema_that_the_worker_was_built_for() {
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
fn is_503_and_names_every_migration_when_none_was_applied() {
    let worker = Worker::builder().migrations(Migrations::None).start();
    let answer = worker.get("/health").send();
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.json()["code"], "database_not_ready");
    for name in migration_names() {
        assert!(answer.body.contains(&name), "{name} in {}", answer.body);
    }
}

#[test]
fn is_503_and_names_the_migration_that_is_missing() {
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
fn is_503_when_the_table_is_gone_behind_the_back_of_the_migrations() {
    let worker = Worker::start();
    worker.execute("DROP TABLE jobs");
    let answer = worker.get("/health").send();
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.json()["code"], "database_not_ready");
}

#[test]
fn is_200_again_as_soon_as_the_schema_is_there() {
    let worker = Worker::start();
    worker.execute("ALTER TABLE jobs RENAME TO elsewhere");
    assert_eq!(worker.get("/health").send().status, 503);
    worker.execute("ALTER TABLE elsewhere RENAME TO jobs");
    assert_eq!(worker.get("/health").send().status, 200);
}

#[test]
fn needs_no_token_and_says_no_secret() {
    let worker = Worker::builder().without_ingest_tokens().start();
    assert_eq!(worker.get("/health").send().status, 200);
}
