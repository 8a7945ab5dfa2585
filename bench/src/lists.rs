//! Complete lists: one of postings beside the plain re-post of the same body, and one of ids alone.

use std::path::Path;
use std::time::Instant;

use jobs_ingest_core::limits::MAX_LISTED_IDS;
use jobs_ingest_tests::{TOKEN, Worker};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::peer::{Peer, start_worker};
use crate::result::ListTime;
use crate::stats::Summary;
use crate::table::Table;

const N_ROUNDS: usize = 15;
const N_QUICK_ROUNDS: usize = 3;

/// Postings of a source.
const N_POSTINGS: usize = 5_000;
/// Postings of a request that fills the source of the list of ids.
const N_PER_REQUEST: usize = 50_000;

/// In a table of 1,000,000 rows of 200 sources.
pub fn lists(quick: bool) -> Vec<ListTime> {
    let n_rounds = if quick { N_QUICK_ROUNDS } else { N_ROUNDS };
    let worker = start_worker(Peer::JobsIngest.code(), Table::Million);
    spread_over_sources(&worker.database_path());
    let (mut plain_ms, mut list_ms, mut ids_ms) = (Vec::new(), Vec::new(), Vec::new());

    let body = postings(0..N_POSTINGS, 700).to_string();
    let plain = "/jobs/ingest?source=board";
    let list = "/jobs/ingest?source=board&snapshot=complete";
    send(&worker, "POST", plain, &body);
    for _ in 0..n_rounds {
        plain_ms.push(send(&worker, "POST", plain, &body).0);
        let (ms, answer) = send(&worker, "POST", list, &body);
        assert_eq!(answer["unchanged"], N_POSTINGS, "{answer}");
        assert_eq!(answer["closing"]["closed"], 0);
        list_ms.push(ms);
    }

    for start in (0..MAX_LISTED_IDS).step_by(N_PER_REQUEST) {
        let body = postings(start..start + N_PER_REQUEST, 0).to_string();
        send(&worker, "POST", "/jobs/ingest?source=large", &body);
    }
    let ids: Vec<String> = (0..MAX_LISTED_IDS).map(id).collect();
    let body = json!(ids).to_string();
    for _ in 0..n_rounds {
        let (ms, answer) = send(&worker, "PUT", "/sources/large/snapshot", &body);
        assert_eq!(answer["closing"]["closed"], 0, "{answer}");
        ids_ms.push(ms);
    }
    let line = |what: &str, ms: &[f64]| ListTime {
        what: what.to_owned(),
        ms: Summary::of(ms),
    };
    vec![
        line("5,000 unchanged postings, posted again", &plain_ms),
        line("the same as a complete list", &list_ms),
        line("a complete list of 250,000 ids", &ids_ms),
    ]
}

fn id(number: usize) -> String {
    format!("https://jobs.example/{number}")
}

fn postings(numbers: std::ops::Range<usize>, description_bytes: usize) -> Value {
    let description = "x".repeat(description_bytes);
    let posting =
        |number| json!({ "externalId": id(number), "title": "Baker", "description": description });
    numbers.map(posting).collect()
}

/// Sends a body; the milliseconds and the answer, which must be a success.
fn send(worker: &Worker, method: &str, path: &str, body: &str) -> (f64, Value) {
    let request = match method {
        "PUT" => worker.put(path),
        _ => worker.post(path),
    };
    let request = request.token(TOKEN).json(body.as_bytes());
    let since = Instant::now();
    let answer = request.send();
    let ms = since.elapsed().as_secs_f64() * 1e3;
    assert_eq!(
        answer.status,
        200,
        "{path}: {}: {:?}",
        answer.body,
        worker.logs().lines().last()
    );
    let answer = serde_json::from_str(&answer.body).expect("an answer is JSON");
    (ms, answer)
}

fn spread_over_sources(path: &Path) {
    let connection = Connection::open(path).expect("open the database");
    connection
        .execute_batch(
            "UPDATE jobs SET source = 'list-' || id % 200; PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .expect("spread the rows");
}
