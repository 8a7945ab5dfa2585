//! A re-post of a real-sized feed with `jobs-ingest push`, beside posting the same file with curl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use jobs_ingest_tests::{TOKEN, Worker};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use tempfile::TempDir;

use super::program::program;
use crate::peers_code;
use crate::stats::Summary;
use crate::workload::{Feed, Ids, Kind};

const N_POSTINGS: usize = 20_000;
/// 10 MB: a body may have 12 MiB.
const POSTINGS_PER_REQUEST: usize = 2_000;
const N_ROUNDS: usize = 11;
const N_QUICK_ROUNDS: usize = 2;

/// Log lines arrive after the answers.
const LOGS_WITHIN: Duration = Duration::from_secs(2);

/// What re-posting cost.
#[derive(Debug, Serialize, Deserialize)]
pub struct Repost {
    pub file_bytes: u64,
    pub n_postings: usize,
    pub n_changed: usize,
    pub n_new: usize,
    /// Of push, then of curl.
    pub costs: Vec<Cost>,
    /// Push's time in the Worker divided by curl's, which comes next: a disturbance slows both.
    pub worker_ratio: Summary,
    /// The same without waiting for the database.
    pub own_ratio: Summary,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Cost {
    pub name: String,
    pub bytes_sent: u64,
    pub worker_ms: Summary,
    /// Of it without the stage `db`.
    pub own_ms: Summary,
    pub wall_ms: Summary,
    /// As D1 reports them.
    pub rows_read: u64,
    /// Of the median's round, by route.
    pub routes: Vec<Route>,
}

/// The requests of a route, by the stages of their log lines.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Route {
    pub name: String,
    pub n_requests: usize,
    /// Milliseconds.
    pub stages: Vec<(String, f64)>,
}

/// One re-post.
struct Run {
    bytes_sent: u64,
    worker_ms: f64,
    own_ms: f64,
    wall_ms: f64,
    rows_read: u64,
    routes: Vec<Route>,
}

type Measure = fn(&Worker, &Path) -> Run;

