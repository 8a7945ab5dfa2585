//! `jobs-ingest smoke`, the check after a deployment, against the Worker itself. Its reaction to
//! unexpected responses is tested in cli/tests/smoke.

use std::process::{Command, Output};

use jobs_ingest_tests::commands::command;
use jobs_ingest_tests::{Migrations, TOKEN, Worker};
use serde_json::json;

/// `cargo` with these runs the check.
pub const CARGO_RUN: [&str; 6] = [
    "run",
    "--quiet",
    "--package",
    "jobs-ingest-cli",
    "--",
    "smoke",
];

fn smoke(worker: &Worker, program: &str, arguments: &[&str]) -> Output {
    let mut command: Command = command(program, arguments);
    command
        .args(["--url", worker.url()])
        .env("JOBS_INGEST_TOKEN", TOKEN)
        .output()
        .expect("start the command")
}

#[test]
fn passes_repeatedly_and_leaves_nothing_open() {
    let worker = Worker::start();
    for n_runs in 1..=2 {
        let output = smoke(&worker, "cargo", &CARGO_RUN);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(
            worker.sql(
                "SELECT source, count(*) AS n, count(closed_at) AS closed FROM jobs GROUP BY source"
            ),
            json!([
                {"source": "smoke", "n": 3 * n_runs, "closed": 3 * n_runs},
                {"source": "smoke-list", "n": 3, "closed": 3},
            ])
        );
    }
}

#[test]
fn keeps_the_name_of_the_replaced_project() {
    let worker = Worker::start();
    let output = smoke(&worker, "npm", &["run", "--silent", "test:ingestion", "--"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(worker.n_rows(), 6);
}

#[test]
fn fails_at_health_without_migrations() {
    let worker = Worker::builder().migrations(Migrations::None).start();
    let output = smoke(&worker, "cargo", &CARGO_RUN);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("error: health: the status is 503"),
        "{stderr}"
    );
}

/// Every POST would be a 503.
#[test]
fn fails_at_health_without_tokens() {
    let worker = Worker::builder().without_ingest_tokens().start();
    let output = smoke(&worker, "cargo", &CARGO_RUN);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    for text in ["error: health: the status is 503", "not_configured"] {
        assert!(stderr.contains(text), "{stderr}");
    }
}

#[test]
fn fails_where_its_token_is_refused() {
    let worker = Worker::builder()
        .ingest_tokens("other:0f1e2d3c4b5a69780f1e2d3c")
        .start();
    let output = smoke(&worker, "cargo", &CARGO_RUN);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("error: token: the deployment does not know the token"),
        "{stderr}"
    );
    assert_eq!(worker.n_rows(), 0);
}

#[test]
fn names_the_right_that_the_token_lacks() {
    for (entry, expected) in [
        ("?rights=read", "may read, but not write"),
        (":smoke", "may not post the source 'smoke-list'"),
        ("?companyId=1", "limited to companies"),
    ] {
        let tokens = format!("smoke:{TOKEN}{entry}");
        let worker = Worker::builder().ingest_tokens(&tokens).start();
        let output = smoke(&worker, "cargo", &CARGO_RUN);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(expected), "{stderr}");
        assert_eq!(worker.n_rows(), 0);
    }
}

#[test]
fn dry_run_writes_nothing() {
    let worker = Worker::start();
    let arguments = [&CARGO_RUN[..], &["--dry-run"]].concat();
    let output = smoke(&worker, "cargo", &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(worker.n_rows(), 0);
    for table in ["ingest_runs", "ingest_sources"] {
        let sql = format!("SELECT count(*) AS n FROM {table}");
        assert_eq!(worker.sql(&sql), json!([{"n": 0}]), "{table}");
    }
}

#[test]
fn closes_its_postings_when_a_step_fails() {
    let worker = Worker::start();
    // The check finds that its second request does not leave the rows unchanged.
    worker.execute(
        "CREATE TRIGGER meddles AFTER INSERT ON jobs BEGIN UPDATE jobs SET title = 'x' WHERE id = NEW.id; END",
    );
    let output = smoke(&worker, "cargo", &CARGO_RUN);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("error: repeat: "), "{stderr}");
    assert_eq!(
        worker.sql("SELECT count(*) AS n, count(closed_at) AS closed FROM jobs"),
        json!([{"n": 3, "closed": 3}])
    );
}
