//! The three forms of a body, and errors of a body as a whole.

use jobs_ingest_core::field::Field;
use jobs_ingest_core::ingest::{BodyError, Rules, prepare};
use jobs_ingest_core::limits::MAX_ITEMS;
use jobs_ingest_core::media::BodyFormat;

use crate::request::{json, lines, ndjson, values};

#[test]
fn accepts_an_object_with_items_and_a_bare_array() {
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
fn missing_items_keep_the_error_of_the_replaced_function() {
    let found = |body: &str, format| {
        let error = prepare(body.as_bytes(), format, Rules::default()).err();
        let Some(BodyError::ItemsRequired(found)) = error else {
            panic!("{body}: {error:?}")
        };
        format!("{body:?}: {found}")
    };
    let json = [
        "",
        "  \n",
        "{}",
        "[]",
        "null",
        "7",
        "\"items\"",
        "{\"items\":[]}",
        "{\"items\":null}",
        "{\"items\":{\"a\":1}}",
        "{\"items\":\"[]\"}",
        "{\"items\":[{}],\"items\":[]}",
        "{\"n\":1,\"jobs\":[{}]}",
        "{\"externalId\":\"a\",\"tags\":[]}",
    ]
    .map(|body| found(body, BodyFormat::Json));
    let ndjson = found("\n \r\n", BodyFormat::Ndjson);
    insta::assert_snapshot!(format!("{}\n{ndjson}", json.join("\n")), @r#"
    "": the body is empty
    "  \n": the body is empty
    "{}": there is no `items`
    "[]": the array is empty
    "null": the body is null
    "7": the body is a number
    "\"items\"": the body is a string
    "{\"items\":[]}": `items` is empty
    "{\"items\":null}": `items` is null, expected an array
    "{\"items\":{\"a\":1}}": `items` is an object, expected an array
    "{\"items\":\"[]\"}": `items` is a string, expected an array
    "{\"items\":[{}],\"items\":[]}": `items` is empty
    "{\"n\":1,\"jobs\":[{}]}": there is no `items`; `jobs` is an array
    "{\"externalId\":\"a\",\"tags\":[]}": the body is a single posting
    "\n \r\n": the body is empty
    "#);
}

#[test]
fn invalid_json_is_located() {
    let message = |body: &str| match json(body) {
        Err(BodyError::InvalidJson(diagnosis)) => diagnosis.to_string(),
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
    items[0]: the body was cut off, its JSON does not end (line 1, column 20)
    items[0]: trailing comma before `]` (line 1, column 21)
    expected the end of the text, found `x` (line 1, column 16)
    items[0]: key `title` needs double quotes (line 2, column 23)
    this is HTML or XML, not JSON (line 1, column 1)
    items[0].externalId: the body was cut off, its JSON does not end (line 1, column 30)
    "
    );
}

#[test]
fn invalid_utf8_is_located() {
    let error = prepare(
        b"[\n{\"title\":\"\xff\"}]",
        BodyFormat::Json,
        Rules::default(),
    )
    .err();
    let Some(BodyError::InvalidUtf8(diagnosis)) = error else {
        panic!("{error:?}")
    };
    insta::assert_snapshot!(diagnosis, @"items[0].title: the byte 0xFF is not UTF-8 (line 2, column 11)");
}

#[test]
fn accepts_unknown_fields_of_any_depth() {
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    let prepared = json(&format!(r#"[{{"externalId":"a","x":{deep}}}]"#)).expect("a body");
    assert_eq!(prepared.n_rows, 1);
}

#[test]
fn ndjson_has_one_posting_per_line() {
    let prepared = ndjson("{\"externalId\":\"a\"}\r\n\n  \t\n{\"externalId\":\"b\"}");
    assert_eq!((prepared.n_received, prepared.n_rows), (2, 2));
    assert_eq!(values(&prepared, Field::ExternalId), ["a", "b"]);
}

#[test]
fn ndjson_findings_name_the_line() {
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
        "message": "items[2].externalId: the line ends within its posting; send each posting on one line (line 4, column 15)"
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
        "message": "items[4]: expected the end of the text, found `{` (line 6, column 4)"
      }
    ]
    "#);
    let first = prepared.first_bad_line.expect("a line that does not parse");
    assert_eq!((first.line, first.column), (4, 15));
}

#[test]
fn findings_follow_an_invalid_line() {
    let prepared = ndjson("nonsense\n{\"externalId\":\"b\"}\n");
    assert_eq!((prepared.n_rows, prepared.n_rejected), (1, 1));
    insta::assert_snapshot!(lines(&prepared.errors), @"invalid_json: items[0]: nonsense is not JSON, a text needs double quotes (line 1, column 1)");
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
