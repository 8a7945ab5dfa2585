//! Law: what is sent is what SQLite gives back, whatever the texts are and however they are
//! escaped.

use jobs_ingest_core::ingest::with_escapes;
use jobs_ingest_core::options::Options;
use jobs_ingest_core::outcome::Tally;
use proptest::prelude::*;
use serde_json::json;

use crate::database::Database;
use crate::request::items;

/// Texts that mean something to JSON, SQL or Unicode, among any others.
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
    fn texts_come_back_as_sent(
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
        // And it is known again.
        let again = Tally { n_unchanged: 1, ..Tally::default() };
        prop_assert_eq!(database.ingest(&prepared, options, "t2"), again);
    }
}

#[test]
fn a_few_characters_outside_ascii_travel_as_escapes() {
    let mut database = Database::migrated();
    let description = format!("We’re 😀 in São Paulo. {}", "plain ".repeat(50));
    let mut prepared = items(&json!([{ "externalId": "é1", "description": description }]));
    prepared.params = prepared.params.into_iter().map(with_escapes).collect();
    assert!(prepared.params[0].is_ascii());
    database.ingest(&prepared, Options::default(), "t1");
    assert_eq!(database.column::<String>("external_id"), ["é1"]);
    assert_eq!(database.column::<String>("description"), [description]);
}

#[test]
fn texts_mostly_outside_ascii_travel_as_they_are() {
    let prepared = items(&json!([{ "externalId": "1", "description": "Разработчик" }]));
    assert_eq!(with_escapes(prepared.params[0].clone()), prepared.params[0]);
}

#[test]
fn the_longest_row_is_stored() {
    let mut database = Database::migrated();
    let prepared = items(&json!([{
        "externalId": "\u{1}".repeat(100), "title": "\u{1}".repeat(255),
        "location": "\u{1}".repeat(1_000), "salary": "\u{1}".repeat(255),
        "jobType": "\u{1}".repeat(100), "workMode": "\u{1}".repeat(100),
        "source": "\u{1}".repeat(100), "description": "\u{1}".repeat(262_144),
    }]));
    assert_eq!(prepared.n_rows, 1);
    assert!(prepared.params[0].len() <= jobs_ingest_core::limits::MAX_PARAM_BYTES);
    database.ingest(&prepared, Options::default(), "t1");
    assert_eq!(database.column::<i64>("length(description)"), [262_144]);
}

#[test]
fn the_largest_requests_stay_below_the_statements_of_a_request() {
    use jobs_ingest_core::limits::{
        MAX_BODY_BYTES, MAX_ITEMS, MAX_PARAM_BYTES, MAX_PARAMS, MAX_ROW_GROWTH_BYTES,
    };
    // The most postings there can be, as short as they can be: their rows grow the most.
    let smallest: Vec<_> = (0..MAX_ITEMS)
        .map(|id| json!({ "externalId": id }))
        .collect();
    // The longest rows there can be: parameters are filled the worst.
    let longest: Vec<_> = (0..MAX_BODY_BYTES / 1_580_000)
        .map(|id| json!({ "externalId": id, "description": "\u{1}".repeat(262_144) }))
        .collect();
    // Rows just over half of a parameter: each goes alone.
    let halves: Vec<_> = (0..MAX_BODY_BYTES / 760_000)
        .map(|id| json!({ "externalId": id, "description": "\u{1}".repeat(126_000) }))
        .collect();
    // Numbers that are written out: rows that grow the most.
    let numbers: Vec<_> = (0..MAX_ITEMS)
        .map(|id| format!("{{\"externalId\":{}e15,\"salary\":1e20}}", 100_000 + id))
        .collect();
    // Ids of control characters, which are as short in a row as they can be in a body.
    let controls: Vec<_> = (0..MAX_ITEMS)
        .map(|id| format!("{{\"externalId\":\"{id}{}\"}}", "\\b".repeat(90)))
        .collect();
    let of_values = |postings: Vec<serde_json::Value>| json!(postings).to_string();
    let of_texts = |postings: Vec<String>| format!("[{}]", postings.join(","));
    for body in [
        of_values(smallest),
        of_values(longest),
        of_values(halves),
        of_texts(numbers),
        of_texts(controls),
    ] {
        assert!(body.len() <= MAX_BODY_BYTES);
        let prepared = crate::request::json(&body).expect("a body");
        assert_eq!(prepared.n_rejected, 0);
        assert!(prepared.params.len() <= MAX_PARAMS);
        assert!(
            prepared
                .params
                .iter()
                .all(|param| param.len() <= MAX_PARAM_BYTES)
        );
        let growth_bytes = prepared.n_rows * MAX_ROW_GROWTH_BYTES + 2 * prepared.params.len();
        assert!(prepared.param_bytes() <= body.len() + growth_bytes);
    }
}
