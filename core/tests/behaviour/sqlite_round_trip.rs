//! Law: SQLite returns what was sent, whatever the texts contain and however they are escaped.

use jobs_ingest_core::field::{FIELDS, Kind};
use jobs_ingest_core::ingest::{BodyError, with_escapes};
use jobs_ingest_core::limits::{
    MAX_BODY_BYTES, MAX_EXTERNAL_ID_CHARS, MAX_EXTRA_BYTES, MAX_ITEMS, MAX_LABEL_CHARS,
    MAX_PARAM_BYTES, MAX_PARAMS, MAX_ROWS_BYTES, MAX_URL_CHARS,
};
use jobs_ingest_core::options::Options;
use jobs_ingest_core::outcome::Tally;
use jobs_ingest_core::row_size::{MAX_ROW_BYTES, max_rows_bytes};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::database::Database;
use crate::request::items;

/// Any texts, among them some that are special in JSON, SQL or Unicode.
fn text() -> impl Strategy<Value = String> {
    let tricky = prop::sample::select(vec![
        "'; DROP TABLE jobs; --",
        "\"quoted\"",
        "back\\slash",
        "\\u0041",
        "\u{1}\u{1f}\u{7f}",
        "👩‍👩‍👧",
        "مرحبا",
        "e\u{301}",
        "\u{feff}",
        "\u{2028}",
        "null",
        "[1]",
        "{}",
        "%",
        "<b>&amp;",
    ]);
    let any_text = any::<String>().prop_map(|text| text.replace('\0', "0"));
    prop::collection::vec(prop_oneof![tricky.prop_map(str::to_owned), any_text], 0..4)
        .prop_map(|parts| parts.concat())
        .prop_map(|text| text.chars().take(90).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn texts_are_returned_as_sent(
        id in text(), title in text(), location in text(), description in text(),
        company_id in 1..=9_007_199_254_740_991_u64,
    ) {
        let id = format!("x{id}x");
        let mut database = Database::migrated();
        let prepared = items(&json!([{
            "externalId": id, "title": title, "location": location, "description": description,
            "companyId": company_id,
        }]));
        prop_assert!(prepared.errors.is_empty());
        let options = Options::default();
        database.ingest(&prepared, options, "t1");
        prop_assert_eq!(database.column::<String>("external_id"), [id]);
        prop_assert_eq!(database.column::<String>("title"), [title]);
        let or_null = |text: String| Some(text).filter(|text| !text.is_empty());
        prop_assert_eq!(database.column::<Option<String>>("location"), [or_null(location)]);
        let stored = database.column::<Option<String>>("description");
        prop_assert_eq!(stored, [or_null(description)]);
        prop_assert_eq!(database.column::<u64>("company_id"), [company_id]);
        // Sent again, it is recognised as unchanged.
        let again = Tally { n_unchanged: 1, ..Tally::default() };
        prop_assert_eq!(database.ingest(&prepared, options, "t2"), again);
    }
}

#[test]
fn few_non_ascii_characters_are_sent_as_escapes() {
    let mut database = Database::migrated();
    let description = format!("We’re 😀 in São Paulo. {}", "plain ".repeat(50));
    let mut prepared = items(&json!([{ "externalId": "é1", "description": description }]));
    for param in &mut prepared.params {
        param.json = with_escapes(std::mem::take(&mut param.json));
    }
    assert!(prepared.params[0].json.is_ascii());
    database.ingest(&prepared, Options::default(), "t1");
    assert_eq!(database.column::<String>("external_id"), ["é1"]);
    assert_eq!(database.column::<String>("description"), [description]);
}

#[test]
fn mostly_non_ascii_texts_are_sent_unescaped() {
    let prepared = items(&json!([{ "externalId": "1", "description": "Разработчик" }]));
    let json = &prepared.params[0].json;
    assert_eq!(with_escapes(json.clone()), *json);
}

/// The longest value that a kind of field accepts.
fn longest(kind: Kind) -> Value {
    let text = |n: usize| json!("\u{1}".repeat(n));
    match kind {
        Kind::Source => text(MAX_LABEL_CHARS),
        Kind::Id => text(MAX_EXTERNAL_ID_CHARS),
        Kind::Text { max_chars } | Kind::Texts { max_chars } => text(max_chars),
        Kind::LongText { max_bytes } => text(max_bytes),
        Kind::Url => json!(format!("https://x/{}", "é".repeat(MAX_URL_CHARS - 10))),
        Kind::Object => {
            let quotes = "\\\"".repeat(MAX_EXTRA_BYTES / 2 - 4);
            let object = format!("{{\"a\":\"{quotes}\"}}");
            assert!(object.len() <= MAX_EXTRA_BYTES);
            serde_json::from_str(&object).expect("JSON")
        }
        _ => serde_json::from_str(kind.example().sent).expect("JSON"),
    }
}

#[test]
fn stores_the_longest_row() {
    let mut database = Database::migrated();
    let posting: Map<String, Value> = FIELDS
        .iter()
        .map(|spec| (spec.json_name.to_owned(), longest(spec.kind)))
        .collect();
    let prepared = items(&json!([posting]));
    assert_eq!(prepared.n_rows, 1, "{:?}", prepared.errors.listed());
    assert!(prepared.warnings.is_empty());
    assert!(prepared.params[0].json.len() <= MAX_ROW_BYTES + "[]".len());
    assert!(with_escapes(prepared.params[0].json.clone()).len() <= MAX_PARAM_BYTES);
    database.ingest(&prepared, Options::default(), "t1");
    assert_eq!(database.column::<i64>("length(description)"), [262_144]);
    assert_eq!(database.column::<i64>("length(external_id)"), [500]);
}

#[test]
fn rows_are_accepted_up_to_their_limit() {
    // Each quote in an extra takes two bytes in a row.
    let extra = format!("{{\"a\":\"{}\"}}", "\\\"".repeat(4_000));
    let body = |n_postings: usize, rest: usize| {
        let posting = |id| format!("{{\"externalId\":{id},\"title\":\"T\",\"extra\":{extra}}}");
        let rest = format!(
            "{{\"externalId\":\"x\",\"description\":\"{}\"}}",
            "d".repeat(rest)
        );
        let postings: Vec<String> = (100..100 + n_postings).map(posting).chain([rest]).collect();
        format!("[{}]", postings.join(","))
    };
    let bytes = |n_postings, rest| {
        let prepared = crate::request::json(&body(n_postings, rest)).expect("a body");
        prepared.param_bytes()
    };
    let row_bytes = bytes(2, 0) - bytes(1, 0);
    let n_postings = MAX_ROWS_BYTES / row_bytes - 10;
    // Whether the last row gets a parameter of its own, and so further brackets, depends on its length:
    // measured once with a short one, then with one of nearly the length.
    let nearly = MAX_ROWS_BYTES - bytes(n_postings, 1) - 10;
    let rest = MAX_ROWS_BYTES - bytes(n_postings, nearly) + nearly;
    assert!(rest < 262_144, "{rest}");
    // A last row that starts another parameter takes a byte more.
    let parsed = |rest| crate::request::json(&body(n_postings, rest));
    let is_exact =
        |rest: &usize| parsed(*rest).is_ok_and(|rows| rows.param_bytes() == MAX_ROWS_BYTES);
    let rest = [rest, rest - 1].into_iter().find(is_exact);
    let rest = rest.expect("a body at the limit");
    assert!(body(n_postings, rest + 1).len() < MAX_BODY_BYTES);
    let error = crate::request::json(&body(n_postings, rest + 1)).err();
    assert_eq!(error, Some(BodyError::RowsTooLong));
}

#[test]
fn largest_requests_stay_below_the_statement_limit() {
    // As many postings as allowed, each as short as possible: their rows grow the most.
    let smallest: Vec<_> = (0..MAX_ITEMS)
        .map(|id| json!({ "externalId": id }))
        .collect();
    // The longest possible rows: parameters have the most unused space.
    let longest: Vec<_> = (0..MAX_BODY_BYTES / 1_580_000)
        .map(|id| json!({ "externalId": id, "description": "\u{1}".repeat(262_144) }))
        .collect();
    // Rows just over half of a parameter: each gets a parameter of its own.
    let halves: Vec<_> = (0..MAX_BODY_BYTES / 760_000)
        .map(|id| json!({ "externalId": id, "description": "\u{1}".repeat(126_000) }))
        .collect();
    // Numbers that are written out, so that rows grow the most.
    let numbers: Vec<_> = (0..MAX_ITEMS)
        .map(|id| {
            let id = 100_000 + id;
            format!("{{\"externalId\":{id}e15,\"url\":null,\"region\":1e20,\"extra\":{{}}}}")
        })
        .collect();
    // Ids of control characters, which take as little space in a body as in a row.
    let controls: Vec<_> = (0..MAX_ITEMS)
        .map(|id| format!("{{\"externalId\":\"{id}{}\"}}", "\\b".repeat(90)))
        .collect();
    // Objects full of quotes, each of which takes two bytes in a row.
    let quotes = "\"\":\"\",".repeat((MAX_EXTRA_BYTES - 10) / 6);
    let objects: Vec<_> = (0..MAX_ROWS_BYTES / 15_100)
        .map(|id| format!("{{\"externalId\":{id},\"extra\":{{{quotes}\"\":\"\"}}}}"))
        .collect();
    let of_values = |postings: Vec<Value>| json!(postings).to_string();
    let of_texts = |postings: Vec<String>| format!("[{}]", postings.join(","));
    for body in [
        of_values(smallest),
        of_values(longest),
        of_values(halves),
        of_texts(numbers),
        of_texts(controls),
        of_texts(objects),
    ] {
        assert!(body.len() <= MAX_BODY_BYTES);
        let prepared = crate::request::json(&body).expect("a body");
        assert_eq!(prepared.n_rejected, 0);
        assert!(prepared.params.len() <= MAX_PARAMS);
        assert!(
            prepared
                .params
                .iter()
                .all(|param| param.json.len() <= MAX_PARAM_BYTES)
        );
        let rows_bytes = max_rows_bytes(body.len(), prepared.n_rows);
        assert!(prepared.param_bytes() <= rows_bytes + 2 * prepared.params.len());
    }
}
