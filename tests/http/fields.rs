//! Fields from the request to the stored row. core tests the rules one by one; these tests check
//! that they apply end to end. Rules for all fields are tested by walking the table.

use jobs_ingest_core::field::{FIELDS, FieldSpec, Kind};
use jobs_ingest_core::options::Defaults;
use jobs_ingest_tests::Worker;
use serde_json::{Map, Value, json};

use crate::support::{
    assert_is_utc_with_milliseconds, counts, findings, items, post, refused, send, table,
};

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).expect("JSON")
}

/// All fields, each with its own value.
fn whole(value: impl Fn(&FieldSpec) -> Value) -> Value {
    let fields = FIELDS.iter();
    let fields = fields.map(|spec| (spec.json_name.to_owned(), value(spec)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn example(spec: &FieldSpec) -> Value {
    parsed(spec.kind.example().sent)
}

/// The stored columns of the fields.
fn columns(row: &Value) -> Vec<(&'static str, Value)> {
    let value = |spec: &FieldSpec| (spec.column, comparable(&row[spec.column]));
    FIELDS.iter().map(value).collect()
}

/// The column and value stored for this JSON of a row.
fn stored(spec: &FieldSpec, json: &str) -> (&'static str, Value) {
    (spec.column, comparable(&parsed(json)))
}

/// 52000.0, as a REAL column returns it, becomes 52000.
fn comparable(value: &Value) -> Value {
    match value.as_f64() {
        Some(number) => json!(number),
        None => value.clone(),
    }
}

#[test]
fn every_field_is_stored() {
    let worker = Worker::start();
    let answer = send(&worker, "", &json!([whole(example)]));
    assert_eq!(counts(&answer).inserted, 1);
    assert_eq!(answer.json()["warnings"], json!([]));
    assert_eq!(answer.json()["ignored_fields"], json!([]));
    let rows = table(&worker);
    let expected = FIELDS
        .iter()
        .map(|spec| stored(spec, spec.kind.example().stored));
    assert_eq!(columns(&rows[0]), expected.collect::<Vec<_>>());
    for time in ["ingested_at", "created_at"] {
        assert_is_utc_with_milliseconds(rows[0][time].as_str().expect("a time"));
    }
    let hash = rows[0]["content_hash"].as_str().expect("a hash");
    assert_eq!(hash.len(), 11);
    // Sent again in the other spelling, it is unchanged.
    let in_columns: Map<String, Value> = FIELDS
        .iter()
        .map(|spec| (spec.column.to_owned(), example(spec)))
        .collect();
    let again = send(&worker, "", &json!([in_columns]));
    assert_eq!(counts(&again).unchanged, 1);
}

#[test]
fn change_of_any_field_is_an_update() {
    let worker = Worker::start();
    send(&worker, "", &json!([whole(example)]));
    for spec in FIELDS
        .iter()
        .filter(|spec| !matches!(spec.kind, Kind::Source | Kind::Id))
    {
        let mut changed = whole(example);
        changed[spec.json_name] = parsed(spec.kind.example().other);
        let answer = send(&worker, "", &json!([changed]));
        assert_eq!(counts(&answer).updated, 1, "{}", spec.json_name);
        let answer = send(&worker, "", &json!([whole(example)]));
        assert_eq!(counts(&answer).updated, 1, "{}", spec.json_name);
    }
}

#[test]
fn unstated_fields_get_the_default() {
    for (query, defaults) in [
        ("", Defaults::Legacy),
        ("?defaults=legacy", Defaults::Legacy),
        ("?defaults=none", Defaults::None),
    ] {
        let worker = Worker::start();
        let mut postings = vec![json!({})];
        postings
            .extend([json!(null), json!(""), json!(false)].map(|value| whole(|_| value.clone())));
        for (number, posting) in postings.iter_mut().enumerate() {
            posting["externalId"] = json!(number);
        }
        let answer = send(&worker, query, &json!(postings));
        assert_eq!(counts(&answer).inserted, 4);
        assert_eq!(answer.json()["warning_counts"], json!({ "empty_title": 4 }));
        for (number, row) in table(&worker).as_array().expect("rows").iter().enumerate() {
            let mut expected: Vec<_> = FIELDS
                .iter()
                .map(|spec| stored(spec, spec.default_json(defaults)))
                .collect();
            expected[1].1 = json!(number.to_string());
            assert_eq!(columns(row), expected, "{query}");
        }
    }
}

#[test]
fn keep_preserves_unmentioned_fields() {
    let worker = Worker::start();
    send(&worker, "", &json!([whole(example)]));
    let before = columns(&table(&worker)[0]);
    let id = json!({ "externalId": example(&FIELDS[1]), "source": example(&FIELDS[0]) });
    let answer = send(&worker, "?missing=keep", &json!([id]));
    assert_eq!(counts(&answer).unchanged, 1);
    let mut retitled = id.clone();
    retitled["title"] = json!("Another title");
    retitled["salary"] = json!(null);
    for (query, unchanged) in [
        ("?missing=keep&dry_run=true", 0),
        ("?missing=keep", 0),
        ("?missing=keep", 1),
    ] {
        let answer = send(&worker, query, &json!([retitled]));
        let counts = counts(&answer);
        assert_eq!(
            (counts.updated, counts.unchanged),
            (1 - unchanged, unchanged),
            "{query}"
        );
    }
    let expected: Vec<_> = before
        .into_iter()
        .map(|(column, value)| match column {
            "title" => (column, json!("Another title")),
            "salary" => (column, json!(null)),
            _ => (column, value),
        })
        .collect();
    assert_eq!(columns(&table(&worker)[0]), expected);
    // A new row has no stored values to keep.
    let answer = send(
        &worker,
        "?missing=keep",
        &json!([{ "externalId": "new", "title": "T" }]),
    );
    assert_eq!(counts(&answer).inserted, 1);
    assert_eq!(table(&worker)[1]["job_type"], "Full-time");
}

#[test]
fn repairs_are_reported_as_warnings() {
    let worker = Worker::start();
    let body = r#"[
        {"externalId":"0"},
        {"externalId":"1","title":"a\u0000b\ud83d"},
        {"externalId":"2","title":"T","location":["Berlin","Köln"],"salary":0,"jobType":40,"isFeatured":"Yes"},
        {"externalId":"3","title":"first"},
        {"externalId":"3","title":"second"}
    ]"#;
    let answer = post(&worker, "").json(body).send();
    assert_eq!(answer.status, 200);
    insta::assert_snapshot!(findings(&answer, "warnings"), @"
    empty_title: items[0].title is missing or empty
    replaced: items[1].title contains U+0000, which is removed, or half a surrogate pair, which becomes U+FFFD
    duplicate: items[3].externalId is repeated by items[4], which differs and was kept
    ");
    assert_eq!(
        answer.json()["warning_counts"],
        json!({ "empty_title": 1, "replaced": 1, "duplicate": 1 })
    );
    let rows =
        worker.sql("SELECT title, location, salary, job_type, is_featured FROM jobs ORDER BY id");
    assert_eq!(rows[1]["title"], "ab\u{fffd}");
    assert_eq!(
        rows[2],
        json!({ "title": "T", "location": "Berlin; Köln", "salary": null, "job_type": "40", "is_featured": 1 })
    );
    assert_eq!(rows[3]["title"], "second");
}

#[test]
fn unknown_fields_are_named_or_rejected() {
    let worker = Worker::start();
    let postings = json!([
        { "externalId": "a", "title": "T", "job_title": "T", "internal": { "title": 1 } },
        { "externalId": "b", "title": "T", "job_title": "T" },
    ]);
    let answer = send(&worker, "", &postings);
    assert_eq!(
        answer.json()["ignored_fields"],
        json!([
            { "name": "internal", "count": 1 },
            { "name": "job_title", "count": 2, "did_you_mean": "title" },
        ])
    );
    let strict = post(&worker, "?unknown=error").json(items(&postings));
    let answer = refused(&worker, strict, 422, "invalid_items");
    insta::assert_snapshot!(findings(&answer, "errors"), @"
    unknown_field: items[0].internal is not a field of a posting
    unknown_field: items[0].job_title is not a field of a posting; did you mean title?
    unknown_field: items[1].job_title is not a field of a posting; did you mean title?
    ");
    assert_eq!(answer.json()["error_counts"], json!({ "unknown_field": 3 }));
    assert_eq!(answer.json()["ignored_fields"], json!([]));
}

/// `{"items":[{"externalId":"0",field:value},{"externalId":"1",field:value},…]}` built from JSON
/// texts, because serde_json would change some numbers.
fn body_of(fields: &[(&str, &str)]) -> String {
    let postings: Vec<String> = fields
        .iter()
        .enumerate()
        .map(|(number, (field, value))| format!(r#"{{"externalId":"{number}","{field}":{value}}}"#))
        .collect();
    format!(r#"{{"items":[{}]}}"#, postings.join(","))
}

#[test]
fn all_invalid_values_are_found_in_one_pass() {
    let worker = Worker::start();
    let body = body_of(&[
        ("title", "true"),
        ("location", "[7]"),
        ("salary", "{}"),
        ("salary", "1e400"),
        ("source", "[]"),
        ("companyId", "-1"),
        ("companyId", "1.5"),
        ("categoryId", r#""abc""#),
        ("isFeatured", "2"),
        ("url", r#""www.x.example""#),
        ("postedAt", r#""Posted 3 Days Ago""#),
        ("validThrough", r#""1969-12-31""#),
        ("country", r#""Germany""#),
        ("language", r#""en_US""#),
        ("salaryMin", "-1"),
        ("salaryCurrency", r#""€""#),
        ("salaryPeriod", r#""annual""#),
        ("extra", "[1]"),
    ]);
    let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
    insta::assert_snapshot!(findings(&answer, "errors"), @r#"
    wrong_type: items[0].title is a boolean, expected a text or a number
    wrong_type: items[1].location is an array, expected a text, a number or an array of texts
    wrong_type: items[2].salary is an object, expected a text or a number
    out_of_range: items[3].salary is 1e400, beyond the range of a double
    wrong_type: items[4].source is an array, expected a text or a number
    out_of_range: items[5].companyId is -1, expected 1 to 9007199254740991
    not_an_integer: items[6].companyId is 1.5, expected an integer
    not_an_integer: items[7].categoryId is "abc", expected an integer
    invalid_value: items[8].isFeatured is 2, expected true, false, 1, 0, yes or no
    invalid_value: items[9].url is "www.x.example", expected an absolute http or https URL
    invalid_value: items[10].postedAt is "Posted 3 Days Ago", expected a date (2026-11-25), a time (2026-11-25T13:56:45Z or 2026-11-25 13:56:45) or seconds or milliseconds since 1970
    out_of_range: items[11].validThrough is "1969-12-31", expected a time from 1970 to 9999
    invalid_value: items[12].country is "Germany", expected a country code of ISO 3166-1 alpha-2, such as DE
    invalid_value: items[13].language is "en_US", expected a language tag of BCP 47, such as en or pt-BR
    out_of_range: items[14].salaryMin is -1, expected a number of at least 0
    invalid_value: items[15].salaryCurrency is "€", expected a currency code of ISO 4217, such as EUR
    invalid_value: items[16].salaryPeriod is "annual", expected YEAR, MONTH, WEEK, DAY or HOUR
    wrong_type: items[17].extra is an array, expected an object
    "#);
    assert_eq!(
        answer.json()["error_counts"],
        json!({ "wrong_type": 5, "out_of_range": 4, "not_an_integer": 2, "invalid_value": 7 })
    );
}

#[test]
fn errors_are_listed_with_their_id() {
    let worker = Worker::start();
    let posting = json!({ "externalId": "bad", "title": {}, "companyId": -1 });
    let body = items(&json!([{ "externalId": "good" }, posting]));
    let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
    insta::assert_json_snapshot!(answer.json()["errors"], @r#"
    [
      {
        "code": "wrong_type",
        "externalId": "bad",
        "field": "title",
        "index": 1,
        "message": "items[1].title is an object, expected a text or a number"
      },
      {
        "code": "out_of_range",
        "externalId": "bad",
        "field": "companyId",
        "index": 1,
        "message": "items[1].companyId is -1, expected 1 to 9007199254740991"
      }
    ]
    "#);
}

#[test]
fn id_is_required_and_a_string_or_number() {
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
    out_of_range: items[6].externalId is 1e400, beyond the range of a double
    nul_character: items[7].externalId contains U+0000
    missing: items[8].externalId is missing
    ");
}

#[test]
fn id_is_stored_trimmed_and_as_text() {
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
    // A number and its text are the same id.
    let again = counts(&post(&worker, "").json(r#"[{"externalId":"17"}]"#).send());
    assert_eq!((again.inserted, again.unchanged), (0, 1));
}

#[test]
fn ids_are_stored_in_full() {
    let worker = Worker::start();
    let url = |n: usize| format!("https://jobs.example/{}/{n:03}", "é".repeat(470));
    let postings: Vec<Value> = (0..633).map(|n| json!({ "externalId": url(n) })).collect();
    let answer = send(&worker, "", &json!(postings));
    assert_eq!(counts(&answer).inserted, 633);
    let longest = "😀".repeat(500);
    let answer = send(&worker, "", &json!([{ "externalId": longest }]));
    assert_eq!(counts(&answer).inserted, 1);
    let last = worker.sql("SELECT external_id FROM jobs ORDER BY id DESC LIMIT 1");
    assert_eq!(last[0]["external_id"], longest);
    let longer = items(&json!([{ "externalId": "é".repeat(501) }]));
    let answer = refused(
        &worker,
        post(&worker, "").json(longer),
        422,
        "invalid_items",
    );
    insta::assert_snapshot!(findings(&answer, "errors"), @"too_long: items[0].externalId is 501 characters, the limit is 500");
}

#[test]
fn texts_are_truncated_beyond_their_limit() {
    let worker = Worker::start();
    for spec in &FIELDS {
        let (Kind::Text { max_chars } | Kind::Texts { max_chars }) = spec.kind else {
            continue;
        };
        worker.execute("DELETE FROM jobs");
        // Characters are Unicode scalar values: this one has 4 bytes of UTF-8 and two units of
        // UTF-16.
        let (longest, longer) = ("😀".repeat(max_chars), "😀".repeat(max_chars + 1));
        let with = |id: &str, text: &str| {
            let mut posting = json!({ "externalId": id, "title": "T" });
            posting[spec.json_name] = json!(text);
            posting
        };
        let answer = send(
            &worker,
            "",
            &json!([with("a", &longest), with("b", &longer)]),
        );
        assert_eq!(answer.status, 200, "a warning is no rejection");
        let warning = format!(
            "truncated: items[1].{} is {} characters, cut to {max_chars}",
            spec.json_name,
            max_chars + 1
        );
        assert_eq!(findings(&answer, "warnings"), warning);
        for row in table(&worker).as_array().expect("rows") {
            assert_eq!(row[spec.column], longest, "{}", spec.json_name);
        }
    }
}

#[test]
fn description_is_limited_in_bytes_of_utf_8() {
    const LIMIT_BYTES: usize = 262_144;
    let worker = Worker::start();
    let with = |text: &str| json!([{ "externalId": "a", "description": text }]);
    // \u0001 takes six bytes of JSON, so this is the longest possible row.
    for text in [
        "x".repeat(LIMIT_BYTES),
        "é".repeat(LIMIT_BYTES / 2),
        "\u{1}".repeat(LIMIT_BYTES),
    ] {
        worker.execute("DELETE FROM jobs");
        let answer = send(&worker, "", &with(&text));
        assert_eq!(counts(&answer).inserted, 1);
        assert!(table(&worker)[0]["description"] == text, "stored whole");
    }
    worker.execute("DELETE FROM jobs");
    for text in [
        "x".repeat(LIMIT_BYTES + 1),
        format!("{}é", "é".repeat(LIMIT_BYTES / 2)),
    ] {
        let body = items(&with(&text));
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
