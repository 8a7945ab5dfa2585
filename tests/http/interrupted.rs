//! The connection ends before the body does: nothing is written, not even complete postings.

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

/// Requests whose bodies would be complete if they did not declare more: their heads, and the part
/// of the body that is sent.
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
fn truncated_body_is_400_and_writes_nothing() {
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
fn disconnect_writes_nothing() {
    let worker = Worker::start();
    for (head, body) in requests() {
        worker.raw().write(&head).write(&body);
        // Both directions of the connection are closed.
    }
    let answer = send(&worker, "", &json!([{ "externalId": "after" }]));
    assert_eq!(counts(&answer).inserted, 1);
    assert_eq!(worker.n_rows(), 1);
}

/// workerd abandons the handler of a killed client without dropping it. That would leak up to 12
/// MiB each, so the work runs in its own task, which always finishes.
#[test]
fn killed_clients_do_not_leak_memory() {
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
    // One body at a time, and the allocator's fragmentation.
    assert!(wasm_bytes < 4 * MAX_BODY_BYTES as u64, "{wasm_bytes}");
}
