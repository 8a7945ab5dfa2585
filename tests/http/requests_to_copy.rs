//! The requests of docs/API.md, as they are written there, in each language.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use jobs_ingest_tests::{TOKEN, TOKEN_NAME, Worker};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::recipes::recipe_of;
use crate::support::{items, send};

const LANGUAGES: [&str; 3] = ["curl", "python", "javascript"];

/// Runs a task of the page in a language.
fn run_task(worker: &Worker, folder: &Path, task: &str, language: &str) -> Output {
    let code = recipe_of("docs/API.md", &format!("{task} {language}"));
    let (program, options): (_, &[_]) = match language {
        "curl" => ("bash", &["-c"]),
        "python" => ("python3", &["-c"]),
        _ => ("node", &["--input-type=module", "-e"]),
    };
    let output = Command::new(program)
        .args(options)
        .arg(code)
        .current_dir(folder)
        .env("JOBS_INGEST_URL", worker.url())
        .env("JOBS_INGEST_TOKEN", TOKEN)
        .output()
        .expect("start the request");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{task} {language}: {output:?}"
    );
    output
}

fn folder_with(postings: &Value) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("jobs.json"), items(postings)).expect("write a file");
    folder
}

fn three() -> Value {
    (0..3)
        .map(|id| json!({ "externalId": id, "title": "Zürich" }))
        .collect()
}

fn stores(worker: &Worker, n: usize) {
    let rows = worker.sql("SELECT source, title, count(*) AS n FROM jobs GROUP BY source, title");
    assert_eq!(
        rows,
        json!([{ "source": "acme", "title": "Zürich", "n": n }])
    );
}

#[test]
fn compressed_file() {
    for language in LANGUAGES {
        let (worker, folder) = (Worker::start(), folder_with(&three()));
        run_task(&worker, folder.path(), "gzip", language);
        stores(&worker, 3);
    }
}

#[test]
fn file_of_40_mb_in_parts() {
    const N_POSTINGS: usize = 10_000;
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("jobs.ndjson");
    let mut file = fs::File::create(&path).expect("create a file");
    let description = "x".repeat(4_000);
    for id in 0..N_POSTINGS {
        let posting = json!({ "externalId": id, "title": "Zürich", "description": description });
        writeln!(file, "{posting}").expect("write a file");
    }
    assert!(fs::metadata(&path).expect("a file").len() > 40_000_000);
    for language in LANGUAGES {
        let worker = Worker::start();
        run_task(&worker, folder.path(), "split", language);
        stores(&worker, N_POSTINGS);
        let runs = worker.sql(
            "SELECT count(*) BETWEEN 4 AND 5 AS few, max(body_bytes) > 9000000 AS full FROM ingest_runs",
        );
        assert_eq!(runs, json!([{ "few": 1, "full": 1 }]), "{language}");
    }
}

#[test]
fn dry_run() {
    for language in LANGUAGES {
        let (worker, folder) = (Worker::start(), folder_with(&three()));
        let output = run_task(&worker, folder.path(), "dry run", language);
        let stdout = String::from_utf8_lossy(&output.stdout);
        assert!(stdout.contains(r#""inserted":3"#), "{language}: {stdout}");
        assert_eq!(worker.n_rows(), 0);
    }
}

#[test]
fn rejects_to_be_fixed() {
    let mut postings = three();
    postings[1]["url"] = json!("/jobs/1");
    for language in LANGUAGES {
        let (worker, folder) = (Worker::start(), folder_with(&postings));
        run_task(&worker, folder.path(), "skip", language);
        stores(&worker, 2);
        let rejects = fs::read(folder.path().join("rejects.json")).expect("a file of rejects");
        let rejects: Value = serde_json::from_slice(&rejects).expect("JSON");
        assert_eq!(rejects["items"], json!([postings[1]]), "{language}");
        assert_eq!(rejects["reasons"][0]["errors"][0]["field"], "url");
    }
}

#[test]
fn request_with_a_key() {
    for language in LANGUAGES {
        let (worker, folder) = (Worker::start(), folder_with(&three()));
        run_task(&worker, folder.path(), "key", language);
        stores(&worker, 3);
        let keys = worker.sql("SELECT token_name FROM ingest_keys");
        assert_eq!(keys, json!([{ "token_name": TOKEN_NAME }]), "{language}");
    }
}

#[test]
fn runs_and_why_one_was_refused() {
    let worker = Worker::start();
    let mut postings = three();
    postings[1]["url"] = json!("/jobs/1");
    let refused = send(&worker, "?source=acme", &postings);
    assert_eq!(refused.status, 422);
    for language in LANGUAGES {
        let folder = TempDir::new().expect("a folder");
        let output = run_task(&worker, folder.path(), "runs", language);
        let stdout = String::from_utf8_lossy(&output.stdout);
        for text in ["422", "acme", "items[1].url is "] {
            assert!(stdout.contains(text), "{language}: {text} in {stdout}");
        }
    }
}
