//! Each field from the request to the stored row: defaults, what is accepted, both sides of limits.
//! The rules one by one are tested in core; here, that they hold on the whole way.

use jobs_ingest_tests::Worker;
use serde_json::{Map, Value, json};

use crate::support::{
    assert_is_utc_with_milliseconds, counts, findings, items, post, refused, send, table,
};

/// The column of a field.
fn column(field: &str) -> &'static str {
    match field {
        "externalId" => "external_id",
        "title" => "title",
        "companyId" => "company_id",
        "categoryId" => "category_id",
        "location" => "location",
        "salary" => "salary",
        "description" => "description",
        "jobType" => "job_type",
        "workMode" => "work_mode",
        "isFeatured" => "is_featured",
        "source" => "source",
        other => panic!("no field {other}"),
    }
}

/// All fields but the key, with the value that stands in the row when the field is not sent.
fn defaults() -> [(&'static str, Value); 10] {
    [
        ("title", json!("")),
        ("companyId", json!(1)),
        ("categoryId", json!(1)),
        ("location", json!(null)),
        ("salary", json!(null)),
        ("description", json!(null)),
        ("jobType", json!("Full-time")),
        ("workMode", json!("On-site")),
        ("isFeatured", json!(0)),
        ("source", json!("manual")),
    ]
}

/// `{"items":[{"externalId":"0",field:value},{"externalId":"1",field:value},…]}` of JSON texts,
/// which may be numbers that serde_json would change.
fn body_of(fields: &[(&str, &str)]) -> String {
    let postings: Vec<String> = fields
        .iter()
        .enumerate()
        .map(|(number, (field, value))| format!(r#"{{"externalId":"{number}","{field}":{value}}}"#))
        .collect();
    format!(r#"{{"items":[{}]}}"#, postings.join(","))
}

#[test]
fn what_is_missing_null_or_empty_gets_the_default() {
    let worker = Worker::start();
    let all = |value: Value| -> Map<String, Value> {
        let fields = defaults().map(|(field, _)| (field.to_owned(), value.clone()));
        fields.into_iter().collect()
    };
    let mut postings = vec![
        json!({}),
        Value::Object(all(json!(null))),
        Value::Object(all(json!(""))),
    ];
    for (posting, id) in postings.iter_mut().zip(["missing", "null", "empty"]) {
        posting["externalId"] = json!(id);
    }
    let answer = send(&worker, "", &json!(postings));
    assert_eq!(counts(&answer).inserted, 3);
    for row in table(&worker).as_array().expect("rows") {
        for (field, default) in defaults() {
            assert_eq!(row[column(field)], default, "{field} in {row}");
        }
    }
}

#[test]
fn a_whole_posting_is_stored_as_sent() {
    let worker = Worker::start();
    let posting = json!({
        "externalId": "x-1", "title": "T", "companyId": 2, "location": "L", "salary": "S",
        "description": "D", "jobType": "J", "workMode": "W", "categoryId": 3, "isFeatured": true,
        "source": "feed", "unknown": { "nested": [1, { "title": "not this" }] }, "id": 99,
        "ingestedAt": "2001-01-01", "external_id": "not this",
    });
    assert_eq!(counts(&send(&worker, "", &json!([posting]))).inserted, 1);
    let mut rows = table(&worker);
    for time in ["ingested_at", "created_at"] {
        let text = rows[0][time].as_str().expect("a time").to_owned();
        assert_is_utc_with_milliseconds(&text);
        rows[0][time] = json!("[time]");
    }
    insta::assert_json_snapshot!(rows, @r#"
    [
      {
        "category_id": 3,
        "company_id": 2,
        "content_hash": "BZs-UJg_ABF",
        "created_at": "[time]",
        "description": "D",
        "external_id": "x-1",
        "id": 1,
        "ingested_at": "[time]",
        "is_featured": 1,
        "job_type": "J",
        "location": "L",
        "salary": "S",
        "source": "feed",
        "title": "T",
        "work_mode": "W"
      }
    ]
    "#);
}

#[test]
fn accepted_values_become_what_the_table_says() {
    let worker = Worker::start();
    let cases = [
        ("salary", "85000", json!("85000")),
        ("salary", "1.50", json!("1.5")),
        ("salary", "1e3", json!("1000")),
        ("salary", r#""10–12 €""#, json!("10–12 €")),
        ("companyId", "7", json!(7)),
        ("companyId", r#""7""#, json!(7)),
        ("companyId", "0", json!(1)),
        ("companyId", r#""0""#, json!(1)),
        (
            "companyId",
            "9007199254740991",
            json!(9_007_199_254_740_991_u64),
        ),
        (
            "categoryId",
            r#""9007199254740991""#,
            json!(9_007_199_254_740_991_u64),
        ),
        ("categoryId", "12.0", json!(12)),
        ("isFeatured", "true", json!(1)),
        ("isFeatured", "false", json!(0)),
        ("isFeatured", "1", json!(1)),
        ("isFeatured", "0", json!(0)),
        ("isFeatured", r#""true""#, json!(1)),
        ("isFeatured", r#""false""#, json!(0)),
        ("title", r#"" kept as it is ""#, json!(" kept as it is ")),
        ("unknown", r#"{"any":["thing",1e400]}"#, json!(null)),
    ];
    let body = body_of(&cases.clone().map(|(field, value, _)| (field, value)));
    let answer = post(&worker, "").json(body).send();
    assert_eq!(counts(&answer).inserted, cases.len() as u64);
    assert_eq!(answer.json()["warnings"], json!([]));
    let rows = table(&worker);
    for (row, (field, sent, stored)) in cases.iter().enumerate() {
        if *field != "unknown" {
            assert_eq!(rows[row][column(field)], *stored, "{field}: {sent}");
        }
    }
}

#[test]
fn other_values_are_errors_all_found_in_one_pass() {
    let worker = Worker::start();
    let body = body_of(&[
        ("title", "1"),
        ("title", "true"),
        ("location", "[]"),
        ("salary", "{}"),
        ("salary", "1e400"),
        ("description", "17"),
        ("jobType", "false"),
        ("workMode", "{}"),
        ("source", "1.5"),
        ("companyId", "-1"),
        ("companyId", "1.5"),
        ("companyId", "true"),
        ("companyId", "9007199254740992"),
        ("companyId", "1e400"),
        ("categoryId", r#""abc""#),
        ("categoryId", r#""9007199254740992""#),
        ("categoryId", r#""1 ""#),
        ("isFeatured", "2"),
        ("isFeatured", r#""yes""#),
        ("isFeatured", "[]"),
    ]);
    let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
    insta::assert_snapshot!(findings(&answer, "errors"), @r#"
    wrong_type: items[0].title is a number, expected a string
    wrong_type: items[1].title is a boolean, expected a string
    wrong_type: items[2].location is an array, expected a string
    wrong_type: items[3].salary is an object, expected a string or a number
    out_of_range: items[4].salary is 1e400, beyond the largest number
    wrong_type: items[5].description is a number, expected a string
    wrong_type: items[6].jobType is a boolean, expected a string
    wrong_type: items[7].workMode is an object, expected a string
    wrong_type: items[8].source is a number, expected a string
    out_of_range: items[9].companyId is -1, expected 1 to 9007199254740991
    not_an_integer: items[10].companyId is 1.5, expected an integer
    wrong_type: items[11].companyId is a boolean, expected an integer or its text
    out_of_range: items[12].companyId is 9007199254740992, expected 1 to 9007199254740991
    out_of_range: items[13].companyId is 1e400, expected 1 to 9007199254740991
    not_an_integer: items[14].categoryId is "abc", expected an integer
    out_of_range: items[15].categoryId is "9007199254740992", expected 1 to 9007199254740991
    not_an_integer: items[16].categoryId is "1 ", expected an integer
    invalid_value: items[17].isFeatured is 2, expected true, false, 0 or 1
    invalid_value: items[18].isFeatured is "yes", expected true, false, 0 or 1
    wrong_type: items[19].isFeatured is an array, expected true, false, 0 or 1
    "#);
}

#[test]
fn every_error_of_a_posting_is_listed_with_its_id() {
    let worker = Worker::start();
    let posting = json!({
        "externalId": "bad", "title": 1, "companyId": -1, "isFeatured": 2, "location": "\0",
    });
    let body = items(&json!([{ "externalId": "good" }, posting]));
    let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
    insta::assert_json_snapshot!(answer.json()["errors"], @r#"
    [
      {
        "code": "wrong_type",
        "externalId": "bad",
        "field": "title",
        "index": 1,
        "message": "items[1].title is a number, expected a string"
      },
      {
        "code": "out_of_range",
        "externalId": "bad",
        "field": "companyId",
        "index": 1,
        "message": "items[1].companyId is -1, expected 1 to 9007199254740991"
      },
      {
        "code": "nul_character",
        "externalId": "bad",
        "field": "location",
        "index": 1,
        "message": "items[1].location contains U+0000"
      },
      {
        "code": "invalid_value",
        "externalId": "bad",
        "field": "isFeatured",
        "index": 1,
        "message": "items[1].isFeatured is 2, expected true, false, 0 or 1"
      }
    ]
    "#);
}

#[test]
fn an_id_is_required_and_a_string_or_number() {
    let worker = Worker::start();
    let ids = [
        "null",
        r#""""#,
        r#"" \t\u00a0""#,
        "true",
        "[]",
        "{}",
        "1e400",
        r#""a\u0000""#,
    ];
    let postings: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"externalId":{id}}}"#))
        .chain(["{}".to_owned()])
        .collect();
    let body = format!("[{}]", postings.join(","));
    let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
    insta::assert_snapshot!(findings(&answer, "errors"), @"
    missing: items[0].externalId is null
    missing: items[1].externalId is empty
    missing: items[2].externalId is empty
    wrong_type: items[3].externalId is a boolean, expected a string or a number
    wrong_type: items[4].externalId is an array, expected a string or a number
    wrong_type: items[5].externalId is an object, expected a string or a number
    out_of_range: items[6].externalId is 1e400, beyond the largest number
    nul_character: items[7].externalId contains U+0000
    missing: items[8].externalId is missing
    ");
}

#[test]
fn an_id_is_stored_trimmed_and_a_number_as_its_text() {
    let worker = Worker::start();
    let cases = [
        (r#"" a b\t""#, "a b"),
        ("17", "17"),
        ("-0", "0"),
        ("1.50", "1.5"),
        ("1e21", "1e+21"),
        ("1e-7", "1e-7"),
        ("9007199254740993", "9007199254740993"),
        (
            "123456789012345678901234567890",
            "123456789012345678901234567890",
        ),
    ];
    let postings = cases.map(|(id, _)| format!(r#"{{"externalId":{id}}}"#));
    let body = format!("[{}]", postings.join(","));
    assert_eq!(counts(&post(&worker, "").json(body).send()).inserted, 8);
    let expected = cases.map(|(_, stored)| json!({ "external_id": stored }));
    assert_eq!(
        worker.sql("SELECT external_id FROM jobs ORDER BY id"),
        json!(expected)
    );
    // A number and its text are one id.
    let again = counts(&post(&worker, "").json(r#"[{"externalId":"17"}]"#).send());
    assert_eq!((again.inserted, again.unchanged), (0, 1));
}

/// Fields that are cut: their limit in characters.
const CUT: [(&str, usize); 2] = [("externalId", 100), ("title", 255)];

/// Fields whose longer texts are errors: their limit in characters.
const REFUSED: [(&str, usize); 5] = [
    ("location", 1_000),
    ("salary", 255),
    ("jobType", 100),
    ("workMode", 100),
    ("source", 100),
];

/// A posting with this text in this field.
fn with(field: &str, text: &str) -> Value {
    let mut posting = json!({ "externalId": "a" });
    posting[field] = json!(text);
    posting
}

#[test]
fn texts_at_their_limit_are_stored_whole() {
    let worker = Worker::start();
    for (field, limit) in CUT.into_iter().chain(REFUSED) {
        // Characters are Unicode scalar values: 4 bytes of UTF-8, two units of UTF-16.
        for character in ["x", "😀"] {
            worker.execute("DELETE FROM jobs");
            let text = character.repeat(limit);
            let answer = send(&worker, "", &json!([with(field, &text)]));
            assert_eq!(counts(&answer).inserted, 1, "{field}");
            assert_eq!(answer.json()["warnings"], json!([]), "{field}");
            assert_eq!(table(&worker)[0][column(field)], text, "{field}");
        }
    }
}

#[test]
fn one_character_more_is_cut_with_a_warning() {
    let worker = Worker::start();
    let mut warnings = Vec::new();
    for (field, limit) in CUT {
        for character in ["x", "😀"] {
            worker.execute("DELETE FROM jobs");
            let text = character.repeat(limit + 1);
            let answer = send(&worker, "", &json!([with(field, &text)]));
            assert_eq!(answer.status, 200, "a warning is no rejection");
            assert_eq!(counts(&answer).inserted, 1);
            warnings.push(findings(&answer, "warnings"));
            let stored = &table(&worker)[0][column(field)];
            assert_eq!(*stored, character.repeat(limit), "{field}");
        }
    }
    insta::assert_snapshot!(warnings.join("\n"), @"
    truncated: items[0].externalId is 101 characters, cut to 100
    truncated: items[0].externalId is 101 characters, cut to 100
    truncated: items[0].title is 256 characters, cut to 255
    truncated: items[0].title is 256 characters, cut to 255
    ");
}

#[test]
fn one_character_more_is_an_error_where_nothing_is_cut() {
    let worker = Worker::start();
    let mut errors = Vec::new();
    for (field, limit) in REFUSED {
        let body = items(&json!([with(field, &"é".repeat(limit + 1))]));
        let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
        errors.push(findings(&answer, "errors"));
    }
    insta::assert_snapshot!(errors.join("\n"), @"
    too_long: items[0].location is 1001 characters, the limit is 1000
    too_long: items[0].salary is 256 characters, the limit is 255
    too_long: items[0].jobType is 101 characters, the limit is 100
    too_long: items[0].workMode is 101 characters, the limit is 100
    too_long: items[0].source is 101 characters, the limit is 100
    ");
}

#[test]
fn a_description_has_its_limit_in_bytes_of_utf_8() {
    const LIMIT_BYTES: usize = 262_144;
    let worker = Worker::start();
    // \u0001 takes six bytes of JSON: the longest row there is.
    for text in [
        "x".repeat(LIMIT_BYTES),
        "é".repeat(LIMIT_BYTES / 2),
        "\u{1}".repeat(LIMIT_BYTES),
    ] {
        worker.execute("DELETE FROM jobs");
        let answer = send(&worker, "", &json!([with("description", &text)]));
        assert_eq!(counts(&answer).inserted, 1);
        assert!(table(&worker)[0]["description"] == text, "stored whole");
    }
    worker.execute("DELETE FROM jobs");
    for text in [
        "x".repeat(LIMIT_BYTES + 1),
        format!("{}é", "é".repeat(LIMIT_BYTES / 2)),
    ] {
        let body = items(&json!([with("description", &text)]));
        let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
        assert_eq!(
            findings(&answer, "errors"),
            format!(
                "too_long: items[0].description is {} bytes of UTF-8, the limit is {LIMIT_BYTES}",
                text.len()
            )
        );
    }
}

#[test]
fn a_nul_character_is_an_error_in_every_text() {
    let worker = Worker::start();
    let fields = ["externalId", "title", "location", "salary", "description"];
    for field in fields.into_iter().chain(["jobType", "workMode", "source"]) {
        for text in ["\0", "a\0b"] {
            let body = items(&json!([with(field, text)]));
            let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
            assert_eq!(
                findings(&answer, "errors"),
                format!("nul_character: items[0].{field} contains U+0000")
            );
        }
    }
}

#[test]
fn ids_that_become_equal_by_the_cut_are_errors() {
    let worker = Worker::start();
    let common = "x".repeat(100);
    let postings = json!([
        { "externalId": format!("{common}-first") },
        { "externalId": "other" },
        { "externalId": format!("{common}-second") },
    ]);
    let body = items(&postings);
    let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
    insta::assert_snapshot!(findings(&answer, "errors").replace(&common, "[100 x]"), @"
    id_collision: items[0].externalId becomes equal to that of items[2] when cut to 100 characters
    id_collision: items[2].externalId becomes equal to that of items[0] when cut to 100 characters
    ");
    assert_eq!(answer.json()["rejected"], 2);

    let skipped = counts(&send(&worker, "?on_error=skip", &postings));
    assert_eq!((skipped.inserted, skipped.rejected), (1, 2));
    assert_eq!(worker.n_rows(), 1);
}
