//! The same posting more than once in a request.

use jobs_ingest_core::field::Field;
use serde_json::json;

use crate::request::{items, json as parse, lines, values};

#[test]
fn the_last_one_wins_and_the_others_are_counted() {
    let prepared = items(&json!([
        { "externalId": "a", "title": "first" },
        { "externalId": "b", "title": "other" },
        { "externalId": " a ", "title": "second" },
        { "externalId": "a", "title": "last" },
    ]));
    assert_eq!(
        (prepared.n_rows, prepared.n_duplicates, prepared.n_rejected),
        (2, 2, 0)
    );
    assert_eq!(values(&prepared, Field::ExternalId), ["b", "a"]);
    assert_eq!(values(&prepared, Field::Title), ["other", "last"]);
    insta::assert_snapshot!(lines(&prepared.warnings), @"
    duplicate: items[0].externalId is that of items[3] as well, which differs and was kept
    duplicate: items[2].externalId is that of items[3] as well, which differs and was kept
    ");
    assert_eq!(
        prepared.warnings.listed()[0].external_id.as_deref(),
        Some("a")
    );
}

#[test]
fn an_equal_one_is_no_warning() {
    let prepared = items(&json!([
        { "externalId": "a", "title": "x" },
        { "externalId": "a", "title": "y" },
        { "externalId": "a", "title": "x" },
    ]));
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (1, 2));
    insta::assert_snapshot!(lines(&prepared.warnings), @"duplicate: items[1].externalId is that of items[2] as well, which differs and was kept");
}

#[test]
fn warnings_are_in_the_order_of_the_request() {
    let prepared = items(&json!([
        { "externalId": "a" },
        { "externalId": "b", "title": "x" },
        { "externalId": "b", "title": "y" },
        { "externalId": "a", "title": "x" },
        { "externalId": "c" },
    ]));
    let indices: Vec<usize> = prepared
        .warnings
        .listed()
        .iter()
        .map(|warning| warning.index)
        .collect();
    assert_eq!(indices, [0, 0, 1, 4]);
    assert_eq!(
        json!(prepared.warnings.counts()),
        json!({ "empty_title": 2, "duplicate": 2 })
    );
}

#[test]
fn the_same_id_of_two_sources_is_two_postings() {
    let prepared = items(&json!([
        { "externalId": "25", "source": "acme" },
        { "externalId": "25", "source": "globex" },
        { "externalId": "25" },
        { "externalId": "25", "source": "manual" },
    ]));
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (3, 1));
    assert_eq!(
        values(&prepared, Field::Source),
        ["acme", "globex", "manual"]
    );
}

#[test]
fn a_comma_does_not_move_from_the_source_to_the_id() {
    let prepared = items(&json!([
        { "source": "a\",\"b", "externalId": "c" },
        { "source": "a", "externalId": "b\",\"c" },
    ]));
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (2, 0));
}

#[test]
fn a_number_and_its_text_are_the_same_id() {
    let prepared = items(&json!([{ "externalId": 7 }, { "externalId": "7" }]));
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (1, 1));
}

#[test]
fn escapes_do_not_make_another_id() {
    let body = r#"[{"externalId":"a\"\/\u00e9"},{"externalId":"\u0061\"/é"}]"#;
    let prepared = parse(body).expect("a body");
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (1, 1));
}

#[test]
fn an_invalid_one_does_not_stand_in_for_a_valid_one() {
    let prepared = items(&json!([
        { "externalId": "a", "title": "valid" },
        { "externalId": "a", "title": {} },
    ]));
    assert_eq!(
        (prepared.n_rows, prepared.n_duplicates, prepared.n_rejected),
        (1, 0, 1)
    );
    assert_eq!(values(&prepared, Field::Title), ["valid"]);
}

#[test]
fn urls_with_a_long_common_beginning_are_different_ids() {
    let url = |n: usize| format!("https://jobs.example/{}/{n}", "x".repeat(150));
    let postings: Vec<_> = (0..200).map(|n| json!({ "externalId": url(n) })).collect();
    let prepared = items(&json!(postings));
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (200, 0));
}
