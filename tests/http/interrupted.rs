//! The connection ends before the body does: nothing of it is written, not even what is complete.

use jobs_ingest_core::limits::MAX_BODY_BYTES;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::{counts, gzip, send, table};

fn head(content_type: &str, more: &str) -> String {
    format!(
        "POST /jobs/ingest?on_error=skip HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: {content_type}\r\n{more}\r\nConnection: close\r\n\r\n"
    )
}

/// Requests whose bodies would be whole, had the client not said that there is more: their heads
/// and what is sent of their bodies.
fn requests() -> Vec<(String, Vec<u8>)> {
    let lines = "{\"externalId\":\"a\"}\n{\"externalId\":\"b\"}\n";
    let array = "[{\"externalId\":\"a\"}]";
    let mut requests = Vec::new();
    for (content_type, body) in [("application/x-ndjson", lines), ("application/json", array)] {
        for (encoding, body) in [("identity", body.as_bytes().to_vec()), ("gzip", gzip(body))] {
            let encoding = format!("Content-Encoding: {encoding}");
            let length = format!("{encoding}\r\nContent-Length: {}", body.len() + 1);
            requests.push((head(content_type, &length), body.clone()));
            let chunked = format!("{encoding}\r\nTransfer-Encoding: chunked");
            let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n"].concat();
            requests.push((head(content_type, &chunked), chunk));
        }
    }
    requests
}

#[test]
fn a_body_cut_in_the_middle_is_400_and_writes_nothing() {
    let worker = Worker::start();
    for (head, body) in requests() {
        let mut connection = worker.raw();
        connection.write(&head).write(&body).end_writing();
        let answer = connection.read_to_end().expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 400 "), "{head}: {answer}");
        assert!(answer.contains("body_incomplete"), "{head}: {answer}");
        assert_eq!(table(&worker), json!([]), "{head}");
    }
}

#[test]
fn a_client_that_goes_away_leaves_nothing_behind() {
    let worker = Worker::start();
    for (head, body) in requests() {
        worker.raw().write(&head).write(&body);
        // The connection is closed in both directions.
    }
    let answer = send(&worker, "", &json!([{ "externalId": "after" }]));
    assert_eq!(counts(&answer).inserted, 1);
    assert_eq!(worker.n_rows(), 1);
}

/// workerd forgets what it was doing for them without dropping it: each would leave up to 12 MiB, were
/// the work not done in a task of its own, which runs to its end.
#[test]
fn clients_that_are_killed_leave_no_memory_behind() {
    const N_KILLED: usize = 20;
    let worker = Worker::start();
    let length = format!("Content-Length: {MAX_BODY_BYTES}");
    let most_of_it = vec![b' '; MAX_BODY_BYTES - 1];
    for _ in 0..N_KILLED {
        let mut connection = worker.raw_to_reset();
        connection
            .write(head("application/json", &length))
            .write(&most_of_it);
    }
    let mut n_ended = 0;
    worker.logs().wait_for(|line| {
        n_ended += usize::from(line.message.contains("body_incomplete"));
        n_ended == N_KILLED
    });
    let answer = send(&worker, "", &json!([{ "externalId": "after" }]));
    let id = answer.header("x-request-id").expect("a request id");
    let line = worker.logs().wait_for(|line| line.message.contains(id));
    let line: Value = serde_json::from_str(&line.message).expect("JSON");
    let wasm_bytes = line["wasm_bytes"].as_u64().expect("bytes");
    // One of them at a time, and what the allocator leaves between.
    assert!(wasm_bytes < 4 * MAX_BODY_BYTES as u64, "{wasm_bytes}");
}
