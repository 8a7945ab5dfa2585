//! The three forms of a body and what is wrong with a body as a whole.

use jobs_ingest_core::field::Field;
use jobs_ingest_core::ingest::{BodyError, Rules, prepare};
use jobs_ingest_core::limits::MAX_ITEMS;
use jobs_ingest_core::media::BodyFormat;

use crate::request::{json, lines, ndjson, values};

#[test]
fn an_object_with_items_and_a_bare_array_are_the_same() {
    for body in [
        r#"{"items":[{"externalId":"a"}]}"#,
        r#"[{"externalId":"a"}]"#,
        "\u{feff} [ {\"externalId\" : \"a\"} ] \n",
        r#"{"meta":{"items":[1]},"items":[{"externalId":"a"}],"total":1}"#,
        r#"{"items":[7,7],"items":[{"externalId":"a"}]}"#,
        r#"{"\u0069tems":[{"externalId":"a"}]}"#,
    ] {
        let prepared = json(body).expect(body);
        assert_eq!((prepared.n_received, prepared.n_rows), (1, 1), "{body}");
    }
}

#[test]
fn without_items_the_old_error_is_given() {
    for body in [
        "",
        "  \n",
        "{}",
        "[]",
        "{\"items\":[]}",
        "{\"items\":null}",
        "{\"items\":{\"a\":1}}",
        "{\"jobs\":[{}]}",
        "null",
        "7",
        "\"items\"",
        "{\"items\":[{}],\"items\":[]}",
    ] {
        assert_eq!(json(body).err(), Some(BodyError::ItemsRequired), "{body}");
    }
    let empty = prepare(b"\n \r\n", BodyFormat::Ndjson, Rules::default());
    assert_eq!(empty.err(), Some(BodyError::ItemsRequired));
}

#[test]
fn json_that_does_not_parse_says_where() {
    let message = |body: &str| match json(body) {
        Err(BodyError::InvalidJson(place)) => place.to_string(),
        other => panic!("{body}: {other:?}"),
    };
    insta::assert_snapshot!(
        [
            "[{\"externalId\":\"a\"}", "[{\"externalId\":\"a\"},]", "{\"items\":[{}]} x",
            "[\n  {\"externalId\": \"é\", title: 1}\n]", "<html>", "[{\"externalId\":\"cut in the mi",
        ]
        .map(message)
        .join("\n"),
        @"
    line 1, column 20: expected `,` or `]`, found the end of the text
    line 1, column 21: expected a value, found `]`
    line 1, column 16: expected nothing more, found `x`
    line 2, column 23: expected a key in double quotes, found `t`
    line 1, column 1: expected a value, found `<`
    line 1, column 30: expected the end of the string, found the end of the text
    "
    );
}

#[test]
fn bytes_that_are_not_utf8_say_where() {
    let error = prepare(
        b"[\n{\"title\":\"\xff\"}]",
        BodyFormat::Json,
        Rules::default(),
    )
    .err();
    let Some(BodyError::InvalidUtf8(place)) = error else {
        panic!("{error:?}")
    };
    insta::assert_snapshot!(place, @"line 2, column 11: the byte there is not UTF-8");
}

#[test]
fn unknown_fields_may_be_as_deep_as_they_like() {
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    let prepared = json(&format!(r#"[{{"externalId":"a","x":{deep}}}]"#)).expect("a body");
    assert_eq!(prepared.n_rows, 1);
}

#[test]
fn ndjson_is_a_posting_a_line() {
    let prepared = ndjson("{\"externalId\":\"a\"}\r\n\n  \t\n{\"externalId\":\"b\"}");
    assert_eq!((prepared.n_received, prepared.n_rows), (2, 2));
    assert_eq!(values(&prepared, Field::ExternalId), ["a", "b"]);
}

#[test]
fn findings_of_ndjson_say_the_line() {
    let prepared = ndjson(
        "{\"externalId\":\"a\"}\n\n{\"externalId\":\"b\",\"title\":{}}\n{\"externalId\":\n[1]\n{} {}\n",
    );
    assert_eq!((prepared.n_received, prepared.n_rejected), (5, 4));
    insta::assert_json_snapshot!(prepared.errors.listed(), @r#"
    [
      {
        "index": 1,
        "line": 3,
        "externalId": "b",
        "field": "title",
        "code": "wrong_type",
        "message": "items[1].title is an object, expected a text or a number"
      },
      {
        "index": 2,
        "line": 4,
        "externalId": null,
        "field": null,
        "code": "invalid_json",
        "message": "items[2] does not parse: line 4, column 15: expected a value, found the end of the text"
      },
      {
        "index": 3,
        "line": 5,
        "externalId": null,
        "field": null,
        "code": "wrong_type",
        "message": "items[3] is an array, expected an object"
      },
      {
        "index": 4,
        "line": 6,
        "externalId": null,
        "field": null,
        "code": "invalid_json",
        "message": "items[4] does not parse: line 6, column 4: expected nothing more, found `{`"
      }
    ]
    "#);
    let first = prepared.first_bad_line.expect("a line that does not parse");
    assert_eq!((first.line, first.column), (4, 15));
}

#[test]
fn a_bad_line_does_not_hide_the_others() {
    let prepared = ndjson("nonsense\n{\"externalId\":\"b\"}\n");
    assert_eq!((prepared.n_rows, prepared.n_rejected), (1, 1));
    insta::assert_snapshot!(lines(&prepared.errors), @"invalid_json: items[0] does not parse: line 1, column 1: expected a value, found `n`");
}

#[test]
fn accepts_exactly_max_items() {
    let body = |n: usize| format!("[{}]", vec!["1"; n].join(","));
    let prepared = json(&body(MAX_ITEMS)).expect("a body");
    assert_eq!(prepared.n_received, MAX_ITEMS);
    assert_eq!(
        json(&body(MAX_ITEMS + 1)).err(),
        Some(BodyError::TooManyItems)
    );
    let lines = "1\n".repeat(MAX_ITEMS + 1);
    let error = prepare(lines.as_bytes(), BodyFormat::Ndjson, Rules::default()).err();
    assert_eq!(error, Some(BodyError::TooManyItems));
}
