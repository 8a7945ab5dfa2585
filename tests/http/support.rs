//! Common helpers: send an ingest, read its counts, prove that a refusal wrote nothing.

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jobs_ingest_core::limits::MAX_BODY_BYTES;
use jobs_ingest_tests::http::{Answer, Request};
use jobs_ingest_tests::raw::Connection;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

pub const INGEST: &str = "/jobs/ingest";

/// A POST to [`INGEST`] with the token; `query` is empty or starts with `?`.
pub fn post(worker: &Worker, query: &str) -> Request {
    worker.post(&format!("{INGEST}{query}")).token(TOKEN)
}

/// The head of an ingest with a body of this length.
pub fn head_of(token: &str, body_bytes: usize) -> String {
    format!(
        "POST {INGEST} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: {body_bytes}\r\nConnection: close\r\n\r\n"
    )
}

/// Starts an ingest that declares its length and sends no body yet. Waits until the Worker has most
/// likely received it; there is no response before there is a body.
pub fn announce(worker: &Worker, token: &str, body_bytes: usize) -> Connection {
    let mut connection = worker.raw();
    connection.write(head_of(token, body_bytes));
    thread::sleep(Duration::from_secs(2));
    connection
}

/// A body of exactly this size: one posting and blanks.
pub fn padded(external_id: &str, body_bytes: usize) -> Vec<u8> {
    let mut body = format!(r#"[{{"externalId":"{external_id}"}}]"#).into_bytes();
    body.resize(body_bytes, b' ');
    body
}

/// Two failed requests: one cancelled because it is too slow while another waits for its memory,
/// and one interrupted by its client.
pub fn cancelled_and_interrupted(worker: &Worker) -> [Answer; 2] {
    let mut slow = announce(worker, TOKEN, MAX_BODY_BYTES);
    slow.write("[");
    let answer = post(worker, "").json(padded("fast", MAX_BODY_BYTES)).send();
    assert_eq!(counts(&answer).inserted, 1);
    let mut interrupted = announce(worker, TOKEN, 2);
    interrupted.write("[").end_writing();
    [slow.read_answer(), interrupted.read_answer()]
}

/// Sends postings as `{"items":[…]}`.
pub fn send(worker: &Worker, query: &str, postings: &Value) -> Answer {
    post(worker, query).json(items(postings)).send()
}

/// The body with these postings.
pub fn items(postings: &Value) -> String {
    json!({ "items": postings }).to_string()
}

/// A posting of about 1 KB, a typical size in feeds.
pub fn posting_of_1_kb(number: usize) -> Value {
    json!({
        "externalId": format!("posting-{number:06}"),
        "title": "Senior Rust engineer (f/m/x)",
        "location": "Lisbon, Portugal",
        "salary": "60,000 – 80,000 EUR",
        "description": "What you will do and whom you will do it with. ".repeat(18),
    })
}

pub fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    gzip_of_parts([bytes])
}

/// One gzip stream of all parts, so that a long text need not be held in memory.
pub fn gzip_of_parts<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for part in parts {
        encoder.write_all(part.as_ref()).expect("write to a Vec");
    }
    encoder.finish().expect("write to a Vec")
}

/// A gzip member of `n_blocks` empty deflate blocks.
pub fn gzip_of_empty_blocks(n_blocks: usize) -> Vec<u8> {
    // Stored blocks: final flag, length, complement of the length.
    let blocks = [0, 0, 0, 0xff, 0xff].repeat(n_blocks - 1);
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    [&header[..], &blocks, &[1, 0, 0, 0xff, 0xff], &[0; 8]].concat()
}

/// The counts of a response.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub received: u64,
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub duplicates: u64,
    pub rejected: u64,
}

/// The counts of a success response, checked for consistency.
pub fn counts(answer: &Answer) -> Counts {
    assert!(
        matches!(answer.status, 200 | 207),
        "{}: {}",
        answer.status,
        answer.body
    );
    let body = answer.json();
    let number = |name: &str| body[name].as_u64().unwrap_or_else(|| panic!("{name}"));
    let counts = Counts {
        received: number("received"),
        inserted: number("inserted"),
        updated: number("updated"),
        unchanged: number("unchanged"),
        duplicates: number("duplicates"),
        rejected: number("rejected"),
    };
    let upserted = number("upserted");
    assert_eq!(
        upserted,
        counts.inserted + counts.updated + counts.unchanged
    );
    assert_eq!(
        counts.received,
        upserted + counts.duplicates + counts.rejected
    );
    let is_withheld = body["closing"]["withheld"].is_object();
    assert_eq!(answer.status == 207, counts.rejected > 0 || is_withheld);
    counts
}

