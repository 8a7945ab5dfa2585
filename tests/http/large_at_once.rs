//! Concurrent large requests are queued, so that together they fit into an isolate's memory.

use std::thread;
use std::time::Duration;

use jobs_ingest_core::limits::{MAX_BODY_BYTES, PACE_BYTES_PER_MS};
use jobs_ingest_tests::raw::Connection;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::json;

use crate::support::{
    announce, assert_problem, cancelled_and_interrupted, counts, has_stage, head_of, log_of,
    padded, post, send, table,
};

const TOKENS: [(&str, &str); 3] = [
    ("tester", TOKEN),
    ("second", "a1b2c3d4e5f60718293a4b5c6d7e8f90"),
    ("third", "b1b2c3d4e5f60718293a4b5c6d7e8f90"),
];

fn worker_of_three() -> Worker {
    let entries = TOKENS.map(|(name, token)| format!("{name}:{token}"));
    Worker::builder().ingest_tokens(&entries.join(",")).start()
}

#[test]
fn eight_concurrent_requests_of_the_largest_size_are_served() {
    for n_tokens in [1, 3] {
        let worker = worker_of_three();
        let n_waited: usize = thread::scope(|scope| {
            let clients: Vec<_> = (0..8)
                .map(|number| {
                    let worker = &worker;
                    scope.spawn(move || {
                        let (_, token) = TOKENS[number % n_tokens];
                        let body = padded(&number.to_string(), MAX_BODY_BYTES);
                        let request = worker.post("/jobs/ingest").token(token);
                        let answer = request.json(body).send();
                        assert_eq!(counts(&answer).inserted, 1);
                        usize::from(has_stage(worker, &answer, "wait_read"))
                    })
                })
                .collect();
            let waited = clients.into_iter().map(|client| client.join());
            waited.map(|waited| waited.expect("a client")).sum()
        });
        assert_eq!(worker.n_rows(), 8);
        assert!(n_waited > 0, "they are not all in memory at a time");
    }
}

/// Sends a body at a constant rate slightly above the required pace.
fn at_a_pace(mut connection: Connection, body: &[u8]) -> Connection {
    for part in body.chunks(64 * 1024) {
        connection.write(part);
        let ms = part.len() as f64 / (1.1 * PACE_BYTES_PER_MS);
        thread::sleep(Duration::from_secs_f64(ms / 1000.0));
    }
    connection
}

/// The third request waits behind two that keep the pace and take 22 s each (at least 12 s, because up
/// to half of a body is buffered on the way).
#[test]
fn request_queued_too_long_is_503() {
    let worker = worker_of_three();
    let body = padded("paced", MAX_BODY_BYTES);
    let [first, second, third] = TOKENS.map(|(_, token)| head_of(token, MAX_BODY_BYTES));
    let answers = thread::scope(|scope| {
        let start = |head: String| {
            let (worker, body) = (&worker, &body);
            let client = scope.spawn(move || {
                let mut connection = worker.raw();
                connection.write(head);
                at_a_pace(connection, body).read_answer()
            });
            thread::sleep(Duration::from_secs(1));
            client
        };
        let clients = [start(first), start(second)];
        let mut connection = worker.raw();
        connection.write(third).write("[");
        let busy = connection.read_answer();
        let [first, second] = clients.map(|client| client.join().expect("an answer"));
        [first, second, busy]
    });
    let [first, second, busy] = &answers;
    assert_eq!(counts(first).inserted, 1);
    assert_eq!(counts(second).unchanged, 1);
    assert_problem(busy, 503, "worker_busy");
    assert_eq!(busy.header("retry-after"), Some("10"));
    assert!(has_stage(&worker, busy, "wait_read"));
    // The refused request holds no memory.
    let answer = send(&worker, "", &json!([{ "externalId": "after" }]));
    assert!(!has_stage(&worker, &answer, "wait_read"));
}

/// Such a client may have disappeared without notice.
#[test]
fn body_that_stalls_is_abandoned() {
    let worker = Worker::start();
    let mut silent = announce(&worker, TOKEN, MAX_BODY_BYTES);
    silent.write("[");
    assert_problem(&silent.read_answer(), 400, "body_incomplete");
    let answer = post(&worker, "")
        .json(padded("next", MAX_BODY_BYTES))
        .send();
    assert!(!has_stage(&worker, &answer, "wait_read"));
}

#[test]
fn stalled_body_is_cancelled_for_a_queued_request() {
    let worker = Worker::start();
    let [cancelled, interrupted] = cancelled_and_interrupted(&worker);
    assert_problem(&cancelled, 503, "worker_busy");
    assert_eq!(cancelled.header("retry-after"), Some("10"));
    assert_eq!(log_of(&worker, &cancelled)["cancelled_for_others"], true);
    assert_problem(&interrupted, 400, "body_incomplete");
    let rows = table(&worker);
    assert_eq!(rows.as_array().map(Vec::len), Some(1), "{rows}");
}
