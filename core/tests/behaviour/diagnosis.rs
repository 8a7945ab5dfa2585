//! Bodies that are not JSON: the response names the posting, the field and the probable mistake.

use jobs_ingest_core::ingest::{BodyError, Diagnosis, Rules, prepare};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::OnError;
use proptest::prelude::*;

use crate::request::lines;

fn fault(body: &[u8], format: BodyFormat) -> Option<Diagnosis> {
    match prepare(body, format, Rules::default()) {
        Err(BodyError::InvalidJson(fault) | BodyError::InvalidUtf8(fault)) => Some(fault),
        Ok(prepared) => prepared.first_bad_line,
        Err(_) => None,
    }
}

/// The diagnoses of bodies, one per line.
fn faults<const N: usize>(format: BodyFormat, bodies: [&str; N]) -> String {
    bodies
        .map(|body| match fault(body.as_bytes(), format) {
            Some(fault) => fault.to_string(),
            None => panic!("{body} is good"),
        })
        .join("\n")
}

#[test]
fn names_posting_and_field() {
    let bodies = [
        r#"[{"title":"a"},{"externalId":"b","salary":NaN}]"#,
        r#"{"meta":[{},{}],"items":[{"title":"a"},{"salary":{"min":[1,x]}}]}"#,
        r#"{"items":[{"t\u0069tle":"a" "salary":1}]}"#,
        r#"{"items":[{"title":"a"},7 8]}"#,
        r#"{"items":[{}],"next":Infinity}"#,
        r#"{"items":[{}],"items":[{},{"a":tru}]}"#,
        "[\n  {\"externalId\": \"é\",\n   \"title\": .5}\n]",
        r#"[{"a_key_that_is_a_good_deal_longer_than_any_of_ours_is":+1}]"#,
        r#"{"items":[],"a":1] "#,
        "nonsense",
    ];
    insta::assert_snapshot!(faults(BodyFormat::Json, bodies), @r#"
    items[1].salary: NaN is not JSON, send null (line 1, column 43)
    items[1].salary: x is not JSON, a text needs double quotes (line 1, column 60)
    items[0].t\u0069tle: missing comma before `"` (line 1, column 29)
    items[1]: expected `,` or `]`, found `8` (line 1, column 27)
    next: Infinity is not JSON, send null (line 1, column 22)
    items[1].a: tru is not JSON, a text needs double quotes (line 1, column 32)
    items[0].title: expected a value, found `.` (line 3, column 13)
    items[0].a_key_that_is_a_good_deal_longer_than_an…: expected a value, found `+` (line 1, column 58)
    a: expected `,` or `}`, found `]` (line 1, column 18)
    nonsense is not JSON, a text needs double quotes (line 1, column 1)
    "#);
}

#[test]
fn recognizes_common_mistakes_in_json() {
    let bodies = [
        "{\"externalId\":\"a\"}\n{\"externalId\":\"b\"}\n",
        "[{\"externalId\":\"a\"},]",
        "[{\"externalId\":\"a\",\n}]",
        "// a comment\n[]",
        "[{\"externalId\":\"a\" /* the id */}]",
        "[{\"externalId\":1 # the id\n}]",
        "{'items':[]}",
        "[{\"externalId\":'a'}]",
        "[{“externalId”:1}]",
        "[{\"externalId\":„a“}]",
        "[{\"externalId\":\"a\",\"salary\":-Infinity}]",
        "[{\"externalId\":undefined}]",
        "[{\"externalId\":None}]",
        "[{\"isFeatured\":True}]",
        "[{\"isFeatured\":FALSE}]",
        "[{externalId:\"a\"}]",
        "[{\"externalId\":\"a\",\"title\":\"cut in the mi",
        "[{\"externalId\":\"a\",\"title\":nu",
        "[{\"externalId\":\"a\"},",
        "{\"items\":[{\"externalId\":\"a\"}]",
        "[{\"description\":\"one line\nand another\"}]",
        "[{\"description\":\"a\ttab\"}]",
        "[{\"title\":\"the \"best\" job\"}]",
        "[{\"title\":\"it\\'s\"}]",
        "[{\"externalId\":\"a\"}{\"externalId\":\"b\"}]",
        "<!DOCTYPE html>\n<html></html>",
        "\n<?xml version=\"1.0\"?><jobs/>",
        "[\0{\0}\0]\0",
        "\0[\0{\0}\0]",
    ];
    insta::assert_snapshot!(faults(BodyFormat::Json, bodies), @r#"
    a second JSON document follows: send NDJSON as application/x-ndjson (line 2, column 1)
    items[0]: trailing comma before `]` (line 1, column 21)
    items[0].externalId: trailing comma before `}` (line 2, column 1)
    JSON has no comments (line 1, column 1)
    items[0].externalId: JSON has no comments (line 1, column 20)
    items[0].externalId: JSON has no comments (line 1, column 18)
    JSON takes double quotes, not single quotes (line 1, column 2)
    items[0].externalId: JSON takes double quotes, not single quotes (line 1, column 16)
    items[0]: `“` is not a JSON quote, use `"` (line 1, column 3)
    items[0].externalId: `„` is not a JSON quote, use `"` (line 1, column 16)
    items[0].salary: -Infinity is not JSON, send null (line 1, column 30)
    items[0].externalId: undefined is not JSON, send null (line 1, column 16)
    items[0].externalId: None is not JSON, send null (line 1, column 16)
    items[0].isFeatured: True is not JSON, send true (line 1, column 16)
    items[0].isFeatured: FALSE is not JSON, send false (line 1, column 16)
    items[0]: key `externalId` needs double quotes (line 1, column 3)
    items[0].title: the body was cut off, its JSON does not end (line 1, column 42)
    items[0].title: the body was cut off, its JSON does not end (line 1, column 28)
    items[0]: the body was cut off, its JSON does not end (line 1, column 21)
    items: the body was cut off, its JSON does not end (line 1, column 30)
    items[0].description: a line break in a string has to be written as \n (line 1, column 26)
    items[0].description: U+0009 in a string has to be written as \u0009 (line 1, column 19)
    items[0].title: expected `,` or `}`, found `b`: a quote in a string has to be written as \" (line 1, column 17)
    items[0].title: expected one of `"\/bfnrtu` after a backslash, found `'` (line 1, column 15)
    items[0]: missing comma before `{` (line 1, column 20)
    this is HTML or XML, not JSON (line 1, column 1)
    this is HTML or XML, not JSON (line 1, column 1)
    this is UTF-16 or binary: send the text as UTF-8 (line 1, column 1)
    this is UTF-16 or binary: send the text as UTF-8 (line 1, column 1)
    "#);
}

#[test]
fn recognizes_common_mistakes_in_ndjson() {
    let bodies = [
        "[\n{\"externalId\":\"a\"},\n{\"externalId\":\"b\"}\n]\n",
        "{\n  \"externalId\": \"a\"\n}\n",
        "{\"items\":[{\"externalId\":\"a\"}]}\n",
        "[{\"externalId\":\"a\"},{\"externalId\":\"b\"}]",
        "{\"externalId\":\"a\"}\n\n{\"externalId\":\"b\",\"salary\":NaN}\n",
        "{\"externalId\":\"a\"}\n{\"externalId\":\"b\",\"title\":\"cut in the mi",
        "{\"externalId\":\"a\"},\n{\"externalId\":\"b\"}\n",
        "{\"externalId\":\"a\"} {\"externalId\":\"b\"}\n",
        "<html>\n{\"externalId\":\"a\"}\n</html>",
        "{\0}\0\n\0{\0}\0",
    ];
    insta::assert_snapshot!(faults(BodyFormat::Ndjson, bodies), @"
    this is one JSON document, not NDJSON: send it as application/json (line 1, column 1)
    this is one JSON document, not NDJSON: send it as application/json (line 1, column 1)
    this is one JSON document, not NDJSON: send it as application/json (line 1, column 1)
    this is one JSON document, not NDJSON: send it as application/json (line 1, column 1)
    items[1].salary: NaN is not JSON, send null (line 3, column 28)
    items[1].title: the line ends within its posting; send each posting on one line (line 2, column 41)
    items[0]: expected the end of the text, found `,` (line 1, column 19)
    items[0]: expected the end of the text, found `{` (line 1, column 20)
    this is HTML or XML, not JSON (line 1, column 1)
    this is UTF-16 or binary: send the text as UTF-8 (line 1, column 1)
    ");
}

#[test]
fn recognizes_other_encodings() {
    let utf_16: Vec<u8> = "\u{feff}[{}]"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\xff";
    for format in [BodyFormat::Json, BodyFormat::Ndjson] {
        for (body, wanted) in [
            (
                &utf_16[..],
                "this is UTF-16 or binary: send the text as UTF-8",
            ),
            (
                gzip,
                "this is gzip: compress it once, and send Content-Encoding: gzip",
            ),
        ] {
            let error = prepare(body, format, Rules::default()).err();
            let Some(BodyError::InvalidUtf8(fault)) = error else {
                panic!("{error:?}")
            };
            assert_eq!(fault.message, wanted);
        }
    }
}

#[test]
fn invalid_utf8_names_posting_and_field() {
    let body = b"[{},\n{\"title\":\"caf\xe9\"}]";
    let fault = |body| fault(body, BodyFormat::Json).expect("a fault").to_string();
    insta::assert_snapshot!(fault(body), @"items[1].title: the byte 0xE9 is not UTF-8 (line 2, column 14)");
    insta::assert_snapshot!(fault(b"[{\"title\":\"\xf0\x9f\x98"), @"items[0].title: a character is cut off (line 1, column 12)");
    // An earlier syntax error must not be named as the position of the byte.
    insta::assert_snapshot!(fault(b"[{\"title\":x},{},\"\xff\"]"), @"the byte 0xFF is not UTF-8 (line 1, column 18)");
}

#[test]
fn only_the_line_that_is_not_utf8_is_rejected() {
    let body = b"{\"externalId\":\"a\"}\n{\"externalId\":\"b\",\"title\":\"caf\xe9\"}\r\n\xff\n\n{\"externalId\":\"c\"}";
    let rules = Rules {
        keep_rejects: true,
        on_error: OnError::Skip,
        ..Rules::default()
    };
    let prepared = prepare(body, BodyFormat::Ndjson, rules).expect("a body with postings");
    assert_eq!(
        (prepared.n_received, prepared.n_rows, prepared.n_rejected),
        (4, 2, 2)
    );
    insta::assert_snapshot!(lines(&prepared.errors), @"
    invalid_json: items[1].title: the byte 0xE9 is not UTF-8 (line 2, column 31)
    invalid_json: items[2]: the byte 0xFF is not UTF-8 (line 3, column 1)
    ");
    insta::assert_snapshot!(prepared.first_bad_line.expect("a bad line"), @"items[1].title: the byte 0xE9 is not UTF-8 (line 2, column 31)");
    let kept = prepared.rejects.to_json().expect("rejects");
    let kept: serde_json::Value = serde_json::from_str(&kept).expect("JSON");
    insta::assert_snapshot!(kept["items"], @r#"["{\"externalId\":\"b\",\"title\":\"caf�\"}","�"]"#);
}

/// A line rejected for an invalid byte would become valid if it were re-encoded as JSON text.
#[test]
fn resent_rejects_are_rejected_again() {
    let body = b"{\"externalId\":\"b\",\"title\":\"caf\xe9\"}";
    let rules = Rules {
        keep_rejects: true,
        on_error: OnError::Skip,
        ..Rules::default()
    };
    let prepared = prepare(body, BodyFormat::Ndjson, rules).expect("a body with postings");
    let kept = prepared.rejects.to_json().expect("rejects");
    let again = prepare(kept.as_bytes(), BodyFormat::Json, rules).expect("a body with postings");
    assert_eq!((again.n_received, again.n_rejected), (1, 1));
}

/// The members of a posting as JSON: key and value.
fn posting() -> impl Strategy<Value = Vec<(String, String)>> {
    let value = prop_oneof![
        any::<i32>().prop_map(|n| n.to_string()),
        Just("null".to_owned()),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
        Just(r#"{"min":[1,{"items":[2]}],"max":{}}"#.to_owned()),
    ];
    prop::collection::vec(("[a-z]{1,8}|items", value), 1..5)
}

proptest! {
    #[test]
    fn every_body_is_diagnosed(
        bytes in prop::collection::vec(any::<u8>(), 0..64),
        text in "[\\[{}\\],:\"'\\\\ \nitems0a-nul<é“/]{0,40}",
    ) {
        for format in [BodyFormat::Json, BodyFormat::Ndjson] {
            for body in [&bytes[..], text.as_bytes(), &[text.as_bytes(), &bytes].concat()] {
                if let Some(fault) = fault(body, format) {
                    prop_assert!(!fault.message.is_empty());
                    let n_lines = body.split(|byte| *byte == b'\n').count();
                    prop_assert!((1..=n_lines).contains(&fault.line));
                    prop_assert!((1..=body.len() + 1).contains(&fault.column));
                }
            }
        }
    }

    /// Breaks a member of a posting with a byte that is invalid anywhere, or by ending the body.
    #[test]
    fn names_the_broken_posting_and_field(
        postings in prop::collection::vec(posting(), 1..6),
        broken in any::<(prop::sample::Index, prop::sample::Index, prop::sample::Index)>(),
        inserted in prop::option::of(prop::sample::select(vec![0x01, 0xff])),
        form in 0..3,
    ) {
        let index = broken.0.index(postings.len());
        let member = broken.1.index(postings[index].len());
        let (key, value) = &postings[index][member];
        let at = broken.2.index(value.len());
        let mut body = match form {
            0 => b"[".to_vec(),
            1 => b" {\"a\":[{\"b\":1}],\"items\" : [\n".to_vec(),
            _ => Vec::new(),
        };
        let between = if form == 2 { "\n" } else { " ,\n" };
        let mut offset = 0;
        for (number, posting) in postings.iter().enumerate() {
            body.extend(if number > 0 { between } else { "" }.bytes());
            body.push(b'{');
            for (place, (key, value)) in posting.iter().enumerate() {
                body.extend(if place > 0 { "," } else { "" }.bytes());
                body.extend(format!("\"{key}\":").bytes());
                if (number, place) == (index, member) {
                    offset = body.len() + at;
                }
                body.extend(value.bytes());
            }
            body.push(b'}');
        }
        body.extend(match form {
            0 => "]",
            1 => "],\"c\":null}",
            _ => "\n",
        }.bytes());
        let format = match form {
            2 => BodyFormat::Ndjson,
            _ => BodyFormat::Json,
        };
        match inserted {
            Some(byte) => body.insert(offset, byte),
            None => body.truncate(offset),
        }
        let fault = fault(&body, format).expect("a fault");
        let named = format!("items[{index}].{key}: ");
        prop_assert!(fault.message.starts_with(&named), "{named} in {fault}");
    }
}
