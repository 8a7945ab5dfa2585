//! One structured log line per request, with the response's request id and the stages of its
//! Server-Timing; never a token or text of a posting.

use jobs_ingest_tests::http::Answer;
use jobs_ingest_tests::{TOKEN, TOKEN_NAME, Worker};
use serde_json::{Value, json};

use crate::support::{INGEST, gzip, items, post, send};

/// The single log line of a request, checked against its response.
fn line_of(worker: &Worker, answer: &Answer) -> Value {
    let id = answer.header("x-request-id").expect("a request id");
    worker.logs().wait_for(|line| line.message.contains(id));
    // A second line of the same request would precede that of a later one.
    let later = worker.get("/later").send();
    let later_id = later.header("x-request-id").expect("a request id");
    worker
        .logs()
        .wait_for(|line| line.message.contains(later_id));
    let lines = worker.logs().lines();
    let lines: Vec<_> = lines
        .iter()
        .filter(|line| line.message.contains(id))
        .collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line: Value = serde_json::from_str(&lines[0].message).expect("JSON");
    assert_eq!(line["message"], "request");
    assert_eq!(line["request_id"], id);
    assert_eq!(line["status"], answer.status);
    assert_eq!(server_timing(answer), line["ms"], "the same stages");
    line
}

/// `read;dur=1, total;dur=2` as an object.
fn server_timing(answer: &Answer) -> Value {
    let header = answer.header("server-timing").expect("Server-Timing");
    header
        .split(", ")
        .map(|metric| {
            let (name, ms) = metric.split_once(";dur=").expect("a duration");
            (name.to_owned(), ms.parse::<u64>().expect("milliseconds"))
        })
        .collect()
}

/// The line without values that differ each time.
fn redacted(mut line: Value) -> Value {
    line["request_id"] = json!("[request id]");
    assert!(line["wasm_bytes"].is_u64(), "{line}");
    line["wasm_bytes"] = json!("[bytes]");
    for (_, ms) in line["ms"].as_object_mut().expect("stages") {
        assert!(ms.is_u64(), "whole milliseconds: {ms}");
        *ms = json!("[ms]");
    }
    line
}

