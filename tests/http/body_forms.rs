//! The forms of a body: `{"items":[…]}`, a bare array, NDJSON, and each compressed with gzip.

use jobs_ingest_tests::Worker;
use serde_json::{Value, json};

use crate::support::{Counts, counts, findings, gzip, post, redacted, refused};

const NDJSON_TYPES: [&str; 7] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonl",
    "application/jsonlines",
    "application/x-jsonlines",
    // Classified by its first line.
    "application/octet-stream",
];

/// Two postings in each form: its name, its Content-Type, its text.
fn forms() -> Vec<(&'static str, &'static str, String)> {
    let (a, b) = (r#"{"externalId":"a"}"#, r#"{"externalId":"b"}"#);
    let mut forms = vec![
        (
            "items",
            "application/json",
            format!(r#"{{"items":[{a},{b}]}}"#),
        ),
        ("a bare array", "application/json", format!("[{a},{b}]")),
        (
            "items among other members",
            "application/json",
            format!(r#"{{"meta":{{"items":[1]}},"items":[{a},{b}],"next":null}}"#),
        ),
        (
            "white space everywhere",
            "application/json",
            format!("\r\n\t {{ \"items\" :\n[ {a}\n,\t{b} ] }} \n"),
        ),
        (
            "a byte order mark",
            "application/json",
            format!("\u{feff}[{a},{b}]"),
        ),
        (
            "bytes",
            "application/octet-stream",
            format!(r#"{{"meta":{{}},"items":[{a},{b}]}}"#),
        ),
        (
            "bytes over lines",
            "application/octet-stream",
            format!("{{\n\"items\": [\n{a},\n{b}\n]\n}}"),
        ),
    ];
    for ndjson in NDJSON_TYPES {
        forms.push(("lines", ndjson, format!("{a}\n{b}\n")));
    }
    let ndjson = NDJSON_TYPES[0];
    forms.push(("no newline at the end", ndjson, format!("{a}\n{b}")));
    forms.push((
        "blank lines",
        ndjson,
        format!("\n\n{a}\n \t\n\r\n{b}\n\n\n"),
    ));
    forms.push(("CRLF", ndjson, format!("{a}\r\n{b}\r\n")));
    forms
}

#[test]
fn accepts_every_form_plain_and_as_gzip() {
    let worker = Worker::start();
    let all_new = Counts {
        received: 2,
        inserted: 2,
        ..Counts::default()
    };
    for (name, content_type, body) in forms() {
        for is_gzip in [false, true] {
            worker.execute("DELETE FROM jobs");
            let request = post(&worker, "").header("content-type", content_type);
            let request = match is_gzip {
                true => request.header("content-encoding", "gzip").body(gzip(&body)),
                false => request.body(body.clone()),
            };
            let what = format!("{name} as {content_type}, gzip: {is_gzip}");
            assert_eq!(counts(&request.send()), all_new, "{what}");
            assert_eq!(
                worker.sql("SELECT external_id AS id FROM jobs ORDER BY id"),
                json!([{ "id": "a" }, { "id": "b" }]),
                "{what}"
            );
        }
    }
}

#[test]
fn body_without_postings_is_400() {
    let worker = Worker::start();
    let json = [
        "",
        " \n",
        "{}",
        "[]",
        "null",
        "17",
        r#""items""#,
        r#"{"items":[]}"#,
        r#"{"items":null}"#,
        r#"{"items":{}}"#,
        r#"{"items":"[]"}"#,
        r#"{"Items":[{"externalId":"a"}]}"#,
        r#"{"data":{"items":[{"externalId":"a"}]}}"#,
        r#"{"items":[{"externalId":"a"}],"items":[]}"#,
    ]
    .map(|body| ("application/json", body));
    let lines = ["", "\n \n\r\n"].map(|body| ("application/x-ndjson", body));
    for (content_type, body) in json.into_iter().chain(lines) {
        for is_gzip in [false, true] {
            let request = post(&worker, "").header("content-type", content_type);
            let request = match is_gzip {
                true => request.header("content-encoding", "gzip").body(gzip(body)),
                false => request.body(body),
            };
            let answer = refused(&worker, request, 400, "items_required");
            let error = &answer.json()["error"];
            assert_eq!(error, "items[] is required and must be non-empty", "{body}");
        }
    }
    let nothing_at_all = post(&worker, "");
    let answer = refused(&worker, nothing_at_all, 400, "items_required");
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "code": "items_required",
      "detail": "the body is empty; send {\"items\":[…]}, a bare array […], or NDJSON with Content-Type application/x-ndjson, with at least one posting",
      "error": "items[] is required and must be non-empty",
      "request_id": "[request id]",
      "status": 400,
      "success": false,
      "title": "items[] is required and must be non-empty",
      "type": "urn:jobs-ingest:problem:items_required"
    }
    "#);
}

#[test]
fn each_item_that_is_not_an_object_is_an_error() {
    let worker = Worker::start();
    let body = r#"[{"externalId":"a"},null,1,"b",true,[{"externalId":"c"}]]"#;
    let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
    insta::assert_snapshot!(findings(&answer, "errors"), @"
    wrong_type: items[1] is null, expected an object
    wrong_type: items[2] is a number, expected an object
    wrong_type: items[3] is a string, expected an object
    wrong_type: items[4] is a boolean, expected an object
    wrong_type: items[5] is an array, expected an object
    ");
    for error in answer.json()["errors"].as_array().expect("a list") {
        assert_eq!(
            (&error["field"], &error["externalId"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[test]
fn json_document_sent_as_ndjson_is_rejected_as_a_whole() {
    let worker = Worker::start();
    for body in [
        "{\n  \"externalId\": \"a\"\n}\n",
        "[\n{\"externalId\":\"a\"},\n{\"externalId\":\"b\"}\n]\n",
        "{\"items\":[{\"externalId\":\"a\"}]}",
    ] {
        for query in ["", "?on_error=skip"] {
            let request = post(&worker, query).header("content-type", "application/x-ndjson");
            let answer = refused(&worker, request.body(body), 400, "invalid_json");
            let detail = "this is one JSON document, not NDJSON: send it as application/json \
                          (line 1, column 1)";
            assert_eq!(answer.json()["detail"], detail, "{body}");
        }
    }
}

#[test]
fn items_that_are_an_object_are_reported() {
    let worker = Worker::start();
    let body = r#"{"items":{"a":{"externalId":"a"}}}"#;
    let answer = refused(&worker, post(&worker, "").json(body), 400, "items_required");
    let detail = answer.json()["detail"].clone();
    let detail = detail.as_str().expect("a text");
    assert!(
        detail.starts_with("`items` is an object, expected an array; send "),
        "{detail}"
    );
}

#[test]
fn ndjson_sent_as_json_is_rejected_with_its_position() {
    let worker = Worker::start();
    let body = "{\"externalId\":\"a\"}\n{\"externalId\":\"b\"}\n";
    let answer = refused(&worker, post(&worker, "").json(body), 400, "invalid_json");
    assert_eq!(
        answer.json()["detail"],
        "a second JSON document follows: send NDJSON as application/x-ndjson (line 2, column 1)"
    );
}
