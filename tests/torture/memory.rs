//! A thousand requests of the largest size in sequence, then eight at a time, repeatedly. Each
//! changes every row, so that all of it is sent and written; some requests that change nothing are
//! in between.

use std::thread;

use jobs_ingest_core::limits::MAX_BODY_BYTES;
use jobs_ingest_tests::http::Answer;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::Value;

use crate::plan::Plan;
use crate::postings;
use crate::report::{Progress, Summary};
use crate::resident::{Watch, mib, resident_bytes};
use crate::storage::Storage;

/// Process memory below which fluctuations are not significant.
const NOISE_BYTES: u64 = 1 << 30;

/// Limit of an isolate's wasm memory, whatever the concurrency: 20 MiB of bodies being read, and
/// for one being processed twice its 12 MiB and its compressed form.
pub const MAX_WASM_BYTES: u64 = 64 << 20;

/// Number of concurrent requests.
const N_AT_ONCE: usize = 8;

pub fn run(plan: Plan) -> Summary {
    let n_requests: usize = plan.pick(1_000, 40);
    let n_unchanged: usize = plan.pick(100, 5);
    let n_rounds: usize = plan.pick(125, 3);
    let storage = Storage::new("memory");
    let worker = storage.start();
    let bodies = [largest("large", "a"), largest("large", "b")];
    let watch = Watch::start(worker.workerd_id());
    let mut progress = Progress::start();
    let at_start_bytes = resident_bytes(worker.workerd_id());

    let mut most_by_request = Vec::with_capacity(n_requests);
    for number in 0..n_requests {
        let answer = post(&worker, &bodies[number % 2]);
        assert_eq!(answer.json()["unchanged"], 0, "{}", answer.body);
        most_by_request.push(watch.take_most_bytes());
        progress.print(|| {
            format!(
                "{} of {n_requests} one after another, now {}",
                number + 1,
                mib(most_by_request[number])
            )
        });
    }
    let most = |requests: &[u64]| requests.iter().copied().max().unwrap_or(0);
    let early_bytes = most(&most_by_request[..n_requests / 4]);
    let late_bytes = most(&most_by_request[n_requests * 3 / 4..]);
    // The heaps of the Worker and of D1 fluctuate by hundreds of MiB, depending on their garbage
    // collectors. A leak per request would add up to more than that.
    assert!(
        late_bytes <= (early_bytes / 2 * 3).max(NOISE_BYTES),
        "memory grows with the number of requests: {} at first, {} later",
        mib(early_bytes),
        mib(late_bytes)
    );
    let wasm_alone_bytes = most_wasm_bytes(&worker);

    for _ in 0..n_unchanged {
        let answer = post(&worker, &bodies[(n_requests - 1) % 2]);
        assert_eq!(answer.json()["inserted"], 0, "{}", answer.body);
        assert_eq!(answer.json()["updated"], 0, "{}", answer.body);
    }
    drop(bodies);
    for round in 0..n_rounds {
        thread::scope(|scope| {
            for client in 0..N_AT_ONCE {
                let worker = &worker;
                scope.spawn(move || {
                    let title = if round % 2 == 0 { "a" } else { "b" };
                    let body = largest(&format!("at-once-{client}"), title);
                    let answer = post(worker, &body);
                    assert_eq!(answer.json()["unchanged"], 0, "{}", answer.body);
                });
            }
        });
        progress.print(|| format!("{} of {n_rounds} rounds of {N_AT_ONCE} at once", round + 1));
    }
    let at_once_bytes = watch.take_most_bytes();
    let wasm_at_once_bytes = most_wasm_bytes(&worker);
    assert!(
        wasm_at_once_bytes <= MAX_WASM_BYTES,
        "wasm memory with {N_AT_ONCE} at once: {}",
        mib(wasm_at_once_bytes)
    );

    let mut summary = Summary::default();
    summary.add("bytes of each request", MAX_BODY_BYTES);
    summary.add("one after another, all changed, none failed", n_requests);
    summary.add("one after another, unchanged, none failed", n_unchanged);
    summary.add(
        "eight at once, all changed, none failed",
        n_rounds * N_AT_ONCE,
    );
    summary.add("workerd's memory at the start", mib(at_start_bytes));
    summary.add("the most in the first quarter", mib(early_bytes));
    summary.add("the most in the last quarter", mib(late_bytes));
    summary.add("the most with eight at once", mib(at_once_bytes));
    summary.add("wasm memory, one after another", mib(wasm_alone_bytes));
    summary.add("wasm memory, eight at once", mib(wasm_at_once_bytes));
    summary.add("seconds", progress.elapsed().as_secs());
    summary
}

/// A body of exactly the largest size: as many postings of about 1.15 KB as fit.
pub fn largest(prefix: &str, title: &str) -> Vec<u8> {
    let array = |prefix: &str, n_postings: usize| {
        postings::array(prefix, n_postings, title, "memory", &postings::text(1_040))
    };
    let one = array(&format!("{prefix}-00000"), 1).len();
    let body = array(prefix, (MAX_BODY_BYTES - 2) / (one + 1));
    // JSON may end with white space.
    let mut body = body.into_bytes();
    body.resize(MAX_BODY_BYTES, b' ');
    body
}

fn post(worker: &Worker, body: &[u8]) -> Answer {
    let request = worker.post("/jobs/ingest").token(TOKEN);
    let answer = request.json(body).send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["rejected"], 0, "{}", answer.body);
    answer
}

/// The largest wasm memory in the log lines; it never shrinks.
pub fn most_wasm_bytes(worker: &Worker) -> u64 {
    let lines = worker.logs().lines();
    let sizes = lines.iter().filter_map(|line| {
        let line: Value = serde_json::from_str(&line.message).ok()?;
        line["wasm_bytes"].as_u64()
    });
    sizes.max().expect("log lines with wasm_bytes")
}
