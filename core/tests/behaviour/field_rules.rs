//! The rules of each field, with both sides of every limit. Rules for all fields of a kind are
//! tested by walking the table.

use jobs_ingest_core::field::{FIELDS, Field, FieldSpec, Kind};
use jobs_ingest_core::finding::FindingCode;
use jobs_ingest_core::ingest::Rules;
use jobs_ingest_core::limits::{MAX_EXTRA_BYTES, MAX_URL_CHARS};
use jobs_ingest_core::options::{Defaults, Unknown};
use serde_json::{Value, json};

use crate::request::{items, items_by, json as parse, lines, rows, sent_rows, values};

/// The stored value of a field, or the errors. Allows no warning except that of an empty title.
fn stored(spec: &FieldSpec, value: &str) -> Result<Value, String> {
    let (value, warnings) = stored_with_warnings(spec, value)?;
    assert_eq!(warnings, "", "{}", spec.json_name);
    Ok(value)
}

fn stored_with_warnings(spec: &FieldSpec, value: &str) -> Result<(Value, String), String> {
    let others = match spec.field {
        Field::ExternalId => r#""title":"T""#,
        Field::Title => r#""externalId":"a""#,
        _ => r#""externalId":"a","title":"T""#,
    };
    let body = format!(r#"[{{{others},"{}":{value}}}]"#, spec.json_name);
    let prepared = parse(&body).expect("a body");
    assert_eq!(prepared.n_rejected + prepared.n_rows, 1);
    match rows(&prepared).first() {
        Some(row) => Ok((row[spec.field as usize].clone(), lines(&prepared.warnings))),
        None => Err(lines(&prepared.errors)),
    }
}

fn of_kind(is_it: impl Fn(Kind) -> bool) -> impl Iterator<Item = &'static FieldSpec> {
    FIELDS.iter().filter(move |spec| is_it(spec.kind))
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).expect("JSON")
}

#[test]
fn every_field_has_an_example() {
    for spec in &FIELDS {
        let example = spec.kind.example();
        assert_eq!(
            stored(spec, example.sent),
            Ok(parsed(example.stored)),
            "{}",
            spec.json_name
        );
        stored(spec, example.other).expect(spec.json_name);
    }
}

/// The JSON types of values that a field accepts, and words by which a message names them.
#[test]
fn messages_name_every_type_that_is_accepted() {
    let types: [(&[&str], &[&str]); 4] = [
        (
            &["7", "1", "1764079005"],
            &["number", "integer", "seconds", "1, 0"],
        ),
        (&["[\"a\"]"], &["array"]),
        (&["{\"a\":1}"], &["object"]),
        (&["true"], &["true"]),
    ];
    for spec in &FIELDS {
        let texts = [spec.kind.example().sent, "\"7\"", "\"x\""];
        let accepts = |value: &str| stored(spec, value).is_ok();
        let rejected = ["{\"a\":1}", "[1]"].map(|value| stored(spec, value).err());
        for message in rejected.into_iter().flatten() {
            let (_, expected) = message.split_once(", expected ").expect(&message);
            let names = |words: &[&str]| words.iter().any(|word| expected.contains(word));
            for (values, words) in types {
                let counts_as_missing = values == ["true"] && !accepts("true");
                if !counts_as_missing && values.iter().any(|value| accepts(value)) {
                    assert!(names(words), "{words:?}: {message}");
                }
            }
            let is_text = |value: &&str| value.starts_with('"') && accepts(value);
            if names(&["number", "integer"]) && texts.iter().any(is_text) {
                assert!(names(&["text", "string"]), "{message}");
            }
        }
    }
}

#[test]
fn messages_list_every_word_that_is_accepted() {
    let candidates =
        "true false yes no on off y n t f 1 0 2 YEAR MONTH WEEK DAY HOUR MINUTE YEARLY ANNUAL";
    for spec in of_kind(|kind| matches!(kind, Kind::Flag | Kind::Period)) {
        let message = stored(spec, "\"?\"").expect_err(spec.json_name);
        let (_, expected) = message.split_once(", expected ").expect(&message);
        let listed: Vec<&str> = expected
            .split([',', ' '])
            .filter(|word| !matches!(*word, "" | "or"))
            .collect();
        let accepted = candidates
            .split(' ')
            .filter(|word| stored(spec, &json!(word).to_string()).is_ok());
        let [mut listed, mut accepted] = [listed, accepted.collect()];
        listed.sort_unstable();
        accepted.sort_unstable();
        assert_eq!(listed, accepted, "{message}");
    }
}