pub fn repost(quick: bool) -> Repost {
    let folder = TempDir::new().expect("a folder");
    let (base, repost) = (
        folder.path().join("base.json"),
        folder.path().join("repost.json"),
    );
    for (path, is_repost) in [(&base, false), (&repost, true)] {
        fs::write(path, one_source(&feed(is_repost))).expect("write the feed");
    }
    let (n_changed, n_new) = feed(true).n_changed_and_new();
    let run = |measure: Measure, code: &Path| {
        let worker = Worker::builder()
            .code(code)
            .without_rate_limiters()
            .without_console()
            .start();
        push(&worker, &base);
        let run = measure(&worker, &repost);
        assert_eq!(worker.n_rows(), (N_POSTINGS + n_new) as u64);
        run
    };
    let measures: [(&str, Measure); 2] = [("jobs-ingest push", push), ("curl", curl)];
    let n_rounds = if quick { N_QUICK_ROUNDS } else { N_ROUNDS };
    let product = peers_code::product();
    let mut runs: [Vec<Run>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..n_rounds {
        for ((_, measure), runs) in measures.iter().zip(&mut runs) {
            runs.push(run(*measure, &product));
        }
    }
    let [of_push, of_curl] = &runs;
    let ratio = |value: fn(&Run) -> f64| {
        let rounds = of_push.iter().zip(of_curl);
        let ratios: Vec<f64> = rounds
            .map(|(push, curl)| value(push) / value(curl))
            .collect();
        Summary::of(&ratios)
    };
    let worker_ratio = ratio(|run| run.worker_ms);
    let own_ratio = ratio(|run| run.own_ms);
    // Counting takes time, so it is a run of its own.
    let probed = peers_code::probed(None);
    let costs = measures
        .iter()
        .zip(runs)
        .map(|((name, measure), mut runs)| {
            let summary = |value: fn(&Run) -> f64| {
                let values: Vec<f64> = runs.iter().map(value).collect();
                Summary::of(&values)
            };
            let (worker_ms, own_ms) = (summary(|run| run.worker_ms), summary(|run| run.own_ms));
            let wall_ms = summary(|run| run.wall_ms);
            let rows_read = run(*measure, &probed).rows_read;
            runs.sort_by(|one, other| one.worker_ms.total_cmp(&other.worker_ms));
            let median = runs.swap_remove(runs.len() / 2);
            Cost {
                name: (*name).to_owned(),
                bytes_sent: median.bytes_sent,
                worker_ms,
                own_ms,
                wall_ms,
                rows_read,
                routes: median.routes,
            }
        });
    Repost {
        file_bytes: fs::metadata(&repost).expect("the feed").len(),
        n_postings: N_POSTINGS,
        n_changed,
        n_new,
        costs: costs.collect(),
        worker_ratio,
        own_ratio,
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

fn push(worker: &Worker, file: &Path) -> Run {
    measured(worker, || {
        let output = Command::new(program())
            .args(["push", "--json", "--format", "json"])
            .args(["--url", worker.url()])
            .arg(file)
            .env("JOBS_INGEST_TOKEN", TOKEN)
            .output()
            .expect("start jobs-ingest");
        assert!(output.status.success(), "{output:?}");
        let summary: Value = serde_json::from_slice(&output.stdout).expect("a summary");
        summary["bytes_sent"].as_u64().expect("a number")
    })
}

fn curl(worker: &Worker, file: &Path) -> Run {
    let text = fs::read(file).expect("the feed");
    #[derive(Deserialize)]
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
    measured(worker, || {
        let mut bytes_sent = 0;
        for body in &bodies {
            bytes_sent += fs::metadata(body).expect("a body").len();
            let status = Command::new("curl")
                .args(["-fsS", "-o", "/dev/null"])
                .args(["-H", "Content-Type: application/json"])
                .args(["-H", &format!("Authorization: Bearer {TOKEN}")])
                .args(["--data-binary", &format!("@{}", body.display()), &url])
                .status();
            assert!(status.expect("start curl").success());
        }
        bytes_sent
    })
}

fn measured(worker: &Worker, send: impl FnOnce() -> u64) -> Run {
    let n_before = worker.logs().lines().len();
    let since = Instant::now();
    let bytes_sent = send();
    let wall_ms = since.elapsed().as_secs_f64() * 1e3;
    sleep(LOGS_WITHIN);
    let mut run = Run {
        bytes_sent,
        worker_ms: 0.0,
        own_ms: 0.0,
        wall_ms,
        rows_read: 0,
        routes: Vec::new(),
    };
    for line in &worker.logs().lines()[n_before..] {
        let Ok(line) = serde_json::from_str::<Value>(&line.message) else {
            continue;
        };
        run.rows_read += line["rowsRead"].as_u64().unwrap_or_default();
        if let Some(ms) = line["ms"].as_object() {
            let stage = |name: &str| ms.get(name).and_then(Value::as_f64).unwrap_or_default();
            run.worker_ms += stage("total");
            run.own_ms += stage("total") - stage("db");
            let name = line["route"].as_str().unwrap_or("?");
            let stages = ms
                .iter()
                .map(|(name, ms)| (name.as_str(), ms.as_f64().unwrap_or_default()));
            run.add(name, stages);
        }
    }
    run
}

impl Run {
    fn add<'s>(&mut self, name: &str, stages: impl Iterator<Item = (&'s str, f64)>) {
        let known = self.routes.iter().position(|route| route.name == name);
        let at = known.unwrap_or_else(|| {
            self.routes.push(Route {
                name: name.to_owned(),
                n_requests: 0,
                stages: Vec::new(),
            });
            self.routes.len() - 1
        });
        let route = &mut self.routes[at];
        route.n_requests += 1;
        for (stage, ms) in stages {
            match route.stages.iter_mut().find(|(name, _)| name == stage) {
                Some((_, sum)) => *sum += ms,
                None => route.stages.push((stage.to_owned(), ms)),
            }
        }
    }
}
