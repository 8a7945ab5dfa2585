//! The console in a real browser (Chromium, by playwright-core), on real workerd and D1. Each test starts a
//! Worker and runs a script of this folder against it. Screenshots are in target/console/.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a panic is how one fails"
)]

use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::json;
use xtask::{browser, project};

const READER: &str = "token-that-may-only-read-0f1e";
const WRITER: &str = "token-that-may-only-write-0f1";

fn start(rate_limit: u32) -> Worker {
    let tokens = format!("tester:{TOKEN},tester:{READER}?rights=read,tester:{WRITER}?rights=write");
    Worker::builder()
        .ingest_tokens(&tokens)
        .rate_limit(rate_limit)
        .start()
}

/// Runs a script with the Worker; its output is shown if it fails.
fn run(script: &str, worker: &Worker) {
    let executable = browser::find().expect("there is no browser: run `cargo xtask setup`");
    let about = json!({
        "url": worker.url(), "token": TOKEN, "reader": READER, "writer": WRITER,
        "executablePath": executable,
        "screenshots": project::target_dir().join("console"),
    });
    let output = project::command(project::node_bin_dir().join("node"))
        .expect("a command of the project")
        .arg(project::root().join("tests/console").join(script))
        .env("CONSOLE_TEST", about.to_string())
        .output()
        .expect("start node");
    assert!(
        output.status.success(),
        "{script}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// More requests than any script sends.
const NO_LIMIT: u32 = 1_000_000;

#[test]
fn sources_show_which_are_healthy_and_what_would_close() {
    run("sources.mjs", &start(NO_LIMIT));
}

#[test]
fn demo_feed_looks_good() {
    run("demo.mjs", &start(NO_LIMIT));
}

#[test]
fn runs_are_filtered_and_loaded_by_50() {
    run("runs.mjs", &start(NO_LIMIT));
}

#[test]
fn run_shows_its_rejected_postings_to_fix_and_send_again() {
    run("run.mjs", &start(NO_LIMIT));
}

#[test]
fn try_shows_what_a_request_would_do() {
    let worker = start(NO_LIMIT);
    run("try.mjs", &worker);
    let written = worker.sql("SELECT count(*) AS n FROM jobs WHERE source <> 'stored'");
    assert_eq!(written, json!([{ "n": 0 }]));
}

#[test]
fn markup_in_postings_stays_text() {
    run("markup.mjs", &start(NO_LIMIT));
}

#[test]
fn keyboard_reaches_everything() {
    run("keyboard.mjs", &start(NO_LIMIT));
}

#[test]
fn each_state_has_its_page() {
    run("states.mjs", &start(NO_LIMIT));
}

#[test]
fn waits_until_a_rate_limit_is_over() {
    run("limited.mjs", &start(6));
}
