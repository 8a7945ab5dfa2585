//! Bodies that are not JSON, not UTF-8, or unusual JSON.

use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::json;

use crate::support::{Counts, counts, findings, post, redacted, refused, run_id, table};

#[test]
fn invalid_json_is_400_with_line_and_column() {
    let worker = Worker::start();
    let mut details = Vec::new();
    for body in [
        "{",
        "[",
        "[{\"externalId\":\"a\"},]",
        "[{\"externalId\":\"a\"}",
        "[{\"externalId\":\"a\"}]]",
        "[{\"externalId\":\"a\"}\n {\"externalId\":\"b\"}]",
        "{\"items\":[{\"externalId\":\"a\",\n\"title\":\"é😀\" x}]}",
        "{'items':[]}",
        "{\"items\":[{\"externalId\":01}]}",
        "{\"items\":[{\"externalId\":NaN}]}",
        "{\"items\":[{\"externalId\":.5}]}",
        "{\"items\":[{\"externalId\":\"a\",}]}",
        "{\"items\":[{\"externalId\":\"a\nb\"}]}",
        "{\"items\":[{\"externalId\":\"a\0\"}]}",
        "{\"items\":[{\"externalId\":\"\\x41\"}]}",
        "{\"items\":[{\"externalId\":\"\\u12\"}]}",
        "{\"items\":[{\"externalId\":\"a\"}],\"next\":tru}",
        "// a comment\n[]",
        "externalId=a&title=b",
        "<html></html>",
    ] {
        let answer = refused(&worker, post(&worker, "").json(body), 400, "invalid_json");
        details.push(answer.json()["detail"].as_str().expect("a text").to_owned());
    }
    insta::assert_snapshot!(details.join("\n"), @r#"
    the body was cut off, its JSON does not end (line 1, column 2)
    the body was cut off, its JSON does not end (line 1, column 2)
    items[0]: trailing comma before `]` (line 1, column 21)
    items[0]: the body was cut off, its JSON does not end (line 1, column 20)
    expected the end of the text, found `]` (line 1, column 21)
    items[0]: missing comma before `{` (line 2, column 2)
    items[0].title: expected `,` or `}`, found `x`: a quote in a string has to be written as \" (line 2, column 14)
    JSON takes double quotes, not single quotes (line 1, column 2)
    items[0].externalId: expected `,` or `}`, found `1` (line 1, column 26)
    items[0].externalId: NaN is not JSON, send null (line 1, column 25)
    items[0].externalId: expected a value, found `.` (line 1, column 25)
    items[0].externalId: trailing comma before `}` (line 1, column 29)
    items[0].externalId: a line break in a string has to be written as \n (line 1, column 27)
    items[0].externalId: U+0000 in a string has to be written as \u0000 (line 1, column 27)
    items[0].externalId: expected one of `"\/bfnrtu` after a backslash, found `x` (line 1, column 27)
    items[0].externalId: expected four hexadecimal digits after `\u`, found `"` (line 1, column 30)
    next: tru is not JSON, a text needs double quotes (line 1, column 38)
    JSON has no comments (line 1, column 1)
    externalId is not JSON, a text needs double quotes (line 1, column 1)
    this is HTML or XML, not JSON (line 1, column 1)
    "#);
    let answer = post(&worker, "").json("{\n  \"items\": [1 2]\n}").send();
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "code": "invalid_json",
      "detail": "items[0]: expected `,` or `]`, found `2` (line 2, column 15)",
      "error": "Invalid JSON",
      "request_id": "[request id]",
      "status": 400,
      "success": false,
      "title": "Invalid JSON",
      "type": "urn:jobs-ingest:problem:invalid_json"
    }
    "#);
}

/// Nothing before the fault is written, whatever `on_error` is.
#[test]
fn fault_at_the_end_rejects_everything() {
    let worker = Worker::start();
    for query in ["", "?on_error=skip"] {
        let body = "[{\"externalId\":\"a\"},{\"externalId\":\"b\"";
        refused(
            &worker,
            post(&worker, query).json(body),
            400,
            "invalid_json",
        );
    }
    assert_eq!(table(&worker), json!([]));
}

#[test]
fn invalid_utf_8_is_400_with_line_and_column() {
    let worker = Worker::start();
    let around = |bytes: &[u8]| {
        let (before, after) = ("[{\"externalId\":\"a\",\n\"title\":\"é", "\"}]");
        [before.as_bytes(), bytes, after.as_bytes()].concat()
    };
    let utf_16: Vec<u8> = "[{}]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let title = |why: &str, column| format!("items[0].title: {why} (line 2, column {column})");
    let byte = |byte: u8| format!("the byte 0x{byte:02X} is not UTF-8");
    for (what, body, detail) in [
        (
            "a continuation alone",
            around(b"\x80"),
            title(&byte(0x80), 11),
        ),
        ("Latin-1", around(b"caf\xe9"), title(&byte(0xe9), 14)),
        (
            "cut in a character",
            around(b"\xf0\x9f\x98"),
            title(&byte(0xf0), 11),
        ),
        (
            "too long a form",
            around(b"\xc0\x80"),
            title(&byte(0xc0), 11),
        ),
        (
            "a surrogate",
            around(b"\xed\xa0\x80"),
            title(&byte(0xed), 11),
        ),
        (
            "beyond U+10FFFF",
            around(b"\xf4\x90\x80\x80"),
            title(&byte(0xf4), 11),
        ),
        (
            "UTF-16",
            [&b"\xff\xfe"[..], &utf_16].concat(),
            "this is UTF-16 or binary: send the text as UTF-8 (line 1, column 1)".to_owned(),
        ),
        (
            "a cut at the end",
            b"[{\"externalId\":\"\xc3".to_vec(),
            "items[0].externalId: a character is cut off (line 1, column 17)".to_owned(),
        ),
    ] {
        let request = post(&worker, "?on_error=skip").json(body);
        let answer = refused(&worker, request, 400, "invalid_utf8");
        assert_eq!(answer.json()["detail"], detail, "{what}");
    }
}

