//! The limits of a whole request: bytes after decompression, number of postings.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use jobs_ingest_core::limits::{
    D1_MAX_STATEMENTS, MAX_BODY_BYTES, MAX_DESCRIPTION_BYTES, MAX_ITEMS,
};
use jobs_ingest_tests::http::{Answer, Request};
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::{
    Counts, INGEST, counts, gzip, items, log_of, post, posting_of_1_kb, refused, send, table,
};

/// A body of exactly `bytes` bytes: as many postings of 1 KB as fit, then blanks.
fn body_of(bytes: usize) -> (String, u64) {
    let mut body = "[".to_owned();
    let mut n_postings = 0;
    loop {
        let posting = posting_of_1_kb(n_postings).to_string();
        if body.len() + posting.len() + 2 > bytes {
            break;
        }
        if n_postings > 0 {
            body.push(',');
        }
        body.push_str(&posting);
        n_postings += 1;
    }
    body.push_str(&" ".repeat(bytes - body.len() - 1));
    body.push(']');
    assert_eq!(body.len(), bytes);
    (body, n_postings as u64)
}

/// The number of statements in the log line of a response.
fn n_statements(worker: &Worker, answer: &Answer) -> u64 {
    let line = log_of(worker, answer);
    line["statements"].as_u64().expect("a number")
}

fn compressed(worker: &Worker, body: Vec<u8>) -> Request {
    post(worker, "")
        .header("content-encoding", "gzip")
        .json(body)
}

/// gzip with stored blocks only, which is longer than its content.
fn stored_gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
    encoder.write_all(text.as_bytes()).expect("write to a Vec");
    encoder.finish().expect("write to a Vec")
}

#[test]
fn accepts_body_of_exactly_max_bytes_and_rejects_one_more() {
    let worker = Worker::start();
    let (at_limit, n_postings) = body_of(MAX_BODY_BYTES);
    let all_new = Counts {
        received: n_postings,
        inserted: n_postings,
        ..Counts::default()
    };
    let all_unchanged = Counts {
        received: n_postings,
        unchanged: n_postings,
        ..Counts::default()
    };
    let answer = post(&worker, "").json(at_limit.clone()).send();
    assert_eq!(counts(&answer), all_new);
    assert!(n_statements(&worker, &answer) < D1_MAX_STATEMENTS as u64);
    let answer = compressed(&worker, gzip(&at_limit)).send();
    assert_eq!(counts(&answer), all_unchanged);
    let longer_than_what_it_holds = stored_gzip(&at_limit);
    assert!(longer_than_what_it_holds.len() > MAX_BODY_BYTES);
    let answer = compressed(&worker, longer_than_what_it_holds).send();
    assert_eq!(counts(&answer), all_unchanged);

    worker.execute("DELETE FROM jobs");
    let one_more = format!("{at_limit} ");
    let length = format!("Content-Length: {}", one_more.len());
    let answer = worker
        .raw()
        .write(head(&length))
        .write(&one_more)
        .read_to_end()
        .expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("body_too_large"), "{answer}");
    assert_eq!(table(&worker), json!([]));
    for request in [
        compressed(&worker, gzip(&one_more)),
        compressed(&worker, stored_gzip(&one_more)),
    ] {
        let answer = refused(&worker, request, 413, "body_too_large");
        assert_eq!(
            answer.json()["detail"],
            format!(
                "the body is longer than {MAX_BODY_BYTES} bytes after decompression; send it in parts"
            )
        );
    }
}

/// The head of a request that declares `body`.
///
/// Such a request is refused before its body is read, and then the connection is closed. A client
/// that writes everything before it reads may only see the close, so these requests are written by
/// hand.
fn head(body: &str) -> String {
    format!(
        "POST {INGEST} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\
         {body}\r\nConnection: close\r\n\r\n"
    )
}

/// No Content-Length: the size is known only after reading.
const CHUNKED: &str = "Transfer-Encoding: chunked";

#[test]
fn chunked_body_has_the_same_limit() {
    let worker = Worker::start();
    let (at_limit, n_postings) = body_of(MAX_BODY_BYTES);
    for (more, expected) in [(" ", "HTTP/1.1 413 "), ("", "HTTP/1.1 200 ")] {
        let mut connection = worker.raw();
        connection.write(head(CHUNKED));
        for part in at_limit.as_bytes().chunks(1024 * 1024) {
            connection.write_chunk(part);
        }
        if !more.is_empty() {
            connection.write_chunk(more);
        }
        let answer = connection.write_chunk("").read_to_end().expect("an answer");
        assert!(answer.starts_with(expected), "{answer}");
        if expected.contains("413") {
            assert!(answer.contains("body_too_large"), "{answer}");
            assert_eq!(table(&worker), json!([]));
        }
    }
    assert_eq!(worker.n_rows(), n_postings);
}

