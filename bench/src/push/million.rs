//! A file of 1,000,000 small postings: by push, by push that is killed, and by what a user would write
//! instead.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use jobs_ingest_tests::{TOKEN, Worker};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use tempfile::TempDir;
use xtask::project;

use super::program::program;
use crate::workload::{Feed, Ids, Kind};

const N_POSTINGS: u64 = 1_000_000;
const N_QUICK_POSTINGS: u64 = 50_000;
/// Postings that are generated at once.
const PART: usize = 50_000;

/// At which part of the postings push is killed.
const KILLED_AT: [f64; 2] = [0.3, 0.6];

const POLL: Duration = Duration::from_millis(200);

#[derive(Debug, Serialize, Deserialize)]
pub struct Million {
    pub n_postings: u64,
    pub file_bytes: u64,
    /// Of each way to send the whole file to an empty table.
    pub loads: Vec<Load>,
    /// Rows that were stored when push was killed.
    pub killed_at_rows: Vec<u64>,
    /// The largest resident memory of any push.
    pub peak_bytes: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Load {
    pub name: String,
    pub seconds: f64,
}

pub fn million(quick: bool) -> Million {
    let n_postings = if quick { N_QUICK_POSTINGS } else { N_POSTINGS };
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("jobs.ndjson");
    let file_bytes = write_feed(&file, n_postings);
    let mut peak_bytes = 0;
    let load = |name: &str, send: &mut dyn FnMut(&Worker)| {
        let worker = worker();
        let since = Instant::now();
        send(&worker);
        let seconds = since.elapsed().as_secs_f64();
        assert_eq!(worker.n_rows(), n_postings, "{name}");
        Load {
            name: name.to_owned(),
            seconds,
        }
    };
    let loads = vec![
        load("`jobs-ingest push`", &mut |worker| {
            let pushed = push(worker, &file, None);
            assert_eq!(pushed.counts(), [n_postings, 0, 0]);
            peak_bytes = peak_bytes.max(pushed.peak_bytes);
        }),
        load("`curl` in a loop, 5,000 per request", &mut |worker| {
            peer(worker, &file, "sh", "curl.sh");
        }),
        load(
            "20 lines of Python, 16 threads, 500 per request",
            &mut |worker| {
                peer(worker, &file, "python3", "threads.py");
            },
        ),
    ];
    let (killed_at_rows, peak_of_killed) = killed(&file, n_postings);
    Million {
        n_postings,
        file_bytes,
        loads,
        killed_at_rows,
        peak_bytes: peak_bytes.max(peak_of_killed),
    }
}

fn worker() -> Worker {
    Worker::builder()
        .without_rate_limiters()
        .without_console()
        .start()
}

/// Kills push twice, runs it again, and checks that the table equals the file.
fn killed(file: &Path, n_postings: u64) -> (Vec<u64>, u64) {
    let worker = worker();
    let mut peak_bytes = 0;
    let mut killed_at = Vec::new();
    for share in KILLED_AT {
        let killed = push(&worker, file, Some((n_postings as f64 * share) as u64));
        assert!(killed.summary.is_none(), "push ended before it was killed");
        peak_bytes = peak_bytes.max(killed.peak_bytes);
        killed_at.push(worker.n_rows());
    }
    let last = push(&worker, file, None);
    let [inserted, updated, unchanged] = last.counts();
    assert_eq!((updated, inserted + unchanged), (0, n_postings));
    assert_eq!(worker.n_rows(), n_postings);
    // Nothing is sent if each row has the hash of its posting.
    let again = push(&worker, file, None);
    assert_eq!(again.counts(), [0, 0, n_postings]);
    (
        killed_at,
        peak_bytes.max(last.peak_bytes).max(again.peak_bytes),
    )
}

/// Writes a file of NDJSON, all of one source, and returns its length.
fn write_feed(path: &Path, n_postings: u64) -> u64 {
    #[derive(Deserialize)]
    struct Document<'d> {
        #[serde(borrow)]
        items: Vec<&'d RawValue>,
    }
    let mut file = BufWriter::new(File::create(path).expect("create the file"));
    for client in 0..n_postings / PART as u64 {
        let feed = Feed {
            kind: Kind::Small,
            n_postings: PART,
            ids: Ids::Client(client),
            version: 1,
            is_repost: false,
        };
        let body = feed.body();
        let document: Document<'_> = serde_json::from_slice(&body).expect("JSON");
        for item in document.items {
            writeln!(file, "{}", item.get()).expect("write the file");
        }
    }
    file.flush().expect("write the file");
    fs::metadata(path).expect("the file").len()
}

struct Pushed {
    /// `None` if it was killed.
    summary: Option<Value>,
    peak_bytes: u64,
}

impl Pushed {
    fn counts(&self) -> [u64; 3] {
        let summary = self.summary.as_ref().expect("a summary");
        ["inserted", "updated", "unchanged"].map(|name| summary[name].as_u64().expect("a number"))
    }
}

/// Pushes the file; kills the command once so many rows are stored.
fn push(worker: &Worker, file: &Path, kill_at: Option<u64>) -> Pushed {
    let mut push = Command::new(program())
        .args(["push", "--json", "--format", "json"])
        .args(["--source", "bench", "--url", worker.url()])
        .arg(file)
        .env("JOBS_INGEST_TOKEN", TOKEN)
        .stdout(Stdio::piped())
        .spawn()
        .expect("start jobs-ingest");
    let status = PathBuf::from(format!("/proc/{}/status", push.id()));
    let mut peak_bytes = 0;
    let ended = loop {
        peak_bytes = peak_bytes.max(high_water_mark(&status));
        if let Some(ended) = push.try_wait().expect("wait for jobs-ingest") {
            break ended;
        }
        if kill_at.is_some_and(|n_rows| worker.n_rows() >= n_rows) {
            push.kill().expect("kill jobs-ingest");
        }
        sleep(POLL);
    };
    let stdout = push.stdout.take().expect("its output");
    let summary = serde_json::from_reader(stdout).ok();
    assert_eq!(summary.is_some(), ended.success(), "{ended}");
    Pushed {
        summary,
        peak_bytes,
    }
}

/// The largest resident memory so far; 0 of a process that has ended.
fn high_water_mark(status: &Path) -> u64 {
    let status = fs::read_to_string(status).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1_024
}

fn peer(worker: &Worker, file: &Path, program: &str, script: &str) {
    let script = project::root().join("bench/peers/push").join(script);
    let status = Command::new(program)
        .arg(script)
        .arg(file)
        .arg(worker.url())
        .env("JOBS_INGEST_TOKEN", TOKEN)
        .status();
    assert!(status.expect("start the peer").success());
}
