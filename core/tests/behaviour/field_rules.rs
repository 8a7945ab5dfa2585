//! Each field's rules, both sides of every limit.

use jobs_ingest_core::field::Field;
use serde_json::{Value, json};

use crate::request::{items, json as parse, lines, one, rows};

/// The stored value of a field, or the errors.
fn stored(field: &str, place: Field, value: &str) -> Result<Value, String> {
    let prepared = one(field, value);
    assert_eq!(prepared.n_received, 1);
    assert_eq!(prepared.n_rejected + prepared.n_rows, 1);
    assert!(
        prepared.warnings.is_empty(),
        "{}",
        lines(&prepared.warnings)
    );
    match rows(&prepared).first() {
        Some(row) => Ok(row[place as usize].clone()),
        None => Err(lines(&prepared.errors)),
    }
}

fn id(value: &str) -> Result<Value, String> {
    let prepared = parse(&format!(r#"[{{"externalId":{value}}}]"#)).expect("a body");
    match rows(&prepared).first() {
        Some(row) => Ok(row[0].clone()),
        None => Err(lines(&prepared.errors)),
    }
}

#[test]
fn missing_fields_get_their_defaults() {
    let defaults = json!([
        "a",
        "",
        1,
        null,
        null,
        "Full-time",
        "On-site",
        1,
        0,
        "manual",
        null
    ]);
    let empty = json!({
        "externalId": "a", "title": "", "companyId": "", "location": "", "salary": "",
        "jobType": "", "workMode": "", "categoryId": "", "isFeatured": "", "source": "",
        "description": "",
    });
    let null = json!({
        "externalId": "a", "title": null, "companyId": null, "location": null, "salary": null,
        "jobType": null, "workMode": null, "categoryId": null, "isFeatured": null, "source": null,
        "description": null,
    });
    for posting in [json!({ "externalId": "a" }), empty, null] {
        let prepared = items(&json!([posting]));
        assert_eq!(rows(&prepared), std::slice::from_ref(&defaults));
        assert!(prepared.warnings.is_empty());
    }
}

#[test]
fn all_fields_are_stored_as_sent() {
    let prepared = items(&json!([{
        "externalId": "x", "title": "T", "companyId": 2, "location": "L", "salary": "S",
        "jobType": "J", "workMode": "W", "categoryId": 3, "isFeatured": true, "source": "s",
        "description": "D", "unknown": { "deep": [1, 2] },
    }]));
    assert_eq!(
        rows(&prepared),
        [json!(["x", "T", 2, "L", "S", "J", "W", 3, 1, "s", "D"])]
    );
}

#[test]
fn an_id_is_required() {
    insta::assert_snapshot!(
        ["null", "\"\"", "\" \\t\\n \"", "true", "[]", "{}", "1e400"]
            .map(|value| format!("{value}: {}", id(value).expect_err(value)))
            .join("\n"),
        @r#"
    null: missing: items[0].externalId is null
    "": missing: items[0].externalId is empty
    " \t\n ": missing: items[0].externalId is empty
    true: wrong_type: items[0].externalId is a boolean, expected a string or a number
    []: wrong_type: items[0].externalId is an array, expected a string or a number
    {}: wrong_type: items[0].externalId is an object, expected a string or a number
    1e400: out_of_range: items[0].externalId is 1e400, beyond the largest number
    "#
    );
    let prepared = parse(r#"[{"title":"x"}]"#).expect("a body");
    insta::assert_snapshot!(lines(&prepared.errors), @"missing: items[0].externalId is missing");
}

#[test]
fn an_id_loses_the_white_space_around_it() {
    assert_eq!(id(r#"" \u00a0\ufeff a b\t""#), Ok(json!("a b")));
    assert_eq!(id(r#""\u2028x""#), Ok(json!("x")));
}

#[test]
fn a_number_becomes_the_text_of_javascript() {
    for (number, text) in [
        ("17", "17"),
        ("0", "0"),
        ("-0", "0"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("12345678901234567890", "12345678901234567890"),
        ("1e21", "1e+21"),
    ] {
        assert_eq!(id(number), Ok(json!(text)));
        assert_eq!(stored("salary", Field::Salary, number), Ok(json!(text)));
    }
}

#[test]
fn an_id_of_100_characters_is_stored_whole() {
    let whole = "😀".repeat(100);
    let prepared = items(&json!([{ "externalId": whole }]));
    assert_eq!(rows(&prepared)[0][0], whole);
    assert!(prepared.warnings.is_empty());
}

#[test]
fn an_id_of_101_characters_is_cut_with_a_warning() {
    let prepared = items(&json!([{ "externalId": "é".repeat(101) }]));
    assert_eq!(rows(&prepared)[0][0], "é".repeat(100));
    insta::assert_snapshot!(lines(&prepared.warnings), @"truncated: items[0].externalId is 101 characters, cut to 100");
    let digits = "1".repeat(101);
    assert_eq!(id(&digits), Ok(json!("1".repeat(100))));
}

#[test]
fn an_id_is_the_same_when_sent_back_as_stored() {
    let prepared = items(&json!([{ "externalId": format!("{} b", "a".repeat(99)) }]));
    assert_eq!(rows(&prepared)[0][0], "a".repeat(99));
}

#[test]
fn a_title_of_255_characters_is_stored_whole() {
    for title in ["x".repeat(255), "😀".repeat(255), "\u{301}".repeat(255)] {
        assert_eq!(
            stored("title", Field::Title, &json!(title).to_string()),
            Ok(json!(title))
        );
    }
}

#[test]
fn a_title_of_256_characters_is_cut_with_a_warning() {
    let prepared = items(&json!([{ "externalId": "a", "title": "😀".repeat(256) }]));
    assert_eq!(rows(&prepared)[0][1], "😀".repeat(255));
    insta::assert_snapshot!(lines(&prepared.warnings), @"truncated: items[0].title is 256 characters, cut to 255");
    // The same with escapes, which must not be cut through.
    let escaped = format!("\"{}\"", r"\ud83d\ude00".repeat(256));
    let prepared = one("title", &escaped);
    assert_eq!(rows(&prepared)[0][1], "😀".repeat(255));
}

#[test]
fn texts_up_to_their_limits_are_stored_and_longer_ones_are_errors() {
    let mut refused = Vec::new();
    for (field, place, limit) in [
        ("location", Field::Location, 1_000),
        ("salary", Field::Salary, 255),
        ("jobType", Field::JobType, 100),
        ("workMode", Field::WorkMode, 100),
        ("source", Field::Source, 100),
    ] {
        let longest = "ß".repeat(limit);
        assert_eq!(
            stored(field, place, &json!(longest).to_string()),
            Ok(json!(longest))
        );
        let escaped = format!("\"{}\"", r"\u00df".repeat(limit));
        assert_eq!(stored(field, place, &escaped), Ok(json!(longest)));
        let longer = json!("ß".repeat(limit + 1)).to_string();
        refused.push(stored(field, place, &longer).expect_err(field));
    }
    insta::assert_snapshot!(refused.join("\n"), @"
    too_long: items[0].location is 1001 characters, the limit is 1000
    too_long: items[0].salary is 256 characters, the limit is 255
    too_long: items[0].jobType is 101 characters, the limit is 100
    too_long: items[0].workMode is 101 characters, the limit is 100
    too_long: items[0].source is 101 characters, the limit is 100
    ");
}

#[test]
fn a_description_is_limited_by_its_bytes() {
    let field = Field::Description;
    for longest in [
        "x".repeat(262_144),
        "é".repeat(131_072),
        "\u{1}".repeat(262_144),
    ] {
        let value = json!(longest).to_string();
        assert_eq!(stored("description", field, &value), Ok(json!(longest)));
    }
    for longer in ["x".repeat(262_145), format!("x{}", "é".repeat(131_072))] {
        let value = json!(longer).to_string();
        let error = stored("description", field, &value).expect_err("an error");
        assert_eq!(
            error,
            "too_long: items[0].description is 262145 bytes of UTF-8, the limit is 262144"
        );
    }
}

#[test]
fn references_are_positive_integers_or_their_text() {
    for (name, field) in [
        ("companyId", Field::CompanyId),
        ("categoryId", Field::CategoryId),
    ] {
        for (value, id) in [
            ("1", 1_u64),
            ("\"42\"", 42),
            ("0", 1),
            ("\"0\"", 1),
            ("-0", 1),
            ("5.0", 5),
            ("1e3", 1_000),
            ("9007199254740991", 9_007_199_254_740_991),
            ("\"9007199254740991\"", 9_007_199_254_740_991),
        ] {
            assert_eq!(stored(name, field, value), Ok(json!(id)), "{value}");
        }
    }
    insta::assert_snapshot!(
        [
            "9007199254740992", "-1", "\"-1\"", "1.5", "1e400", "1e300", "\"x\"", "\" 1\"", "\"1.0\"",
            "true", "[1]", "99999999999999999999999999999999999999999999999999",
        ]
        .map(|value| stored("companyId", Field::CompanyId, value).expect_err(value))
        .join("\n"),
        @r#"
    out_of_range: items[0].companyId is 9007199254740992, expected 1 to 9007199254740991
    out_of_range: items[0].companyId is -1, expected 1 to 9007199254740991
    out_of_range: items[0].companyId is "-1", expected 1 to 9007199254740991
    not_an_integer: items[0].companyId is 1.5, expected an integer
    out_of_range: items[0].companyId is 1e400, expected 1 to 9007199254740991
    out_of_range: items[0].companyId is 1e300, expected 1 to 9007199254740991
    not_an_integer: items[0].companyId is "x", expected an integer
    not_an_integer: items[0].companyId is " 1", expected an integer
    not_an_integer: items[0].companyId is "1.0", expected an integer
    wrong_type: items[0].companyId is a boolean, expected an integer or its text
    wrong_type: items[0].companyId is an array, expected an integer or its text
    out_of_range: items[0].companyId is 9999999999999999999999999999999999999999…, expected 1 to 9007199254740991
    "#
    );
}

#[test]
fn a_flag_has_three_ways_to_be_true_and_false() {
    let field = Field::IsFeatured;
    for value in ["true", "1", "\"true\"", "1.0"] {
        assert_eq!(stored("isFeatured", field, value), Ok(json!(1)), "{value}");
    }
    for value in ["false", "0", "\"false\"", "-0"] {
        assert_eq!(stored("isFeatured", field, value), Ok(json!(0)), "{value}");
    }
    insta::assert_snapshot!(
        ["2", "\"1\"", "\"yes\"", "\"TRUE\"", "{}", "1e400"]
            .map(|value| stored("isFeatured", field, value).expect_err(value))
            .join("\n"),
        @r#"
    invalid_value: items[0].isFeatured is 2, expected true, false, 0 or 1
    invalid_value: items[0].isFeatured is "1", expected true, false, 0 or 1
    invalid_value: items[0].isFeatured is "yes", expected true, false, 0 or 1
    invalid_value: items[0].isFeatured is "TRUE", expected true, false, 0 or 1
    wrong_type: items[0].isFeatured is an object, expected true, false, 0 or 1
    invalid_value: items[0].isFeatured is 1e400, expected true, false, 0 or 1
    "#
    );
}

#[test]
fn a_wrong_type_says_what_was_found() {
    insta::assert_snapshot!(
        ["17", "true", "[]", "{}"]
            .map(|value| stored("title", Field::Title, value).expect_err(value))
            .join("\n"),
        @"
    wrong_type: items[0].title is a number, expected a string
    wrong_type: items[0].title is a boolean, expected a string
    wrong_type: items[0].title is an array, expected a string
    wrong_type: items[0].title is an object, expected a string
    "
    );
    insta::assert_snapshot!(stored("salary", Field::Salary, "false").expect_err("error"), @"wrong_type: items[0].salary is a boolean, expected a string or a number");
}

#[test]
fn what_is_not_text_is_an_error_in_every_text() {
    for field in [
        "externalId",
        "title",
        "location",
        "salary",
        "jobType",
        "workMode",
        "source",
        "description",
    ] {
        let errors = |value: &str| lines(&one(field, value).errors);
        assert_eq!(
            errors(r#""a\u0000b""#),
            format!("nul_character: items[0].{field} contains U+0000")
        );
        assert_eq!(
            errors(r#""\ud83d""#),
            format!("lone_surrogate: items[0].{field} contains \\ud83d without its other half")
        );
    }
}

#[test]
fn all_errors_of_all_items_are_found() {
    let prepared = items(&json!([
        { "title": 1, "companyId": -1 },
        { "externalId": "b" },
        { "externalId": "c", "isFeatured": 2, "source": "s".repeat(101) },
        7,
        null,
    ]));
    assert_eq!(
        (prepared.n_received, prepared.n_rejected, prepared.n_rows),
        (5, 4, 1)
    );
    insta::assert_json_snapshot!(prepared.errors.listed(), @r#"
    [
      {
        "index": 0,
        "externalId": null,
        "field": "externalId",
        "code": "missing",
        "message": "items[0].externalId is missing"
      },
      {
        "index": 0,
        "externalId": null,
        "field": "title",
        "code": "wrong_type",
        "message": "items[0].title is a number, expected a string"
      },
      {
        "index": 0,
        "externalId": null,
        "field": "companyId",
        "code": "out_of_range",
        "message": "items[0].companyId is -1, expected 1 to 9007199254740991"
      },
      {
        "index": 2,
        "externalId": "c",
        "field": "isFeatured",
        "code": "invalid_value",
        "message": "items[2].isFeatured is 2, expected true, false, 0 or 1"
      },
      {
        "index": 2,
        "externalId": "c",
        "field": "source",
        "code": "too_long",
        "message": "items[2].source is 101 characters, the limit is 100"
      },
      {
        "index": 3,
        "externalId": null,
        "field": null,
        "code": "wrong_type",
        "message": "items[3] is a number, expected an object"
      },
      {
        "index": 4,
        "externalId": null,
        "field": null,
        "code": "wrong_type",
        "message": "items[4] is null, expected an object"
      }
    ]
    "#);
}

#[test]
fn a_hundred_errors_are_listed_and_the_rest_counted() {
    let body = |n| json!(vec![json!({}); n]);
    let prepared = items(&body(100));
    assert_eq!(
        (prepared.errors.listed().len(), prepared.errors.n_omitted()),
        (100, 0)
    );
    let prepared = items(&body(101));
    assert_eq!(
        (prepared.errors.listed().len(), prepared.errors.n_omitted()),
        (100, 1)
    );
}

#[test]
fn of_a_key_that_comes_twice_the_last_value_counts() {
    let prepared = parse(r#"[{"externalId":"a","title":7,"title":"ok","t\u0069tle":"last"}]"#);
    let prepared = prepared.expect("a body");
    assert_eq!(rows(&prepared)[0][1], "last");
    assert!(prepared.errors.is_empty());
}
