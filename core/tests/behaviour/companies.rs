//! Tokens limited to companies: what they may post.

use jobs_ingest_core::field::Field;
use jobs_ingest_core::ingest::{Prepared, Rules, prepare};
use jobs_ingest_core::media::BodyFormat;
use serde_json::{Value, json};

use crate::request::{lines, rows};

fn post(companies: &[u64], postings: &Value) -> Prepared {
    let rules = Rules {
        companies: Some(companies),
        ..Rules::default()
    };
    let body = postings.to_string();
    prepare(body.as_bytes(), BodyFormat::Json, rules).expect("a body with postings")
}

#[test]
fn accepts_companies_of_the_token() {
    let postings = json!([
        { "externalId": "a", "companyId": 7 },
        { "externalId": "b", "companyId": "8" },
        { "externalId": "c", "companyId": 7.0 },
    ]);
    let prepared = post(&[7, 8], &postings);
    assert_eq!((prepared.n_rows, prepared.n_rejected), (3, 0));
}

#[test]
fn rejects_another_company_and_the_default_one() {
    let postings = json!([
        { "externalId": "a", "companyId": 9 },
        { "externalId": "b", "companyId": "77" },
        { "externalId": "c" },
        { "externalId": "d", "companyId": 0 },
        { "externalId": "e", "companyId": 7, "categoryId": 9 },
    ]);
    let prepared = post(&[7, 8], &postings);
    assert_eq!((prepared.n_rows, prepared.n_rejected), (1, 4));
    insta::assert_snapshot!(lines(&prepared.errors), @"
    company_not_allowed: items[0].companyId is 9, which this token may not post
    company_not_allowed: items[1].companyId is 77, which this token may not post
    company_not_allowed: items[2].companyId is 1, which this token may not post
    company_not_allowed: items[3].companyId is 1, which this token may not post
    ");
    let errors = prepared.errors.listed();
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_deref()).collect();
    assert_eq!(fields, [Some("companyId"); 4]);
}

#[test]
fn single_company_is_the_default() {
    let postings = json!([
        { "externalId": "a" },
        { "externalId": "b", "companyId": null },
        { "externalId": "c", "companyId": "" },
        { "externalId": "d", "companyId": 0 },
        { "externalId": "e", "companyId": 7 },
    ]);
    let prepared = post(&[7], &postings);
    let companies: Vec<_> = rows(&prepared)
        .into_iter()
        .map(|row| row[Field::CompanyId as usize].clone())
        .collect();
    assert_eq!(companies, vec![json!(7); 5]);
    // The category keeps the common default.
    assert_eq!(rows(&prepared)[0][Field::CategoryId as usize], 1);
}
