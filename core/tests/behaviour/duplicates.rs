//! The same id more than once in a request.

use serde_json::json;

use crate::request::{items, lines, rows};

#[test]
fn the_last_one_wins_and_the_others_are_counted() {
    let prepared = items(&json!([
        { "externalId": "a", "title": "first" },
        { "externalId": "b" },
        { "externalId": " a ", "title": "second" },
        { "externalId": "a", "title": "last" },
    ]));
    assert_eq!(
        (prepared.n_rows, prepared.n_duplicates, prepared.n_rejected),
        (2, 2, 0)
    );
    let rows = rows(&prepared);
    assert_eq!(
        (&rows[0][0], &rows[1][0], &rows[1][1]),
        (&json!("b"), &json!("a"), &json!("last"))
    );
}

#[test]
fn a_number_and_its_text_are_the_same_id() {
    let prepared = items(&json!([{ "externalId": 7 }, { "externalId": "7" }]));
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (1, 1));
}

#[test]
fn escapes_do_not_make_another_id() {
    let body = r#"[{"externalId":"a\"\/\u00e9"},{"externalId":"\u0061\"/é"}]"#;
    let prepared = crate::request::json(body).expect("a body");
    assert_eq!((prepared.n_rows, prepared.n_duplicates), (1, 1));
}

#[test]
fn an_invalid_one_does_not_stand_in_for_a_valid_one() {
    let prepared = items(&json!([
        { "externalId": "a", "title": "valid" },
        { "externalId": "a", "title": 7 },
    ]));
    assert_eq!(
        (prepared.n_rows, prepared.n_duplicates, prepared.n_rejected),
        (1, 0, 1)
    );
    assert_eq!(rows(&prepared)[0][1], "valid");
}

#[test]
fn different_ids_that_the_cut_makes_equal_are_errors() {
    let id = |end: &str| format!("{}{end}", "x".repeat(100));
    let prepared = items(&json!([
        { "externalId": id("a") },
        { "externalId": "other" },
        { "externalId": id("b") },
    ]));
    assert_eq!(
        (prepared.n_rows, prepared.n_duplicates, prepared.n_rejected),
        (1, 0, 2)
    );
    insta::assert_snapshot!(lines(&prepared.errors), @"
    id_collision: items[0].externalId becomes equal to that of items[2] when cut to 100 characters
    id_collision: items[2].externalId becomes equal to that of items[0] when cut to 100 characters
    ");
    assert_eq!(
        prepared.errors.listed()[0].external_id.as_deref(),
        Some("x".repeat(100).as_str())
    );
}

#[test]
fn an_id_of_100_characters_collides_with_a_longer_one() {
    let id = "x".repeat(100);
    let prepared = items(&json!([{ "externalId": id }, { "externalId": format!("{id}y") }]));
    assert_eq!((prepared.n_rows, prepared.n_rejected), (0, 2));
}
