//! Large requests at the same time take turns, so that together they stay within an isolate's memory.

use jobs_ingest_core::limits::{MAX_BODY_BYTES, READING_BYTES};
use jobs_ingest_tests::Worker;
use serde_json::{Value, json};

use crate::support::{announce, assert_problem, busy_and_broken_off, counts, post, send, table};

/// Whether its log line has this stage.
fn has_stage(worker: &Worker, request_id: &str, stage: &str) -> bool {
    let line = worker
        .logs()
        .wait_for(|line| line.message.contains(request_id));
    let line: Value = serde_json::from_str(&line.message).expect("JSON");
    line["ms"].get(stage).is_some()
}

#[test]
fn three_of_the_largest_are_read_one_after_another() {
    let worker = Worker::start();
    let mut connections = [0; 3].map(|_| announce(&worker, MAX_BODY_BYTES));
    let mut n_waited = 0;
    // In turn: the first is let in first, and the others wait for it.
    for (number, connection) in connections.iter_mut().enumerate() {
        let mut body = format!(r#"[{{"externalId":{number}}}]"#).into_bytes();
        body.resize(MAX_BODY_BYTES, b' ');
        let answer = connection.write(body).read_answer();
        assert_eq!(counts(&answer).inserted, 1);
        let id = answer.header("x-request-id").expect("a request id");
        n_waited += usize::from(has_stage(&worker, id, "wait_read"));
    }
    assert_eq!((worker.n_rows(), n_waited), (3, 2));
}

#[test]
fn a_slow_large_body_keeps_no_other_from_being_served() {
    let worker = Worker::start();
    let mut slow = announce(&worker, MAX_BODY_BYTES);
    let mut body = br#"[{"externalId":"fast"}]"#.to_vec();
    body.resize(READING_BYTES - MAX_BODY_BYTES, b' ');
    let answer = post(&worker, "").json(body).send();
    assert_eq!(counts(&answer).inserted, 1);
    let id = answer.header("x-request-id").expect("a request id");
    assert!(!has_stage(&worker, id, "wait_read"));
    let answer = slow.end_writing().read_answer();
    assert_problem(&answer, 400, "body_incomplete");
}

#[test]
fn who_has_waited_too_long_is_asked_to_come_again() {
    let worker = Worker::start();
    let [busy, broken_off] = busy_and_broken_off(&worker);
    assert_problem(&busy, 503, "worker_busy");
    assert_eq!(busy.header("retry-after"), Some("10"));
    let id = busy.header("x-request-id").expect("a request id");
    assert!(has_stage(&worker, id, "wait_read"));
    assert_problem(&broken_off, 400, "body_incomplete");
    assert_eq!(table(&worker), json!([]));
    // Who went away, and who was sent away, hold nothing.
    let answer = send(&worker, "", &json!([{ "externalId": "after" }]));
    let id = answer.header("x-request-id").expect("a request id");
    assert!(!has_stage(&worker, id, "wait_read"));
}

/// It may be gone without anybody being told.
#[test]
fn a_client_that_falls_silent_is_given_up_and_who_waits_for_it_is_served() {
    let worker = Worker::start();
    let mut silent = announce(&worker, MAX_BODY_BYTES);
    silent.write("[");
    let mut next = announce(&worker, MAX_BODY_BYTES);
    assert_problem(&silent.read_answer(), 400, "body_incomplete");
    let mut body = br#"[{"externalId":"next"}]"#.to_vec();
    body.resize(MAX_BODY_BYTES, b' ');
    let answer = next.write(body).read_answer();
    assert_eq!(counts(&answer).inserted, 1);
    let id = answer.header("x-request-id").expect("a request id");
    assert!(has_stage(&worker, id, "wait_read"));
}
