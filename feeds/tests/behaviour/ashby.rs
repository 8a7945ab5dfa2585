//! Ashby job boards.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::Ashby;
use serde_json::{Value, json};

use crate::support::{field, shown};

pub const BOARD: &str = r##"{
  "apiVersion": "1",
  "jobs": [
    {
      "id": "b0000000-0000-4000-8000-000000000001", "title": " Engineer ", "department": "R&D", "team": "Core",
      "employmentType": "FullTime", "location": "New York (HQ)", "isListed": true, "isRemote": true, "workplaceType": "Hybrid",
      "secondaryLocations": [
        {"location": "Toronto", "address": {"postalAddress": {"addressCountry": "Canada", "addressRegion": "", "addressLocality": "Toronto"}}},
        {"location": "Remote (EU)", "address": {"postalAddress": {"addressCountry": "European Union"}}}
      ],
      "address": {"postalAddress": {"addressCountry": "USA", "addressRegion": "NY", "addressLocality": "New York City"}},
      "publishedAt": "2026-04-07T17:12:35.753+00:00", "shouldDisplayCompensationOnJobPostings": true,
      "jobUrl": "https://jobs.example/acme/1", "applyUrl": "https://jobs.example/acme/1/application",
      "descriptionHtml": "<p>Build</p>", "descriptionPlain": "Build",
      "compensation": {
        "compensationTierSummary": "$150K – $180K • Offers Equity",
        "summaryComponents": [
          {"compensationType": "EquityPercentage", "interval": "NONE", "currencyCode": null, "minValue": null, "maxValue": null},
          {"compensationType": "Salary", "interval": "1 YEAR", "currencyCode": "USD", "minValue": 150000, "maxValue": 180000}
        ]
      }
    },
    {
      "id": "b0000000-0000-4000-8000-000000000002", "title": "Hidden pay", "department": "Ops", "team": "Ops",
      "employmentType": "Intern", "location": "Canada", "isListed": true, "isRemote": true, "workplaceType": null,
      "secondaryLocations": [], "address": {"postalAddress": {"addressCountry": "Canada", "addressRegion": "", "addressLocality": ""}},
      "publishedAt": "2026-04-20T22:43:56.531+00:00", "shouldDisplayCompensationOnJobPostings": false,
      "jobUrl": "https://jobs.example/acme/2", "applyUrl": "https://jobs.example/acme/2/application", "descriptionHtml": "<p>Help</p>",
      "compensation": {
        "compensationTierSummary": "$1K", "summaryComponents": [
          {"compensationType": "Salary", "interval": "1 MONTH", "currencyCode": "USD", "minValue": 1000, "maxValue": 1000}
        ]
      }
    },
    {"id": "b0000000-0000-4000-8000-000000000003", "title": "By link only", "isListed": false, "jobUrl": "https://jobs.example/acme/3"}
  ]
}"##;

#[test]
fn board_with_every_quirk() {
    assert_snapshot!(shown(Ashby, BOARD), @r#"
    externalId: "b0000000-0000-4000-8000-000000000001"
    source: "ashby:acme"
    title: "Engineer"
    location: "New York (HQ); Remote (EU); Toronto"
    country: "US"
    region: "NY"
    locality: "New York City"
    workMode: "hybrid"
    jobType: "FULL_TIME"
    salary: "$150K – $180K • Offers Equity"
    salaryMin: 150000
    salaryMax: 180000
    salaryCurrency: "USD"
    salaryPeriod: "YEAR"
    postedAt: "2026-04-07T17:12:35.753Z"
    url: "https://jobs.example/acme/1"
    applyUrl: "https://jobs.example/acme/1/application"
    department: "R&D"
    description: "<p>Build</p>"
    extra: {"employment_type_raw":"FullTime","locations":[{"country":"US","locality":"New York City","name":"New York (HQ)","region":"NY"},{"name":"Remote (EU)"},{"country":"CA","locality":"Toronto","name":"Toronto"}],"team":"Core"}
    ---
    externalId: "b0000000-0000-4000-8000-000000000002"
    source: "ashby:acme"
    title: "Hidden pay"
    location: "Canada"
    country: "CA"
    workMode: "remote"
    jobType: "INTERN"
    postedAt: "2026-04-20T22:43:56.531Z"
    url: "https://jobs.example/acme/2"
    applyUrl: "https://jobs.example/acme/2/application"
    department: "Ops"
    description: "<p>Help</p>"
    extra: {"employment_type_raw":"Intern","team":"Ops"}
    ---
    complete: the call returns all postings of the board
    skipped 1: unlisted
    "#);
}

fn board(job: Value) -> String {
    let mut fields = json!({"id": "a", "title": "T", "jobUrl": "https://b.example/1"});
    fields
        .as_object_mut()
        .unwrap()
        .extend(job.as_object().unwrap().clone());
    json!({"apiVersion": "1", "jobs": [fields]}).to_string()
}

#[test]
fn workplace_type_wins_over_is_remote() {
    let work_mode = |workplace: Value, remote: Value| {
        field(
            Ashby,
            &board(json!({"workplaceType": workplace, "isRemote": remote})),
            "workMode",
        )
    };
    assert_eq!(work_mode(json!("Hybrid"), json!(true)), "hybrid");
    assert_eq!(work_mode(json!("OnSite"), json!(true)), "onsite");
    assert_eq!(work_mode(Value::Null, json!(true)), "remote");
    assert!(work_mode(Value::Null, json!(false)).is_null());
    assert!(work_mode(Value::Null, Value::Null).is_null());
}

#[test]
fn call_without_compensation_leaves_pay_alone() {
    assert_snapshot!(shown(Ashby, &board(json!({}))), @r#"
    externalId: "a"
    source: "ashby:acme"
    title: "T"
    url: "https://b.example/1"
    left alone: salary, salaryMin, salaryMax, salaryCurrency, salaryPeriod, description
    ---
    complete: the call returns all postings of the board
    "#);
}

#[test]
fn pay_in_several_currencies_is_kept_as_text() {
    let salary = |currency: &str, min: u64| json!({"compensationType": "Salary", "interval": "1 YEAR", "currencyCode": currency, "minValue": min, "maxValue": null});
    let pay = |components: Value| {
        board(
            json!({"compensation": {"compensationTierSummary": "see tiers", "summaryComponents": components}}),
        )
    };
    assert_snapshot!(shown(Ashby, &pay(json!([salary("USD", 1), salary("CAD", 2)]))), @r#"
    externalId: "a"
    source: "ashby:acme"
    title: "T"
    salary: "see tiers"
    url: "https://b.example/1"
    left alone: description
    ---
    complete: the call returns all postings of the board
    salary_ambiguous (row 0): the pay has several currencies or periods and is kept as text
    "#);
    assert_snapshot!(shown(Ashby, &pay(json!([salary("USD", 2), salary("USD", 1)]))), @r#"
    externalId: "a"
    source: "ashby:acme"
    title: "T"
    salary: "see tiers"
    salaryMin: 1
    salaryCurrency: "USD"
    salaryPeriod: "YEAR"
    url: "https://b.example/1"
    left alone: description
    ---
    complete: the call returns all postings of the board
    "#);
}

#[test]
fn board_without_listed_postings_closes_nothing() {
    assert_snapshot!(shown(Ashby, r#"{"apiVersion":"1","jobs":[]}"#), @"incomplete: the list is empty, which may also mean a wrong board name or an outage");
}