/// Sends a request that must be refused with a problem and leave the tables unchanged.
pub fn refused(worker: &Worker, request: Request, status: u16, code: &str) -> Answer {
    let before = table(worker);
    let answer = request.send();
    assert_problem(&answer, status, code);
    assert_eq!(table(worker), before, "a refused request wrote");
    answer
}

/// Checks RFC 9457, our code, the `error` of the replaced function, and the request id.
pub fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let body = answer.json();
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(body["type"], format!("urn:jobs-ingest:problem:{code}"));
    assert_eq!(body["status"], status);
    assert_eq!(body["success"], false);
    assert_eq!(body["error"], body["title"]);
    for name in ["title", "detail", "request_id"] {
        let text = body[name].as_str().unwrap_or_default();
        assert!(!text.is_empty(), "{name} in {body}");
    }
    assert_eq!(body["request_id"].as_str(), answer.header("x-request-id"));
}

/// Recreates `jobs` without its UNIQUE, as a board might do manually.
pub fn without_unique_key(worker: &Worker) {
    let table = worker.sql("SELECT sql FROM sqlite_schema WHERE name = 'jobs'");
    let sql = table[0]["sql"].as_str().expect("the text of the table");
    let without = sql.replacen("UNIQUE (source, external_id)", "CHECK (true)", 1);
    assert_ne!(without, sql);
    let trigger =
        worker.sql("SELECT sql FROM sqlite_schema WHERE name = 'jobs_forget_content_hash'");
    let trigger = trigger[0]["sql"].as_str().expect("the text of the trigger");
    worker.execute(&format!("DROP TABLE jobs; {without}; {trigger}"));
}

/// Every column of every row.
pub fn table(worker: &Worker) -> Value {
    worker.sql("SELECT * FROM jobs ORDER BY id")
}

/// Every column of every row of every table that a request writes.
pub fn all_tables(worker: &Worker) -> Value {
    let rows = |table: &str| worker.sql(&format!("SELECT * FROM {table} ORDER BY 1, 2"));
    [
        "jobs",
        "ingest_runs",
        "ingest_keys",
        "ingest_rejects",
        "ingest_sources",
    ]
    .map(rows)
    .into_iter()
    .collect()
}

/// The `run_id` of a response.
pub fn run_id(answer: &Answer) -> String {
    let body = answer.json();
    let id = body["run_id"].as_str();
    id.unwrap_or_else(|| panic!("no run_id in {body}"))
        .to_owned()
}

/// The body of a response without values that differ each time.
pub fn redacted(answer: &Answer) -> Value {
    let mut body = answer.json();
    for (name, text) in [("request_id", "[request id]"), ("run_id", "[run id]")] {
        if let Some(id) = body.get_mut(name) {
            assert_eq!(id.as_str(), answer.header("x-request-id"), "{name}");
            *id = json!(text);
        }
    }
    body
}

/// Whether the log line of a response has this stage.
pub fn has_stage(worker: &Worker, answer: &Answer, stage: &str) -> bool {
    log_of(worker, answer)["ms"].get(stage).is_some()
}

/// The log line of a response.
pub fn log_of(worker: &Worker, answer: &Answer) -> Value {
    let id = answer.header("x-request-id").expect("a request id");
    let line = worker.logs().wait_for(|line| line.message.contains(id));
    serde_json::from_str(&line.message).expect("the log line is JSON")
}

/// Checks the form `2026-11-22T13:56:45.123Z`.
pub fn assert_is_utc_with_milliseconds(text: &str) {
    let shape: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000Z", "{text}");
}

/// `code: message` of each error or warning of a response, one per line.
pub fn findings(answer: &Answer, list: &str) -> String {
    let body = answer.json();
    let findings = body[list].as_array().expect("a list");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    findings
        .iter()
        .map(|finding| format!("{}: {}", text(&finding["code"]), text(&finding["message"])))
        .collect::<Vec<_>>()
        .join("\n")
}
