//! Workable's widget.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::Workable;

use crate::support::{error, shown};

pub const ACCOUNT: &str = r##"{
  "name": "Acme",
  "jobs": [
    {
      "title": "Analyst", "shortcode": "AAAA000001", "code": "", "employment_type": "", "telecommuting": true, "department": "Data",
      "url": "https://apply.example/j/AAAA000001", "shortlink": "https://apply.example/j/AAAA000001",
      "application_url": "https://apply.example/j/AAAA000001/apply", "published_on": "2026-08-05", "created_at": "2026-02-02",
      "country": "Spain", "city": "", "state": "", "education": "", "experience": "", "function": "Analyst", "industry": "Software",
      "locations": [{"country": "Spain", "countryCode": "ES", "city": "", "region": null, "hidden": false}], "description": "<p>Analyse</p>"
    },
    {
      "title": "Analyst", "shortcode": "AAAA000001", "code": "", "employment_type": "", "telecommuting": true, "department": "Data",
      "url": "https://apply.example/j/AAAA000001", "shortlink": "https://apply.example/j/AAAA000001",
      "application_url": "https://apply.example/j/AAAA000001/apply", "published_on": "2026-08-05", "created_at": "2026-02-02",
      "country": "Portugal", "city": "Porto", "state": "", "education": "", "experience": "", "function": "Analyst", "industry": "Software",
      "locations": [{"country": "Portugal", "countryCode": "PT", "city": "Porto", "region": null, "hidden": false}], "description": "<p>Analyse</p>"
    },
    {
      "title": "Baker", "shortcode": "AAAA000002", "employment_type": "Full-time", "telecommuting": false, "department": "",
      "url": "https://apply.example/j/AAAA000002", "published_on": "2026-08-05", "country": "Greece", "city": "Athens",
      "locations": [{"country": "Greece", "countryCode": "GR", "city": "Athens", "region": "Attica", "hidden": true}]
    }
  ]
}"##;

#[test]
fn account_with_every_quirk() {
    assert_snapshot!(shown(Workable, ACCOUNT), @r#"
    externalId: "AAAA000001"
    source: "workable:acme"
    title: "Analyst"
    companyName: "Acme"
    location: "Porto, Portugal; Spain"
    country: "PT"
    locality: "Porto"
    workMode: "remote"
    postedAt: "2026-08-05"
    url: "https://apply.example/j/AAAA000001"
    applyUrl: "https://apply.example/j/AAAA000001/apply"
    department: "Data"
    description: "<p>Analyse</p>"
    extra: {"function":"Analyst","industry":"Software","locations":[{"country":"PT","locality":"Porto","name":"Porto, Portugal"},{"country":"ES","name":"Spain"}]}
    ---
    externalId: "AAAA000002"
    source: "workable:acme"
    title: "Baker"
    companyName: "Acme"
    jobType: "FULL_TIME"
    postedAt: "2026-08-05"
    url: "https://apply.example/j/AAAA000002"
    extra: {"employment_type_raw":"Full-time"}
    left alone: description
    ---
    complete: the call returns all postings of the account
    "#);
}

#[test]
fn rejects_a_response_of_version_3() {
    assert_snapshot!(error(Workable, r#"{"total":1,"results":[{"shortcode":"A"}],"nextPage":"t"}"#), @"the body is not workable: expected an object with `name` and `jobs`, whose rows have `shortcode`, found an object with total, results, nextPage");
}
