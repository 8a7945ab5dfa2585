//! Clients that send slowly do not keep out requests of other tokens, whatever they declare.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use jobs_ingest_core::limits::MAX_BODY_BYTES;
use jobs_ingest_tests::http::Answer;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::json;

use crate::support::{assert_problem, counts, has_stage, head_of, items, padded};

const OTHER: &str = "c1b2c3d4e5f60718293a4b5c6d7e8f90";

fn worker() -> Worker {
    let tokens = format!("slow:{TOKEN},other:{OTHER}");
    Worker::builder().ingest_tokens(&tokens).start()
}

fn post(worker: &Worker, body: impl Into<Vec<u8>>) -> Answer {
    let request = worker.post("/jobs/ingest").token(OTHER);
    request.json(body.into()).send()
}

const CHUNKED: &str = "POST /jobs/ingest HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
                       Transfer-Encoding: chunked\r\n";

/// Sends each head with the initial part of its body, then 12 KB a second each, until `work` is
/// done.
fn while_trickling<T>(worker: &Worker, bodies: &[(String, usize)], work: impl FnOnce() -> T) -> T {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        for (head, at_once_bytes) in bodies {
            let is_done = &is_done;
            scope.spawn(move || {
                let is_chunked = head.contains("chunked");
                let mut connection = worker.raw();
                connection.write(head);
                let mut send = |bytes: usize| {
                    let mut part = Vec::new();
                    if is_chunked {
                        let _ = write!(part, "{bytes:x}\r\n");
                    }
                    part.resize(part.len() + bytes, b' ');
                    if is_chunked {
                        part.extend(b"\r\n");
                    }
                    connection.write(part);
                };
                if *at_once_bytes > 0 {
                    send(*at_once_bytes);
                }
                while !is_done.load(Ordering::Relaxed) {
                    send(3_000);
                    thread::sleep(Duration::from_millis(250));
                }
            });
        }
        // Until all of them have been received.
        thread::sleep(Duration::from_secs(2));
        let result = work();
        is_done.store(true, Ordering::Relaxed);
        result
    })
}

fn served_while_trickling(bodies: &[(String, usize)]) {
    let worker = worker();
    while_trickling(&worker, bodies, || {
        for number in 0..3 {
            let small = items(&json!([{ "externalId": format!("small {number}") }]));
            let answer = post(&worker, small);
            assert_eq!(counts(&answer).inserted, 1);
            assert!(!has_stage(&worker, &answer, "wait_read"), "{}", answer.body);
            let answer = post(&worker, padded(&format!("5 MB {number}"), 5_000_000));
            assert_eq!(counts(&answer).inserted, 1);
        }
        let largest = post(&worker, padded("largest", MAX_BODY_BYTES));
        assert_eq!(counts(&largest).inserted, 1);
    });
}

#[test]
fn slow_bodies_hold_only_what_has_arrived() {
    let announced = [MAX_BODY_BYTES, 8 << 20, 2 << 20, 200_000];
    served_while_trickling(&announced.map(|bytes| (head_of(TOKEN, bytes), 0)));
}

#[test]
fn slow_bodies_without_a_length_hold_only_what_has_arrived() {
    let head = format!("{CHUNKED}Authorization: Bearer {TOKEN}\r\n\r\n");
    served_while_trickling(&[0, 0, 100_000, 100_000].map(|bytes| (head.clone(), bytes)));
}

/// The small lane has a share per token, too.
#[test]
fn hundred_slow_small_bodies_do_not_fill_the_lane() {
    let bodies = [100_000; 100].map(|bytes| (head_of(TOKEN, bytes), 0));
    served_while_trickling(&bodies);
}

/// Most of the body arrives immediately and is held; it is cancelled when another request needs the
/// memory.
#[test]
fn stalled_body_is_cancelled_for_others() {
    let worker = worker();
    let mut stopped = worker.raw();
    stopped
        .write(head_of(TOKEN, MAX_BODY_BYTES))
        .write(vec![b' '; MAX_BODY_BYTES - 500_000]);
    thread::sleep(Duration::from_secs(2));
    // Fits next to it.
    let answer = post(&worker, padded("concurrent", 4_900_000));
    assert_eq!(counts(&answer).inserted, 1);
    assert!(!has_stage(&worker, &answer, "wait_read"));
    // Needs its memory.
    let answer = post(&worker, padded("instead", MAX_BODY_BYTES));
    assert_eq!(counts(&answer).inserted, 1);
    assert!(has_stage(&worker, &answer, "wait_read"));
    assert_problem(&stopped.read_answer(), 503, "worker_busy");
}

/// A slow client is served as long as nobody else needs the memory.
#[test]
fn slow_body_is_served() {
    let worker = worker();
    let mut connection = worker.raw();
    let body = padded("slow", 1_000_000);
    connection.write(head_of(TOKEN, body.len()));
    for part in body.chunks(100_000) {
        connection.write(part);
        thread::sleep(Duration::from_millis(700));
    }
    assert_eq!(counts(&connection.read_answer()).inserted, 1);
}