#[test]
fn accepts_both_spellings_of_every_field() {
    for spec in &FIELDS {
        let example = spec.kind.example();
        for name in [spec.json_name, spec.column] {
            let body = format!(r#"[{{"externalId":"a","{name}":{}}}]"#, example.sent);
            let prepared = parse(&body).expect("a body");
            assert_eq!(
                values(&prepared, spec.field),
                [parsed(example.stored)],
                "{name}"
            );
            assert_eq!(prepared.ignored_fields, [], "{name}");
        }
    }
}

/// Postings that state only their ids, each in a different way.
fn silent_postings() -> Vec<Value> {
    let all = |value: &Value| {
        let mut posting: serde_json::Map<String, Value> = FIELDS
            .iter()
            .map(|spec| (spec.json_name.to_owned(), value.clone()))
            .collect();
        posting.insert("externalId".to_owned(), json!("a"));
        Value::from(posting)
    };
    let mut postings = vec![json!({ "externalId": "a" })];
    postings.extend([json!(null), json!(""), json!(false)].iter().map(all));
    postings
}

#[test]
fn unstated_fields_get_their_defaults() {
    for defaults in [Defaults::Legacy, Defaults::None] {
        let mut expected: Vec<Value> = FIELDS
            .iter()
            .map(|spec| parsed(spec.default_json(defaults)))
            .collect();
        expected[Field::ExternalId as usize] = json!("a");
        for posting in silent_postings() {
            let rules = Rules {
                defaults,
                ..Rules::default()
            };
            let prepared = items_by(&json!([posting]), rules);
            assert_eq!(
                rows(&prepared),
                std::slice::from_ref(&expected),
                "{posting}"
            );
            assert_eq!(
                lines(&prepared.warnings),
                "empty_title: items[0].title is missing or empty"
            );
        }
    }
}

#[test]
fn defaults_are_legacy_or_none() {
    let defaults = |defaults| -> Vec<Value> {
        let stated = FIELDS
            .iter()
            .map(|spec| (spec.json_name, spec.default_json(defaults)));
        stated
            .filter(|(_, json)| *json != "null")
            .map(|(name, json)| json!([name, parsed(json)]))
            .collect()
    };
    assert_eq!(
        json!(defaults(Defaults::Legacy)),
        json!([
            ["source", "manual"],
            ["title", ""],
            ["isFeatured", 0],
            ["companyId", 1],
            ["categoryId", 1],
            ["jobType", "Full-time"],
            ["workMode", "On-site"],
        ])
    );
    assert_eq!(
        json!(defaults(Defaults::None)),
        json!([["source", "manual"], ["title", ""], ["isFeatured", 0]])
    );
}

#[test]
fn trailing_unstated_values_are_not_sent() {
    let prepared = items(&json!([{ "externalId": "a", "title": "T" }]));
    assert_eq!(
        sent_rows(&prepared),
        [json!([null, "a", "T", 0, 1, 1, "Full-time", "On-site"])]
            .map(|row| row.as_array().expect("a row").clone())
    );
    assert_eq!(prepared.params[0].n_fields, 8);
    let rules = Rules {
        defaults: Defaults::None,
        ..Rules::default()
    };
    let prepared = items_by(
        &json!([{ "externalId": "a" }, { "externalId": "b", "url": "https://x.example" }]),
        rules,
    );
    assert_eq!(
        sent_rows(&prepared)[0],
        [json!(null), json!("a"), json!(""), json!(0)]
    );
    assert_eq!(prepared.params[0].n_fields, Field::Url as usize + 1);
}

/// A value of this size, in the unit of the field's limit.
fn of_size(kind: Kind, size: u64) -> String {
    let n = usize::try_from(size).expect("a size");
    match kind {
        Kind::Reference => size.to_string(),
        Kind::Url => json!(format!("https://x.example/{}", "a".repeat(n - 18))).to_string(),
        Kind::Language => {
            json!(format!("en{}", "-a".repeat(n / 2 - 1) + &"a".repeat(n % 2))).to_string()
        }
        Kind::Object => format!("{{\"a\": \"{}\"}}", "x".repeat(n - 9)),
        _ => json!("x".repeat(n)).to_string(),
    }
}

#[test]
fn every_limit_is_enforced_as_documented() {
    for spec in &FIELDS {
        let Some(limit) = spec.kind.limit() else {
            continue;
        };
        let name = spec.json_name;
        stored(spec, &of_size(spec.kind, limit.max)).expect(name);
        let found = match stored_with_warnings(spec, &of_size(spec.kind, limit.max + 1)) {
            Ok((_, warning)) => warning,
            Err(error) => error,
        };
        let over = format!("{}: items[0].{name} ", limit.over.name());
        assert!(found.starts_with(&over), "{found}");
        if limit.over == FindingCode::TooLong {
            let sizes = format!(
                "{} {}, the limit is {}",
                limit.max + 1,
                limit.unit,
                limit.max
            );
            assert!(found.ends_with(&sizes), "{found}");
        }
    }
}

#[test]
fn id_is_required() {
    let id = |value: &str| stored(Field::ExternalId.spec(), value);
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
    1e400: out_of_range: items[0].externalId is 1e400, beyond the range of a double
    "#
    );
    let prepared = parse(r#"[{"title":"x"}]"#).expect("a body");
    insta::assert_snapshot!(lines(&prepared.errors), @"missing: items[0].externalId is missing");
}

#[test]
fn id_is_trimmed() {
    let id = |value: &str| stored(Field::ExternalId.spec(), value);
    assert_eq!(id(r#"" \u00a0\ufeff a b\t""#), Ok(json!("a b")));
    assert_eq!(id(r#""\u2028x""#), Ok(json!("x")));
}

#[test]
fn id_has_at_most_500_characters() {
    let id = |value: Value| stored(Field::ExternalId.spec(), &value.to_string());
    let longest = "😀".repeat(500);
    assert_eq!(id(json!(longest)), Ok(json!(longest)));
    insta::assert_snapshot!(
        id(json!("é".repeat(501))).expect_err("an error"),
        @"too_long: items[0].externalId is 501 characters, the limit is 500"
    );
}

#[test]
fn source_has_at_most_100_characters() {
    let source = |value: Value| stored(Field::Source.spec(), &value.to_string());
    let longest = "😀".repeat(100);
    assert_eq!(source(json!(longest)), Ok(json!(longest)));
    assert_eq!(source(json!(7)), Ok(json!("7")));
    insta::assert_snapshot!(
        source(json!("é".repeat(101))).expect_err("an error"),
        @"too_long: items[0].source is 101 characters, the limit is 100"
    );
    insta::assert_snapshot!(
        source(json!([])).expect_err("an error"),
        @"wrong_type: items[0].source is an array, expected a text or a number"
    );
}

#[test]
fn number_in_a_text_field_is_printed_as_javascript_does() {
    let is_text = |kind| {
        matches!(
            kind,
            Kind::Id | Kind::Text { .. } | Kind::Texts { .. } | Kind::LongText { .. }
        )
    };
    for (number, text) in [
        ("17", "17"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("12345678901234567890", "12345678901234567890"),
        ("1e21", "1e+21"),
    ] {
        for spec in of_kind(is_text) {
            assert_eq!(stored(spec, number), Ok(json!(text)), "{}", spec.json_name);
        }
    }
    for zero in ["0", "-0", "0.0"] {
        assert_eq!(stored(Field::ExternalId.spec(), zero), Ok(json!("0")));
        assert_eq!(stored(Field::Location.spec(), zero), Ok(json!("0")));
        // Some feeds use 0 for unknown pay.
        assert_eq!(stored(Field::Salary.spec(), zero), Ok(json!(null)));
    }
}

#[test]
fn texts_are_truncated_at_their_limits() {
    for spec in &FIELDS {
        let (Kind::Text { max_chars } | Kind::Texts { max_chars }) = spec.kind else {
            continue;
        };
        let longest = "😀".repeat(max_chars);
        assert_eq!(
            stored(spec, &json!(longest).to_string()),
            Ok(json!(longest))
        );
        let escaped = |n_chars| format!("\"{}\"", r"\ud83d\ude00".repeat(n_chars));
        assert_eq!(stored(spec, &escaped(max_chars)), Ok(json!(longest)));
        // Never inside an escape.
        let longer = [
            json!("😀".repeat(max_chars + 1)).to_string(),
            escaped(max_chars + 1),
        ];
        for longer in longer {
            let warning = format!(
                "truncated: items[0].{} is {} characters, cut to {max_chars}",
                spec.json_name,
                max_chars + 1
            );
            assert_eq!(
                stored_with_warnings(spec, &longer),
                Ok((json!(longest), warning))
            );
        }
    }
    let limit = |field: Field| match field.spec().kind {
        Kind::Text { max_chars } | Kind::Texts { max_chars } => max_chars,
        _ => 0,
    };
    assert_eq!(
        [
            Field::Title,
            Field::Location,
            Field::Salary,
            Field::JobType,
            Field::WorkMode
        ]
        .map(limit),
        [255, 1_000, 255, 100, 100]
    );
    assert_eq!(
        [
            Field::CompanyName,
            Field::Department,
            Field::Region,
            Field::Locality
        ]
        .map(limit),
        [255; 4]
    );
}

#[test]
fn description_is_limited_in_bytes() {
    let description = |text: &str| stored(Field::Description.spec(), &json!(text).to_string());
    for longest in [
        "x".repeat(262_144),
        "é".repeat(131_072),
        "\u{1}".repeat(262_144),
    ] {
        assert_eq!(description(&longest), Ok(json!(longest)));
    }
    for longer in ["x".repeat(262_145), format!("x{}", "é".repeat(131_072))] {
        assert_eq!(
            description(&longer).expect_err("an error"),
            "too_long: items[0].description is 262145 bytes of UTF-8, the limit is 262144"
        );
    }
    // An integer keeps all its digits.
    let number = |n_digits: usize| stored(Field::Description.spec(), &"7".repeat(n_digits));
    assert_eq!(number(262_144), Ok(json!("7".repeat(262_144))));
    assert_eq!(
        number(262_145).expect_err("an error"),
        "too_long: items[0].description is 262145 bytes of UTF-8, the limit is 262144"
    );
}

#[test]
fn arrays_of_texts_are_joined() {
    for spec in of_kind(|kind| matches!(kind, Kind::Texts { .. })) {
        for (sent, is_stored_as) in [
            (r#"["Berlin"]"#, json!("Berlin")),
            (r#"["Berlin", "Köln", "Bonn"]"#, json!("Berlin; Köln; Bonn")),
            (r#"["Berlin", "", "Bonn"]"#, json!("Berlin; Bonn")),
            (r#"["a\"b", "\u00e9"]"#, json!("a\"b; é")),
        ] {
            assert_eq!(stored(spec, sent), Ok(is_stored_as), "{sent}");
        }
        let default = parsed(spec.default_json(Defaults::Legacy));
        for sent in ["[]", r#"[""]"#] {
            assert_eq!(stored(spec, sent), Ok(default.clone()), "{sent}");
        }
        for sent in ["[7]", r#"["a", null]"#, r#"[["a"]]"#, "{}", "true"] {
            let error = stored(spec, sent).expect_err(sent);
            assert!(
                error.ends_with("expected a text, a number or an array of texts"),
                "{error}"
            );
        }
    }
    assert!(matches!(Field::Location.spec().kind, Kind::Texts { .. }));
    assert!(matches!(Field::JobType.spec().kind, Kind::Texts { .. }));
    assert!(matches!(Field::Department.spec().kind, Kind::Texts { .. }));
    // Surrogate halves in neighbouring texts do not combine.
    let (joined, warnings) =
        stored_with_warnings(Field::Location.spec(), r#"["\ud83d", "\ude00"]"#).expect("a row");
    assert_eq!(joined, "\u{fffd}; \u{fffd}");
    assert!(warnings.starts_with("replaced: "), "{warnings}");
}

#[test]
fn invalid_characters_in_texts_are_repaired() {
    let is_repaired = |kind| {
        matches!(
            kind,
            Kind::Text { .. } | Kind::Texts { .. } | Kind::LongText { .. }
        )
    };
    for spec in of_kind(is_repaired) {
        for (sent, repaired) in [
            (r#""a\u0000b""#, "ab"),
            (r#""a\ud83db\n""#, "a\u{fffd}b\n"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
        ] {
            let (value, warnings) = stored_with_warnings(spec, sent).expect("a row");
            assert_eq!(value, repaired, "{}", spec.json_name);
            let start = format!("replaced: items[0].{} contains U+0000", spec.json_name);
            assert!(warnings.starts_with(&start), "{warnings}");
        }
        let default = parsed(spec.default_json(Defaults::Legacy));
        let (value, _) = stored_with_warnings(spec, r#""\u0000""#).expect("a row");
        assert_eq!(value, default, "{}", spec.json_name);
    }
}

#[test]
fn key_is_never_repaired() {
    for spec in [Field::Source.spec(), Field::ExternalId.spec()] {
        let name = spec.json_name;
        assert_eq!(
            stored(spec, r#""a\u0000b""#),
            Err(format!("nul_character: items[0].{name} contains U+0000"))
        );
        assert_eq!(
            stored(spec, r#""\ud83d""#),
            Err(format!(
                "lone_surrogate: items[0].{name} contains \\ud83d without its other half"
            ))
        );
    }
}

#[test]
fn references_are_positive_integers_or_their_text() {
    for spec in of_kind(|kind| kind == Kind::Reference) {
        for (value, id) in [
            ("1", 1_u64),
            ("\"42\"", 42),
            ("5.0", 5),
            ("1e3", 1_000),
            ("9007199254740991", 9_007_199_254_740_991),
            ("\"9007199254740991\"", 9_007_199_254_740_991),
        ] {
            assert_eq!(stored(spec, value), Ok(json!(id)), "{value}");
        }
        for zero in ["0", "\"0\"", "-0", "0.0"] {
            assert_eq!(stored(spec, zero), Ok(json!(1)), "{zero}");
        }
    }
    insta::assert_snapshot!(
        [
            "9007199254740992", "-1", "\"-1\"", "1.5", "1e400", "1e300", "\"x\"", "\" 1\"", "\"1.0\"",
            "true", "[1]", "99999999999999999999999999999999999999999999999999",
        ]
        .map(|value| stored(Field::CompanyId.spec(), value).expect_err(value))
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
fn escapes_do_not_affect_the_result() {
    let escaped = |value: &str| -> String {
        let text: String = serde_json::from_str(value).expect("a text");
        let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        format!("\"{}\"", units.collect::<String>())
    };
    for spec in &FIELDS {
        let example = spec.kind.example();
        for text in [example.sent, example.other, "\" \"", "\" 7 \"", "\"7\""] {
            if text.starts_with('"') {
                let stored = |value: &str| {
                    let found = stored_with_warnings(spec, value);
                    // A message quotes the value as sent.
                    found.map_err(|error| error.split(':').next().map(str::to_owned))
                };
                assert_eq!(stored(&escaped(text)), stored(text), "{}", spec.json_name);
            }
        }
    }
}

#[test]
fn accepted_forms_of_flags() {
    for spec in of_kind(|kind| kind == Kind::Flag) {
        for value in [
            "true",
            "1",
            "1.0",
            "\"true\"",
            "\"TRUE\"",
            "\"1\"",
            "\"Yes\"",
            "\" yes \"",
        ] {
            assert_eq!(stored(spec, value), Ok(json!(1)), "{value}");
        }
        for value in ["false", "0", "-0", "\"False\"", "\"0\"", "\"NO\""] {
            assert_eq!(stored(spec, value), Ok(json!(0)), "{value}");
        }
    }
    insta::assert_snapshot!(
        ["2", "\"on\"", "\"y\"", "{}", "1e400"]
            .map(|value| stored(Field::IsFeatured.spec(), value).expect_err(value))
            .join("\n"),
        @r#"
    invalid_value: items[0].isFeatured is 2, expected true, false, 1, 0, yes or no
    invalid_value: items[0].isFeatured is "on", expected true, false, 1, 0, yes or no
    invalid_value: items[0].isFeatured is "y", expected true, false, 1, 0, yes or no
    wrong_type: items[0].isFeatured is an object, expected true, false, 1, 0, yes or no
    invalid_value: items[0].isFeatured is 1e400, expected true, false, 1, 0, yes or no
    "#
    );
}

#[test]
fn urls_are_absolute() {
    let longest = format!("https://x.example/{}", "a".repeat(MAX_URL_CHARS - 18));
    for spec in of_kind(|kind| kind == Kind::Url) {
        for url in [
            "http://x",
            "HTTPS://X.example/a?b=c#d",
            "https://[::1]/",
            "https://münchen.example/é",
            &longest,
        ] {
            assert_eq!(
                stored(spec, &json!(url).to_string()),
                Ok(json!(url)),
                "{url}"
            );
        }
        assert_eq!(
            stored(spec, r#""https:\/\/x.example\/\u0061""#),
            Ok(json!("https://x.example/a"))
        );
        assert_eq!(
            stored(spec, &json!(format!("{longest}a")).to_string()),
            Err(format!(
                "too_long: items[0].{} is 2049 characters, the limit is 2048",
                spec.json_name
            ))
        );
    }
    insta::assert_snapshot!(
        [
            "\"www.x.example\"", "\"ftp://x.example\"", "\"https://\"", "\"https:///x\"", "\"javascript:alert(1)\"",
            "\"https://x.example/a b\"", "\"https://x.example/<b>\"", "\"https://x.example/\\u0000\"",
            "\"https://x.example/\\ud83d\"", "7", "[\"https://x.example\"]",
        ]
        .map(|value| stored(Field::Url.spec(), value).expect_err(value))
        .join("\n"),
        @r#"
    invalid_value: items[0].url is "www.x.example", expected an absolute http or https URL
    invalid_value: items[0].url is "ftp://x.example", expected an absolute http or https URL
    invalid_value: items[0].url is "https://", expected an absolute http or https URL
    invalid_value: items[0].url is "https:///x", expected an absolute http or https URL
    invalid_value: items[0].url is "javascript:alert(1)", expected an absolute http or https URL
    invalid_value: items[0].url is "https://x.example/a b", expected an absolute http or https URL
    invalid_value: items[0].url is "https://x.example/<b>", expected an absolute http or https URL
    invalid_value: items[0].url is "https://x.example/\u0000", expected an absolute http or https URL
    invalid_value: items[0].url is "https://x.example/\ud83d", expected an absolute http or https URL
    wrong_type: items[0].url is a number, expected an absolute http or https URL
    wrong_type: items[0].url is an array, expected an absolute http or https URL
    "#
    );
}

#[test]
fn accepts_standard_codes_in_any_case() {
    for (field, sent, code) in [
        (Field::Country, "\"dE\"", "DE"),
        (Field::SalaryCurrency, "\" usd\"", "USD"),
        (Field::SalaryPeriod, "\"Month\"", "MONTH"),
        (Field::Language, "\"zh-Hant-TW\"", "zh-Hant-TW"),
        (Field::Language, "\"de\"", "de"),
    ] {
        assert_eq!(stored(field.spec(), sent), Ok(json!(code)));
    }
    insta::assert_snapshot!(
        [
            (Field::Country, "\"Germany\""),
            (Field::Country, "\"UK\""),
            (Field::Country, "\"D\\ud83dE\""),
            (Field::Country, "49"),
            (Field::SalaryCurrency, "\"€\""),
            (Field::SalaryCurrency, "\"EUR USD\""),
            (Field::SalaryPeriod, "\"per year\""),
            (Field::SalaryPeriod, "{}"),
            (Field::Language, "\"en_US\""),
            (Field::Language, "\"e\""),
            (Field::Language, "\"en-\""),
            (Field::Language, "\"en-123456789\""),
        ]
        .map(|(field, value)| stored(field.spec(), value).expect_err(value))
        .join("\n"),
        @r#"
    invalid_value: items[0].country is "Germany", expected a country code of ISO 3166-1 alpha-2, such as DE
    invalid_value: items[0].country is "UK", expected a country code of ISO 3166-1 alpha-2, such as DE
    invalid_value: items[0].country is "D\ud83dE", expected a country code of ISO 3166-1 alpha-2, such as DE
    wrong_type: items[0].country is a number, expected a country code of ISO 3166-1 alpha-2, such as DE
    invalid_value: items[0].salaryCurrency is "€", expected a currency code of ISO 4217, such as EUR
    invalid_value: items[0].salaryCurrency is "EUR USD", expected a currency code of ISO 4217, such as EUR
    invalid_value: items[0].salaryPeriod is "per year", expected YEAR, MONTH, WEEK, DAY or HOUR
    wrong_type: items[0].salaryPeriod is an object, expected YEAR, MONTH, WEEK, DAY or HOUR
    invalid_value: items[0].language is "en_US", expected a language tag of BCP 47, such as en or pt-BR
    invalid_value: items[0].language is "e", expected a language tag of BCP 47, such as en or pt-BR
    invalid_value: items[0].language is "en-", expected a language tag of BCP 47, such as en or pt-BR
    invalid_value: items[0].language is "en-123456789", expected a language tag of BCP 47, such as en or pt-BR
    "#
    );
}

#[test]
fn amounts_are_finite_and_not_negative() {
    for spec in of_kind(|kind| kind == Kind::Amount) {
        for (sent, is_stored_as) in [
            ("0", "0"),
            ("-0", "0"),
            ("52000", "52000"),
            ("31.50", "31.5"),
            ("\"75.00\"", "75"),
            ("1e300", "1e+300"),
        ] {
            assert_eq!(stored(spec, sent), Ok(parsed(is_stored_as)), "{sent}");
        }
    }
    insta::assert_snapshot!(
        ["-1", "\"-0.01\"", "1e400", "\"60k\"", "\"1,000\"", "\"1e400\"", "true", "[1]"]
            .map(|value| stored(Field::SalaryMin.spec(), value).expect_err(value))
            .join("\n"),
        @r#"
    out_of_range: items[0].salaryMin is -1, expected a number of at least 0
    out_of_range: items[0].salaryMin is "-0.01", expected a number of at least 0
    out_of_range: items[0].salaryMin is 1e400, beyond the range of a double
    invalid_value: items[0].salaryMin is "60k", expected a number such as 52000 or 31.5
    invalid_value: items[0].salaryMin is "1,000", expected a number such as 52000 or 31.5
    out_of_range: items[0].salaryMin is "1e400", beyond the range of a double
    wrong_type: items[0].salaryMin is a boolean, expected a number or its text
    wrong_type: items[0].salaryMin is an array, expected a number or its text
    "#
    );
}

#[test]
fn extra_is_an_object_stored_as_sent() {
    let object = |n_bytes: usize| format!("{{\"a\": \"{}\"}}", "x".repeat(n_bytes - 9));
    for spec in of_kind(|kind| kind == Kind::Object) {
        for json in [
            "{}",
            "{ \"b\":\t1.0, \"a\" : [\"\\u00e9\\ud83d\", {}] }",
            &object(MAX_EXTRA_BYTES),
        ] {
            assert_eq!(stored(spec, json), Ok(json!(json)));
        }
        for empty in ["[]", "[ \n]"] {
            assert_eq!(stored(spec, empty), Ok(json!(null)));
        }
        assert_eq!(
            stored(spec, &object(MAX_EXTRA_BYTES + 1)),
            Err(format!(
                "too_long: items[0].{} is 8193 bytes of JSON, the limit is 8192",
                spec.json_name
            ))
        );
        for sent in ["[1]", "[\"\"]", "7", "\"{}\"", "true"] {
            let error = stored(spec, sent).expect_err(sent);
            assert!(error.ends_with("expected an object"), "{error}");
        }
    }
}

#[test]
fn wrong_type_names_the_type_found() {
    insta::assert_snapshot!(
        ["true", "[]", "{}"]
            .map(|value| stored(Field::Title.spec(), value).expect_err(value))
            .join("\n"),
        @"
    wrong_type: items[0].title is a boolean, expected a text or a number
    wrong_type: items[0].title is an array, expected a text or a number
    wrong_type: items[0].title is an object, expected a text or a number
    "
    );
}

#[test]
fn all_errors_of_all_items_are_found() {
    let prepared = items(&json!([
        { "title": {}, "companyId": -1 },
        { "externalId": "b" },
        { "externalId": "c", "isFeatured": 2, "source": "s".repeat(101) },
        7,
        null,
    ]));
    assert_eq!(
        (prepared.n_received, prepared.n_rejected, prepared.n_rows),
        (5, 4, 1)
    );
    insta::assert_json_snapshot!(prepared.errors.listed());
    assert_eq!(
        json!(prepared.errors.counts()),
        json!({ "missing": 1, "wrong_type": 3, "out_of_range": 1, "invalid_value": 1, "too_long": 1 })
    );
}

#[test]
fn lists_a_hundred_errors_and_counts_all() {
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
    assert_eq!(json!(prepared.errors.counts()), json!({ "missing": 101 }));
}

#[test]
fn last_of_repeated_keys_wins() {
    let prepared = parse(r#"[{"externalId":"a","title":{},"title":"ok","t\u0069tle":"last"}]"#);
    let prepared = prepared.expect("a body");
    assert_eq!(values(&prepared, Field::Title), ["last"]);
    assert!(prepared.errors.is_empty());
}

#[test]
fn key_with_a_lone_surrogate_is_unknown() {
    let prepared = parse(r#"[{"externalId":"a","title":"T","ti\udc00tle":"x","\u0000title":"y"}]"#);
    let prepared = prepared.expect("a body");
    assert_eq!(values(&prepared, Field::Title), ["T"]);
    assert_eq!(prepared.ignored_fields.len(), 2);
}

#[test]
fn unknown_fields_are_named_with_a_suggestion() {
    let prepared = items(&json!([
        { "externalId": "a", "job_title": "T", "salry": 1, "internal": { "title": 1 } },
        { "externalId": "b", "job_title": "T" },
    ]));
    assert_eq!(
        json!(prepared.ignored_fields),
        json!([
            { "name": "internal", "count": 1 },
            { "name": "job_title", "count": 2, "did_you_mean": "title" },
            { "name": "salry", "count": 1, "did_you_mean": "salary" },
        ])
    );
    assert_eq!(prepared.n_rejected, 0);
}

#[test]
fn unknown_error_rejects_unknown_fields() {
    let rules = Rules {
        unknown: Unknown::Error,
        ..Rules::default()
    };
    let many: serde_json::Map<String, Value> =
        (0..30).map(|n| (format!("key{n:02}"), json!(n))).collect();
    let prepared = items_by(
        &json!([
            { "externalId": "a", "title": "T" },
            { "externalId": "b", "title": "T", "job_title": "T", "internal": 1 },
            many,
        ]),
        rules,
    );
    assert_eq!((prepared.n_rows, prepared.n_rejected), (1, 2));
    assert_eq!(prepared.ignored_fields, []);
    insta::assert_snapshot!(lines(&prepared.errors).lines().take(4).collect::<Vec<_>>().join("\n"), @"
    unknown_field: items[1].internal is not a field of a posting
    unknown_field: items[1].job_title is not a field of a posting; did you mean title?
    missing: items[2].externalId is missing
    unknown_field: items[2].key00 is not a field of a posting
    ");
    // The first 20 of a posting.
    assert_eq!(
        json!(prepared.errors.counts()),
        json!({ "missing": 1, "unknown_field": 22 })
    );
}

#[test]
fn single_source_of_a_token_is_the_default() {
    let sources = ["acme".to_owned()];
    let rules = Rules {
        sources: Some(&sources),
        ..Rules::default()
    };
    let postings = json!([
        { "externalId": "a" },
        { "externalId": "b", "source": "acme" },
        { "externalId": "c", "source": "manual" },
        { "externalId": "d", "source": "" },
    ]);
    let prepared = items_by(&postings, rules);
    assert_eq!(prepared.source.as_deref(), Some("acme"));
    assert_eq!(values(&prepared, Field::ExternalId), ["a", "b", "d"]);
    // The default source is a separate parameter.
    assert!(sent_rows(&prepared).iter().all(|row| row[0].is_null()));
    insta::assert_snapshot!(lines(&prepared.errors), @r#"source_not_allowed: items[2].source is "manual", which this request may not post"#);
    let both = ["acme".to_owned(), "globex".to_owned()];
    let rules = Rules {
        sources: Some(&both),
        ..Rules::default()
    };
    let prepared = items_by(&json!([{ "externalId": "a" }]), rules);
    insta::assert_snapshot!(lines(&prepared.errors), @r#"source_not_allowed: items[0].source is "manual", which this request may not post"#);
}

#[test]
fn token_limited_to_companies_rejects_others() {
    use jobs_ingest_core::options::Missing;
    let with = |companies: &[u64], defaults, missing, posting: Value| {
        let rules = Rules {
            companies: Some(companies),
            defaults,
            missing,
            ..Rules::default()
        };
        let mut posting = posting;
        posting["externalId"] = json!("a");
        let prepared = items_by(&json!([posting]), rules);
        match values(&prepared, Field::CompanyId).first() {
            Some(id) => Ok(id.clone()),
            None => Err(lines(&prepared.errors)),
        }
    };
    let not_7 = "company_not_allowed: items[0].companyId is 7, which this token may not post";
    let not_stated = "company_not_allowed: items[0].companyId is not stated; this token may only post certain companies";
    for defaults in [Defaults::Legacy, Defaults::None] {
        for missing in [Missing::Default, Missing::Keep] {
            let one = |posting| with(&[5], defaults, missing, posting);
            for silent in [
                json!({}),
                json!({ "companyId": null }),
                json!({ "companyId": 0 }),
            ] {
                assert_eq!(one(silent), Ok(json!(5)));
            }
            assert_eq!(one(json!({ "companyId": "5" })), Ok(json!(5)));
            assert_eq!(one(json!({ "companyId": 7 })), Err(not_7.to_owned()));
            let error = one(json!({ "companyId": "x" })).expect_err("an error");
            assert_eq!(
                error,
                "not_an_integer: items[0].companyId is \"x\", expected an integer"
            );
            let several = |posting| with(&[5, 6], defaults, missing, posting);
            assert_eq!(several(json!({ "companyId": 6 })), Ok(json!(6)));
            let error = several(json!({})).expect_err("an error");
            assert!(error.starts_with("company_not_allowed: "), "{error}");
        }
    }
    // The default company of the replaced function needs permission like any other.
    let legacy = |missing| with(&[1, 5], Defaults::Legacy, missing, json!({}));
    assert_eq!(legacy(Missing::Default), Ok(json!(1)));
    assert_eq!(legacy(Missing::Keep), Err(not_stated.to_owned()));
    let none = with(&[1, 5], Defaults::None, Missing::Default, json!({}));
    assert_eq!(none, Err(not_stated.to_owned()));
}
