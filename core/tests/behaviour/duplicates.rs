//! A posting that occurs more than once in a request.

use jobs_ingest_core::field::Field;
use serde_json::json;

use crate::request::{items, json as parse, lines, values};

#[test]
fn last_one_wins_and_the_others_are_counted() {
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
    duplicate: items[0].externalId is repeated by items[3], which differs and was kept
    duplicate: items[2].externalId is repeated by items[3], which differs and was kept
    ");
    assert_eq!(
        prepared.warnings.listed()[0].external_id.as_deref(),
        Some("a")
    );
}

#[test]
fn equal_duplicate_is_not_a_warning() {
    let prepared = items(&json!([
        { "externalId": "a", "title": "x" },
        { "externalId": "a", "title": "y" },
        { "externalId": "a", "title": "x" },
    ]));
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (1, 2));
    insta::assert_snapshot!(lines(&prepared.warnings), @"duplicate: items[1].externalId is repeated by items[2], which differs and was kept");
}

#[test]
fn warnings_are_in_request_order() {
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
fn same_id_in_two_sources_is_two_postings() {
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
fn comma_cannot_move_between_source_and_id() {
    let prepared = items(&json!([
        { "source": "a\",\"b", "externalId": "c" },
        { "source": "a", "externalId": "b\",\"c" },
    ]));
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (2, 0));
}

#[test]
fn number_and_its_text_are_the_same_id() {
    let prepared = items(&json!([{ "externalId": 7 }, { "externalId": "7" }]));
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (1, 1));
}

#[test]
fn escapes_do_not_change_the_id() {
    let body = r#"[{"externalId":"a\"\/\u00e9"},{"externalId":"\u0061\"/é"}]"#;
    let prepared = parse(body).expect("a body");
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (1, 1));
}

#[test]
fn invalid_duplicate_does_not_supersede_a_valid_one() {
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
fn urls_with_a_long_common_prefix_are_different_ids() {
    let url = |n: usize| format!("https://jobs.example/{}/{n}", "x".repeat(150));
    let postings: Vec<_> = (0..200).map(|n| json!({ "externalId": url(n) })).collect();
    let prepared = items(&json!(postings));
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (200, 0));
}
