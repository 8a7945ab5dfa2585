//! Rows with the same id.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::Indeed;

use crate::support::{as_set, mapped, shown};

const JOB: &str = "<job><title>T</title><referencenumber>1</referencenumber><url>https://b.example/1</url><city>Wien</city></job>";

#[test]
fn places_are_joined_independent_of_row_order() {
    let other = JOB
        .replace("Wien", "Graz")
        .replace("<city>", "<company>Acme</company><city>");
    let forth = format!("<source>{JOB}{other}</source>");
    let back = format!("<source>{other}{JOB}</source>");
    assert_eq!(
        as_set(&mapped(Indeed, &forth)),
        as_set(&mapped(Indeed, &back))
    );
    assert_snapshot!(shown(Indeed, &forth), @r#"
    externalId: "1"
    source: "indeed:acme"
    title: "T"
    companyName: "Acme"
    location: "Graz; Wien"
    locality: "Graz"
    url: "https://b.example/1"
    extra: {"locations":[{"locality":"Graz","name":"Graz"},{"locality":"Wien","name":"Wien"}]}
    left alone: description
    ---
    complete: such a feed always contains the publisher's whole list
    rows_differ (row 1): the rows of id "1" differ in more than their place; one was kept, with its gaps filled from the others
    "#);
}

#[test]
fn equal_rows_are_merged() {
    assert_snapshot!(shown(Indeed, &format!("<source>{JOB}{JOB}</source>")), @r#"
    externalId: "1"
    source: "indeed:acme"
    title: "T"
    location: "Wien"
    locality: "Wien"
    url: "https://b.example/1"
    left alone: description
    ---
    complete: such a feed always contains the publisher's whole list
    "#);
}