/// The rest of a body over the limit is not read before the refusal.
#[test]
fn reading_stops_at_the_limit() {
    let worker = Worker::start();
    let mut chunked = worker.raw();
    chunked.write(head(CHUNKED));
    let blank = vec![b' '; 1024 * 1024];
    for _ in 0..=MAX_BODY_BYTES / blank.len() {
        chunked.write_chunk(&blank);
    }
    let answer = chunked.read_to_end().expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");

    let mut declared = worker.raw();
    let length = format!("Content-Length: {}", MAX_BODY_BYTES + 1);
    declared.write(head(&length)).write("[");
    let answer = declared.read_to_end().expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert_eq!(table(&worker), json!([]));
}

/// The Worker's `usize` has 32 bits: 2^32 + 5 must not become 5.
#[test]
fn content_length_beyond_32_bits_is_rejected_immediately() {
    let worker = Worker::start();
    for length in [u64::from(u32::MAX), 1 << 32, (1 << 32) + 5, i64::MAX as u64] {
        let mut connection = worker.raw();
        connection.write(head(&format!("Content-Length: {length}")));
        connection.write("[");
        let answer = connection.read_to_end().expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 413 "), "{length}: {answer}");
        assert!(answer.contains("body_too_large"), "{length}: {answer}");
    }
    assert_eq!(table(&worker), json!([]));
}

/// workerd itself rejects some of these.
#[test]
fn rejects_an_invalid_content_length() {
    let worker = Worker::start();
    for length in [
        "ten",
        "-1",
        "1.5",
        "0x10",
        "1e3",
        "5, 6",
        "99999999999999999999",
    ] {
        let mut connection = worker.raw();
        connection.write(head(&format!("Content-Length: {length}")));
        connection.write("[{\"externalId\":1}]");
        let answer = connection.read_to_end().unwrap_or_default();
        assert!(answer.starts_with("HTTP/1.1 4"), "{length}: {answer}");
    }
    assert_eq!(table(&worker), json!([]));
}

#[test]
fn accepts_10_000_postings_of_1_kb() {
    let worker = Worker::start();
    let postings: Value = (0..10_000)
        .map(|number| {
            let mut posting = posting_of_1_kb(number);
            let missing = 1_024 - posting.to_string().len();
            posting["source"] = json!("s".repeat(missing.saturating_sub(12)));
            assert_eq!(posting.to_string().len(), 1_024);
            posting
        })
        .collect();
    assert!(items(&postings).len() > 10_000 * 1_024);
    let answer = send(&worker, "", &postings);
    assert_eq!(counts(&answer).inserted, 10_000);
    assert!(n_statements(&worker, &answer) < D1_MAX_STATEMENTS as u64);
    assert_eq!(worker.n_rows(), 10_000);
    assert_eq!(counts(&send(&worker, "", &postings)).unchanged, 10_000);
}

/// The longest possible rows: each has its own parameter, upsert and count. The run is inserted
/// before the first.
#[test]
fn each_of_the_longest_rows_is_its_own_statement() {
    let worker = Worker::start();
    const N_ROWS: u64 = 7;
    let description = "\u{1}".repeat(MAX_DESCRIPTION_BYTES);
    let postings: Value = (0..N_ROWS)
        .map(|number| json!({ "externalId": number, "description": description }))
        .collect();
    assert!(items(&postings).len() < MAX_BODY_BYTES);
    let answer = send(&worker, "", &postings);
    assert_eq!(counts(&answer).inserted, N_ROWS);
    assert_eq!(n_statements(&worker, &answer), 1 + 2 * N_ROWS);
    assert_eq!(
        worker.sql("SELECT sum(length(description)) AS n FROM jobs"),
        json!([{ "n": N_ROWS * MAX_DESCRIPTION_BYTES as u64 }])
    );
}

#[test]
fn number_of_postings_is_limited() {
    let worker = Worker::start();
    let postings = |n: usize| -> String {
        let ids: Vec<String> = (0..n)
            .map(|id| format!(r#"{{"externalId":{id}}}"#))
            .collect();
        format!("[{}]", ids.join(","))
    };
    let lines = |n: usize| -> String {
        (0..n)
            .map(|id| format!("{{\"externalId\":{id}}}\n"))
            .collect()
    };
    let too_many = MAX_ITEMS + 1;
    let request = post(&worker, "").json(postings(too_many));
    refused(&worker, request, 413, "too_many_items");
    let ndjson = post(&worker, "?on_error=skip").header("content-type", "application/x-ndjson");
    refused(&worker, ndjson.body(lines(too_many)), 413, "too_many_items");

    let answer = post(&worker, "").json(postings(MAX_ITEMS)).send();
    assert_eq!(counts(&answer).inserted, MAX_ITEMS as u64);
    assert!(n_statements(&worker, &answer) < D1_MAX_STATEMENTS as u64);
}