#[test]
fn success_logs_counts_bytes_statements_and_stages() {
    let worker = Worker::start();
    send(
        &worker,
        "",
        &json!([{ "externalId": "same" }, { "externalId": "changed" }]),
    );
    let body = items(&json!([
        { "externalId": "new" },
        { "externalId": "same" },
        { "externalId": "changed", "title": "T" },
        { "externalId": "new" },
        { "externalId": "bad", "title": {} },
    ]));
    let request = post(&worker, "?on_error=skip").header("content-encoding", "gzip");
    let answer = request.json(gzip(&body)).send();
    let line = line_of(&worker, &answer);
    assert_eq!(line["body_bytes"], body.len(), "after decompression");
    assert_eq!(line["token"], TOKEN_NAME);
    insta::assert_json_snapshot!(redacted(line), @r#"
    {
      "body_bytes": 144,
      "duplicates": 1,
      "inserted": 1,
      "message": "request",
      "ms": {
        "db": "[ms]",
        "parse": "[ms]",
        "read": "[ms]",
        "total": "[ms]"
      },
      "received": 5,
      "rejected": 1,
      "request_id": "[request id]",
      "route": "ingest",
      "rows_sent": 3,
      "statements": 4,
      "status": 207,
      "token": "tester",
      "unchanged": 1,
      "updated": 1,
      "wasm_bytes": "[bytes]"
    }
    "#);
}

#[test]
fn refusal_logs_its_code_and_known_facts() {
    let worker = Worker::start();
    let invalid = post(&worker, "").json("[{},{\"externalId\":\"a\"}]").send();
    insta::assert_json_snapshot!(redacted(line_of(&worker, &invalid)), @r#"
    {
      "body_bytes": 23,
      "code": "invalid_items",
      "duplicates": 0,
      "message": "request",
      "ms": {
        "parse": "[ms]",
        "read": "[ms]",
        "record": "[ms]",
        "total": "[ms]"
      },
      "received": 2,
      "rejected": 1,
      "request_id": "[request id]",
      "route": "ingest",
      "status": 422,
      "token": "tester",
      "wasm_bytes": "[bytes]"
    }
    "#);
    let unauthorized = worker.post(INGEST).json("[]").send();
    insta::assert_json_snapshot!(redacted(line_of(&worker, &unauthorized)), @r#"
    {
      "code": "unauthorized",
      "message": "request",
      "ms": {
        "total": "[ms]"
      },
      "request_id": "[request id]",
      "route": "ingest",
      "status": 401,
      "wasm_bytes": "[bytes]"
    }
    "#);
    for (answer, code) in [
        (post(&worker, "").json("[").send(), "invalid_json"),
        (post(&worker, "").json("[]").send(), "items_required"),
        (post(&worker, "?x=1").json("[]").send(), "invalid_option"),
        (worker.get(INGEST).send(), "method_not_allowed"),
        (worker.get("/nowhere").send(), "not_found"),
    ] {
        assert_eq!(line_of(&worker, &answer)["code"], code);
    }
    let health = worker.get("/health").send();
    insta::assert_json_snapshot!(redacted(line_of(&worker, &health)), @r#"
    {
      "message": "request",
      "ms": {
        "db": "[ms]",
        "total": "[ms]"
      },
      "request_id": "[request id]",
      "route": "health",
      "status": 200,
      "wasm_bytes": "[bytes]"
    }
    "#);
}

fn stages(line: &Value) -> Vec<&str> {
    let ms = line["ms"].as_object().expect("stages");
    ms.keys().map(String::as_str).collect()
}

/// Timing matters most for failures.
#[test]
fn failed_stage_is_logged_with_its_duration() {
    let worker = Worker::start();
    let no_gzip = post(&worker, "")
        .header("content-encoding", "gzip")
        .json("no gzip");
    let line = line_of(&worker, &no_gzip.send());
    assert_eq!(stages(&line), ["read", "total"]);
    let line = line_of(&worker, &post(&worker, "").json("[").send());
    assert_eq!(stages(&line), ["parse", "read", "total"]);
    worker.execute("DROP TABLE jobs");
    let body = items(&json!([{ "externalId": "a" }]));
    let line = line_of(&worker, &post(&worker, "").json(body).send());
    assert_eq!(stages(&line), ["db", "parse", "read", "total"]);
    let line = line_of(&worker, &worker.get("/health").send());
    assert_eq!(stages(&line), ["db", "total"]);
}

/// The counts of a dry run are hypothetical, so the line is marked.
#[test]
fn dry_run_is_marked_in_the_log() {
    let worker = Worker::start();
    let postings = json!([{ "externalId": "a" }]);
    let dry = line_of(&worker, &send(&worker, "?dry_run=true", &postings));
    assert_eq!(
        (&dry["dry_run"], &dry["inserted"]),
        (&json!(true), &json!(1))
    );
    let real = line_of(&worker, &send(&worker, "", &postings));
    assert_eq!((real.get("dry_run"), &real["inserted"]), (None, &json!(1)));
}

/// Whatever the outcome, the log contains no text of a posting.
#[test]
fn tokens_and_posting_texts_are_never_logged() {
    let worker = Worker::start();
    let mark = "c0nfidential";
    let posting = |title: Value| {
        json!({
            "externalId": format!("{mark}-id"), "title": title, "salary": mark,
            "description": mark, "unknown": mark,
        })
    };
    let good = items(&json!([posting(json!(mark))]));
    let invalid = items(&json!([posting(json!([mark]))]));
    let not_json = format!("[\"{mark}\" {mark}]");
    let wrong_number =
        format!(r#"[{{"externalId":"a","companyId":"{mark}","isFeatured":"{mark}"}}]"#);
    let answers: Vec<Answer> = ["", "?on_error=skip", "?dry_run=true"]
        .into_iter()
        .flat_map(|query| {
            [&good, &invalid, &not_json, &wrong_number]
                .map(|body| post(&worker, query).json(body.clone()).send())
        })
        .collect();
    worker
        .execute("CREATE TRIGGER fault BEFORE UPDATE ON jobs BEGIN SELECT RAISE(ABORT, 'x'); END");
    let fault = post(&worker, "?touch=true").json(good).send();
    assert_eq!(fault.status, 500);
    for answer in answers.iter().chain([&fault]) {
        line_of(&worker, answer);
    }
    for line in worker.logs().lines() {
        assert!(!line.message.contains(mark), "{}", line.message);
        assert!(!line.message.contains(TOKEN), "{}", line.message);
    }
}
