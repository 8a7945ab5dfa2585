//! A re-post of a real-sized feed with `jobs-ingest push`, beside posting the same file with curl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::Value;
use serde_json::value::RawValue;
use tempfile::TempDir;

use crate::workload::{Feed, Ids, Kind};

const N_POSTINGS: usize = 20_000;
/// 10 MB: a body may have 12 MiB.
const POSTINGS_PER_REQUEST: usize = 2_000;

/// Log lines arrive after the answers.
const LOGS_WITHIN: Duration = Duration::from_secs(2);

/// What one re-post cost.
struct Cost {
    name: &'static str,
    bytes_sent: u64,
    n_requests: usize,
    worker_ms: f64,
    wall: Duration,
}

/// Prints the comparison as a table.
pub fn run() {
    let folder = TempDir::new().expect("a folder");
    let (base, repost) = (
        folder.path().join("base.json"),
        folder.path().join("repost.json"),
    );
    for (path, is_repost) in [(&base, false), (&repost, true)] {
        fs::write(path, one_source(&feed(is_repost))).expect("write the feed");
    }
    let (n_changed, n_new) = feed(true).n_changed_and_new();
    let file_bytes = fs::metadata(&repost).expect("the feed").len();
    println!(
        "{N_POSTINGS} postings, {file_bytes} bytes, {n_changed} of them changed and {n_new} new\n"
    );
    println!("| | bytes sent | requests | Worker's time | in all |\n|---|--:|--:|--:|--:|");
    for measure in [push, curl] {
        let worker = Worker::builder()
            .without_rate_limits()
            .without_console()
            .start();
        push(&worker, &base);
        let Cost {
            name,
            bytes_sent,
            n_requests,
            worker_ms,
            wall,
        } = measure(&worker, &repost);
        let (worker_s, wall_s) = (worker_ms / 1_000.0, wall.as_secs_f64());
        println!("| {name} | {bytes_sent} | {n_requests} | {worker_s:.2} s | {wall_s:.2} s |");
        assert_eq!(worker.n_rows(), (N_POSTINGS + n_new) as u64);
    }
}

fn feed(is_repost: bool) -> Feed {
    Feed {
        kind: Kind::Real,
        n_postings: N_POSTINGS,
        ids: Ids::Client(1),
        version: 1,
        is_repost,
    }
}

/// The feed as one board publishes it.
fn one_source(feed: &Feed) -> Vec<u8> {
    let body = feed.body();
    let mut body: Value = serde_json::from_slice(&body).expect("JSON");
    let postings = body["items"].as_array_mut().expect("postings");
    for posting in postings {
        posting["source"] = "bench".into();
    }
    serde_json::to_vec(&body).expect("JSON")
}

fn push(worker: &Worker, file: &Path) -> Cost {
    let mut bytes_sent = 0;
    measured("push", worker, || {
        let output = Command::new(program())
            .args(["push", "--json", "--format", "json"])
            .args(["--url", worker.url()])
            .arg(file)
            .env("JOBS_INGEST_TOKEN", TOKEN)
            .output()
            .expect("start jobs-ingest");
        assert!(output.status.success(), "{output:?}");
        let summary: Value = serde_json::from_slice(&output.stdout).expect("a summary");
        bytes_sent = summary["bytes_sent"].as_u64().expect("a number");
        bytes_sent
    })
}

/// Built with this program, into the same folder.
fn program() -> PathBuf {
    let this = std::env::current_exe().expect("the path of this program");
    this.with_file_name("jobs-ingest")
}

fn curl(worker: &Worker, file: &Path) -> Cost {
    let text = fs::read(file).expect("the feed");
    #[derive(serde::Deserialize)]
    struct Document<'d> {
        #[serde(borrow)]
        items: Vec<&'d RawValue>,
    }
    let document: Document<'_> = serde_json::from_slice(&text).expect("JSON");
    let folder = TempDir::new().expect("a folder");
    let bodies = document.items.chunks(POSTINGS_PER_REQUEST).enumerate();
    let bodies: Vec<PathBuf> = bodies
        .map(|(number, postings)| {
            let path = folder.path().join(number.to_string());
            let body = serde_json::to_vec(postings).expect("JSON");
            fs::write(&path, body).expect("write a body");
            path
        })
        .collect();
    let url = format!("{}/jobs/ingest?defaults=none", worker.url());
    measured("curl", worker, || {
        let mut bytes_sent = 0;
        for body in &bodies {
            bytes_sent += fs::metadata(body).expect("a body").len();
            let status = Command::new("curl")
                .args([
                    "-fsS",
                    "-o",
                    "/dev/null",
                    "-H",
                    "Content-Type: application/json",
                ])
                .args(["-H", &format!("Authorization: Bearer {TOKEN}")])
                .args(["--data-binary", &format!("@{}", body.display()), &url])
                .status();
            assert!(status.expect("start curl").success());
        }
        bytes_sent
    })
}

fn measured(name: &'static str, worker: &Worker, send: impl FnOnce() -> u64) -> Cost {
    let n_before = worker.logs().lines().len();
    let since = Instant::now();
    let bytes_sent = send();
    let wall = since.elapsed();
    sleep(LOGS_WITHIN);
    let lines = worker.logs().lines();
    let requests: Vec<f64> = lines[n_before..]
        .iter()
        .filter_map(|line| {
            let line: Value = serde_json::from_str(&line.message).ok()?;
            line["ms"]["total"].as_f64()
        })
        .collect();
    Cost {
        name,
        bytes_sent,
        n_requests: requests.len(),
        worker_ms: requests.iter().sum(),
        wall,
    }
}