#[test]
fn only_the_line_that_is_not_utf8_is_rejected() {
    let worker = Worker::start();
    let body = b"{\"externalId\":\"a\"}\n{\"externalId\":\"b\",\"title\":\"caf\xe9\"}\n{\"externalId\":\"c\"}\n";
    let send = |query| {
        let request = post(&worker, query).header("content-type", "application/x-ndjson");
        request.body(&body[..])
    };
    let message = "items[1].title: the byte 0xE9 is not UTF-8 (line 2, column 31)";
    let answer = refused(&worker, send(""), 400, "invalid_json");
    assert_eq!(answer.json()["detail"], message);

    let answer = send("?on_error=skip").send();
    let one_rejected = Counts {
        received: 3,
        inserted: 2,
        rejected: 1,
        ..Counts::default()
    };
    assert_eq!(counts(&answer), one_rejected);
    assert_eq!(
        findings(&answer, "errors"),
        format!("invalid_json: {message}")
    );
    assert_eq!(answer.json()["errors"][0]["line"], 2);
    let rejects = format!("/runs/{}/rejects", run_id(&answer));
    let kept = worker.get(&rejects).token(TOKEN).send().json();
    let text = "{\"externalId\":\"b\",\"title\":\"caf\u{fffd}\"}";
    assert_eq!(kept["items"], json!([text]));
}

/// Numbers are kept as text, so none is too large to read.
#[test]
fn numbers_beyond_a_double_are_errors_in_known_fields_only() {
    let worker = Worker::start();
    for number in ["1e400", "-1e400", "1e999999999999"] {
        for field in ["externalId", "salary", "companyId", "isFeatured", "title"] {
            let body = format!(r#"[{{"externalId":"a","{field}":{number}}}]"#);
            refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
        }
        let body = format!(r#"{{"next":{number},"items":[{{"externalId":"a","x":[{number}]}}]}}"#);
        let answer = post(&worker, "?dry_run=true").json(body).send();
        assert_eq!(counts(&answer).inserted, 1);
    }
}

#[test]
fn any_depth_is_skipped_or_a_wrong_type() {
    let worker = Worker::start();
    for n_levels in [300, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let deep = format!("{}1{}", open.repeat(n_levels), close.repeat(n_levels));
            let ignored = format!(r#"{{"deep":{deep},"items":[{{"externalId":"a","x":{deep}}}]}}"#);
            let answer = post(&worker, "?dry_run=true").json(ignored).send();
            assert_eq!(counts(&answer).inserted, 1, "{n_levels} {open}");

            let in_a_field = format!(r#"[{{"externalId":"a","title":{deep}}}]"#);
            let request = post(&worker, "").json(in_a_field);
            let answer = refused(&worker, request, 422, "invalid_items");
            assert!(findings(&answer, "errors").starts_with("wrong_type: items[0].title is an "));

            let unclosed = format!(r#"[{{"externalId":"a","x":{}"#, open.repeat(n_levels));
            refused(
                &worker,
                post(&worker, "").json(unclosed),
                400,
                "invalid_json",
            );
        }
        let only_brackets = format!("{}{}", "[".repeat(n_levels), "]".repeat(n_levels));
        let request = post(&worker, "").json(only_brackets);
        let answer = refused(&worker, request, 422, "invalid_items");
        let errors = findings(&answer, "errors");
        assert_eq!(
            errors,
            "wrong_type: items[0] is an array, expected an object"
        );
    }
}

#[test]
fn last_of_repeated_keys_wins() {
    let worker = Worker::start();
    let body = r#"{"items":[{}],"items":[{"title":1,"externalId":"a","t\u0069tle":"b"}]}"#;
    let one = Counts {
        received: 1,
        inserted: 1,
        ..Counts::default()
    };
    assert_eq!(counts(&post(&worker, "").json(body).send()), one);
    assert_eq!(table(&worker)[0]["title"], "b");
}

/// Dropping the lone surrogate would turn these keys into `title` and `items`.
#[test]
fn keys_with_lone_surrogates_are_unknown() {
    let worker = Worker::start();
    let body = r#"{"it\ud83dems":[{}],"items":[{"externalId":"a","title":"t","ti\udc00tle":"b"}],"\ud83ditems":[{}]}"#;
    assert_eq!(counts(&post(&worker, "").json(body).send()).inserted, 1);
    assert_eq!(table(&worker)[0]["title"], "t");
    let body = r#"{"it\ud83dems":[{"externalId":"b"}]}"#;
    refused(&worker, post(&worker, "").json(body), 400, "items_required");
}
