//! Own JSON and NDJSON.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::Json;
use jobs_ingest_feeds::{Completeness, Request, map};

fn rows(body: &str) -> String {
    let mapped = match map(&Request::new(Json), body.as_bytes()) {
        Ok(mapped) => mapped,
        Err(error) => return format!("error: {error}"),
    };
    let mut lines: Vec<String> = mapped
        .postings
        .iter()
        .map(|posting| serde_json::to_string(posting).unwrap())
        .collect();
    if !matches!(mapped.completeness, Completeness::Complete { .. }) {
        lines.push(format!("{:?}", mapped.completeness));
    }
    lines.extend(
        mapped
            .findings
            .warnings
            .iter()
            .map(|warning| warning.message.clone()),
    );
    lines.join("\n")
}

#[test]
fn list_items_and_lines_give_the_same_rows() {
    let list = rows(r#"[{"externalId":1,"x":[1,{"a":"]\"}"}]},{"external_id":"b"}]"#);
    assert_snapshot!(list, @r#"
    {"externalId":1,"x":[1,{"a":"]\"}"}]}
    {"external_id":"b"}
    "#);
    assert_eq!(
        rows(
            r#"{"source":{"a":1},"items":[{"externalId":1,"x":[1,{"a":"]\"}"}]},{"external_id":"b"}],"n":2}"#
        ),
        list
    );
    assert_eq!(
        rows("{\"externalId\":1,\"x\":[1,{\"a\":\"]\\\"}\"}]}\n\n{\"external_id\":\"b\"}\r\n"),
        list
    );
    assert_eq!(
        rows(
            "\u{feff}{\n  \"externalId\": 1,\n  \"x\":[1,{\"a\":\"]\\\"}\"}]\n}\n{\"external_id\":\"b\"}"
        ),
        list
    );
}

#[test]
fn values_are_passed_on_as_written() {
    assert_snapshot!(rows(r#"{"externalId":12345678901234567890123,"title":null,"salary":1.50,"isFeatured":"yes"}"#), @r#"{"externalId":12345678901234567890123,"title":null,"salary":1.50,"isFeatured":"yes"}"#);
}

#[test]
fn invalid_line_is_one_unusable_row() {
    assert_snapshot!(rows("{\"externalId\":1}\n{\"externalId\":\n{\"externalId\":3,\"salary\":NaN,}\n7\n"), @r#"
    {"externalId":1}
    {"externalId":3,"salary":null}
    Incomplete { why: Hidden { rows: 2 } }
    unreadable: EOF while parsing a value at line 2 column 0
    not JSON (expected value at line 1 column 26), and repaired
    unreadable: not an object
    "#);
}

#[test]
fn repeated_ids_are_left_to_the_worker() {
    assert_snapshot!(rows(r#"[{"externalId":"a","title":"1"},{"externalId":"a","title":"2"}]"#), @r#"
    {"externalId":"a","title":"1"}
    {"externalId":"a","title":"2"}
    "#);
}

#[test]
fn rejects_other_documents() {
    for body in [
        "",
        "   \n ",
        "[",
        r#"[{"externalId":1}"#,
        r#"{"items":{"externalId":1}}"#,
        "<html>",
        "7",
        r#"[{"id":1}]"#,
        r#"[{"externalId":1}] x"#,
        r#"{"items":[{"externalId":1}]}{"#,
        r#"{"externalId" 1}"#,
    ] {
        insta::allow_duplicates! { assert!(rows(body).starts_with("error: "), "{body}: {}", rows(body)); }
    }
    assert_snapshot!(rows(r#"{"items":{"externalId":1}}"#), @"error: the body is not JSON: expected the list of `items`, found `{`");
    assert_snapshot!(rows(r#"[{"externalId":1}"#), @"error: the body ends in the middle of JSON: it is truncated");
    assert_snapshot!(rows(r#"[{"id":1}]"#), @"error: the body is not json: expected JSON objects with `externalId` (or `external_id`), found rows without an id");
}
