//! Assumptions of the other tests about the harness.

use jobs_ingest_tests::{TOKEN, TOKEN_NAME, Worker};
use serde_json::json;

const ONE: &str = r#"{"items":[{"externalId":"a","title":"Rust engineer"}]}"#;

#[test]
fn sees_rows_that_the_worker_has_written() {
    let worker = Worker::start();
    assert_eq!(worker.n_rows(), 0);
    let answer = worker.post("/jobs/ingest").token(TOKEN).json(ONE).send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(
        worker.sql("SELECT external_id, title, company_id, salary FROM jobs"),
        json!([{"external_id": "a", "title": "Rust engineer", "company_id": 1, "salary": null}])
    );
}

#[test]
fn worker_sees_rows_that_the_test_has_written() {
    let worker = Worker::start();
    let send = || {
        worker
            .post("/jobs/ingest")
            .token(TOKEN)
            .json(ONE)
            .send()
            .json()
    };
    assert_eq!(send()["inserted"], 1);
    worker.execute("UPDATE jobs SET title = 'Other'");
    assert_eq!(send()["updated"], 1);
    worker.execute("DELETE FROM jobs");
    assert_eq!(send()["inserted"], 1);
}

#[test]
fn two_workers_share_nothing() {
    let (one, other) = (Worker::start(), Worker::start());
    assert_ne!(one.url(), other.url());
    let answer = one.post("/jobs/ingest").token(TOKEN).json(ONE).send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!((one.n_rows(), other.n_rows()), (1, 0));
}

#[test]
fn keeps_the_log_lines_of_the_worker() {
    let worker = Worker::start();
    let answer = worker.post("/jobs/ingest").token(TOKEN).json(ONE).send();
    let id = answer.header("x-request-id").expect("a request id");
    let line = worker.logs().wait_for(|line| line.message.contains(id));
    assert!(line.message.contains(TOKEN_NAME), "{}", line.message);
}

#[test]
fn accepts_only_the_secret_of_the_test() {
    let worker = Worker::builder().without_ingest_tokens().start();
    let answer = worker.post("/jobs/ingest").token(TOKEN).json(ONE).send();
    assert_eq!((answer.status, worker.n_rows()), (503, 0));
}

#[test]
fn sends_and_reads_bytes_unchanged() {
    let worker = Worker::start();
    let head = format!(
        "POST /jobs/ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    let (first, second) = ONE.split_at(20);
    let answer = worker
        .raw()
        .write(head)
        .write_chunk(first)
        .write_chunk(second)
        .write_chunk("")
        .read_to_end()
        .expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert_eq!(worker.n_rows(), 1);
}
