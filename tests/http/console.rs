//! The files of the console, as they are served. tests/console/ has them in a browser.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use jobs_ingest_tests::http::Answer;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};
use xtask::project;

use crate::support::{INGEST, items, refused};

/// What a reviewer reads in ten minutes.
const MAX_BYTES: u64 = 60_000;

fn files() -> Vec<(String, PathBuf)> {
    let folder = project::root().join("console");
    let entries = fs::read_dir(folder).expect("read console/");
    let paths = entries.map(|entry| entry.expect("read console/").path());
    let named = paths.map(|path| {
        let name = path.file_name().expect("a name").to_string_lossy();
        (name.into_owned(), path)
    });
    named.collect()
}

fn assert_is_protected(answer: &Answer, path: &str) {
    let policy = answer.header("content-security-policy");
    let policy = policy.unwrap_or_else(|| panic!("{path} has no Content-Security-Policy"));
    let directives: BTreeSet<&str> = policy.split("; ").collect();
    for directive in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ] {
        assert!(directives.contains(directive), "{path}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{path}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{path}: {name}");
    }
}

#[test]
fn every_file_is_served_with_a_strict_policy_and_without_the_worker() {
    let worker = Worker::start();
    let answer = worker.get("/").send();
    assert_eq!(answer.status, 200);
    let html = Some("text/html; charset=utf-8");
    assert_eq!(answer.header("content-type"), html);
    assert!(answer.body.starts_with("<!doctype html>"));
    assert_is_protected(&answer, "/");
    let head = worker.http().request("HEAD", "/").send();
    assert_eq!((head.status, head.header("content-type")), (200, html));
    for (name, path) in files() {
        if name == "index.html" || name == "_headers" {
            continue;
        }
        let answer = worker.get(&format!("/{name}")).send();
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.body, fs::read_to_string(path).expect("read a file"));
        assert_is_protected(&answer, &name);
    }
    assert_eq!(worker.logs().lines().len(), 0, "the Worker was not called");
    refused(&worker, worker.get("/_headers"), 404, "not_found");
}

#[test]
fn files_hide_no_route() {
    let worker = Worker::start();
    let answer = worker.get("/openapi.json").send();
    let paths = answer.json()["paths"].as_object().expect("paths").clone();
    for path in paths.keys() {
        let path = path.replace("{source}", "acme").replace("{id}", "x");
        let answer = worker.get(&path).token(TOKEN).send();
        assert!(answer.header("x-request-id").is_some(), "{path}");
    }
    // The Worker still answers what is no file.
    let posting = items(&json!([{ "externalId": "a" }]));
    let answer = worker.post(INGEST).token(TOKEN).json(posting).send();
    assert_eq!(answer.status, 200);
    refused(&worker, worker.get("/nowhere"), 404, "not_found");
}

#[test]
fn other_methods_of_a_file_are_405_without_the_worker() {
    let worker = Worker::start();
    for method in ["POST", "PUT", "DELETE"] {
        let answer = worker.http().request(method, "/").token(TOKEN).send();
        assert_eq!((answer.status, &*answer.body), (405, ""), "{method}");
    }
    assert_eq!(worker.logs().lines().len(), 0, "the Worker was not called");
    assert_eq!(worker.n_rows(), 0);
}

#[test]
fn without_assets_there_is_no_console() {
    let worker = Worker::builder().without_console().start();
    for path in ["/", "/main.js"] {
        refused(&worker, worker.get(path), 404, "not_found");
    }
}

#[test]
fn is_small_and_loads_nothing_from_elsewhere() {
    let mut n_bytes = 0;
    for (name, path) in files() {
        n_bytes += fs::metadata(&path).expect("a file").len();
        let text = fs::read_to_string(&path).expect("a text");
        let text = text.replace("http://www.w3.org/2000/svg", "");
        for forbidden in [
            "http:",
            "https:",
            "innerHTML",
            "insertAdjacentHTML",
            "document.write",
        ] {
            assert!(!text.contains(forbidden), "{name} contains {forbidden}");
        }
    }
    assert!(n_bytes <= MAX_BYTES, "{n_bytes} bytes");
}

/// wrangler.toml is where an operator removes it.
#[test]
fn the_worker_runs_only_for_what_is_no_file() {
    let text = fs::read_to_string(project::root().join("wrangler.toml")).expect("wrangler.toml");
    let config: toml::Value = toml::from_str(&text).expect("TOML");
    let assets = serde_json::to_value(&config["assets"]).expect("JSON");
    let expected: Value = json!({ "directory": "console" });
    assert_eq!(assets, expected);
}
