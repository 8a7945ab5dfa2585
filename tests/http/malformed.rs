//! Bodies that are not JSON, not UTF-8, or JSON of an unusual kind.

use jobs_ingest_tests::Worker;
use serde_json::json;

use crate::support::{Counts, counts, findings, post, redacted, refused, table};

#[test]
fn json_that_does_not_parse_is_a_400_with_line_and_column() {
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
    line 1, column 2: expected a key in double quotes, found the end of the text
    line 1, column 2: expected a value, found the end of the text
    line 1, column 21: expected a value, found `]`
    line 1, column 20: expected `,` or `]`, found the end of the text
    line 1, column 21: expected nothing more, found `]`
    line 2, column 2: expected `,` or `]`, found `{`
    line 2, column 14: expected `,` or `}`, found `x`
    line 1, column 2: expected a key in double quotes, found `'`
    line 1, column 26: expected `,` or `}`, found `1`
    line 1, column 25: expected a value, found `N`
    line 1, column 25: expected a value, found `.`
    line 1, column 29: expected a key in double quotes, found `}`
    line 1, column 27: expected control characters in strings to be escaped, found U+000A
    line 1, column 27: expected control characters in strings to be escaped, found U+0000
    line 1, column 27: expected one of `"\/bfnrtu` after a backslash, found `x`
    line 1, column 30: expected four hexadecimal digits after `\u`, found `"`
    line 1, column 38: expected a value, found `t`
    line 1, column 1: expected a value, found `/`
    line 1, column 1: expected a value, found `e`
    line 1, column 1: expected a value, found `<`
    "#);
    let answer = post(&worker, "").json("{\n  \"items\": [1 2]\n}").send();
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "code": "invalid_json",
      "detail": "line 2, column 15: expected `,` or `]`, found `2`",
      "error": "Invalid JSON",
      "request_id": "[request id]",
      "status": 400,
      "success": false,
      "title": "Invalid JSON",
      "type": "urn:jobs-ingest:problem:invalid_json"
    }
    "#);
}

/// Nothing of what stands before the fault is written, whatever `on_error` says.
#[test]
fn a_fault_at_the_end_refuses_all() {
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
fn wrong_utf_8_is_a_400_with_line_and_column() {
    let worker = Worker::start();
    let around = |bytes: &[u8]| {
        let (before, after) = ("[{\"externalId\":\"a\",\n\"title\":\"é", "\"}]");
        [before.as_bytes(), bytes, after.as_bytes()].concat()
    };
    let utf_16: Vec<u8> = "[{}]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (what, body, place) in [
        ("a continuation alone", around(b"\x80"), "line 2, column 11"),
        ("Latin-1", around(b"caf\xe9"), "line 2, column 14"),
        (
            "cut in a character",
            around(b"\xf0\x9f\x98"),
            "line 2, column 11",
        ),
        ("too long a form", around(b"\xc0\x80"), "line 2, column 11"),
        ("a surrogate", around(b"\xed\xa0\x80"), "line 2, column 11"),
        (
            "beyond U+10FFFF",
            around(b"\xf4\x90\x80\x80"),
            "line 2, column 11",
        ),
        (
            "UTF-16",
            [&b"\xff\xfe"[..], &utf_16].concat(),
            "line 1, column 1",
        ),
        (
            "a cut at the end",
            b"[{\"externalId\":\"\xc3".to_vec(),
            "line 1, column 17",
        ),
    ] {
        for content_type in ["application/json", "application/x-ndjson"] {
            let request = post(&worker, "?on_error=skip").header("content-type", content_type);
            let answer = refused(&worker, request.body(body.clone()), 400, "invalid_utf8");
            let detail = format!("{place}: the byte there is not UTF-8");
            assert_eq!(answer.json()["detail"], detail, "{what}");
        }
    }
}

/// The numbers are compared by their text, so none is too large to be read.
#[test]
fn numbers_beyond_a_double_are_an_error_where_a_field_is_a_number_and_ignored_elsewhere() {
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
fn any_depth_is_passed_over_or_a_wrong_type() {
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
fn of_a_key_that_comes_twice_the_last_value_counts() {
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
