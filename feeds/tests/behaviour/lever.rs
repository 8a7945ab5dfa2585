//! Lever postings.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::Lever;
use jobs_ingest_feeds::map;

use crate::support::{error, field, request, shown, text};

pub const SITE: &str = r##"[
  {
    "id": "0a0a0a0a-0000-4000-8000-000000000001", "text": "Designer ", "country": "DE", "workplaceType": "hybrid",
    "categories": {"commitment": "Full-Time", "location": "Munich", "team": "Product", "department": "Brand A", "allLocations": ["Munich", "Vienna", "Graz"]},
    "createdAt": 1777410676083, "hostedUrl": "https://jobs.example/acme/1", "applyUrl": "https://jobs.example/acme/1/apply",
    "opening": "<p>Hello</p>", "descriptionBody": "<p>We design.</p>", "description": "<p>Hello</p><p>We design.</p>", "descriptionPlain": "",
    "lists": [{"text": "Skills & tools", "content": "<li>Ink</li><li>Paper</li>"}],
    "additional": "<p>Bye</p>", "additionalPlain": "Bye",
    "salaryRange": {"currency": "EUR", "interval": "per-month-salary", "min": 4000, "max": 5000},
    "salaryDescription": "<p>Plus a bonus</p>", "salaryDescriptionPlain": "Plus a bonus"
  },
  {
    "id": "0a0a0a0a-0000-4000-8000-000000000002", "text": "Clerk", "country": "US", "workplaceType": "remote",
    "categories": {"commitment": "Permanent", "location": "Remote", "team": "Office", "allLocations": ["Remote"]},
    "createdAt": 1553186035299, "hostedUrl": "https://jobs.example/acme/2?lever-source=x", "applyUrl": "https://jobs.example/acme/2/apply",
    "description": "", "descriptionPlain": "Plain & simple", "lists": [], "additional": ""
  }
]"##;

#[test]
fn site_with_every_quirk() {
    assert_snapshot!(shown(Lever, SITE), @r#"
    externalId: "0a0a0a0a-0000-4000-8000-000000000001"
    source: "lever:acme"
    title: "Designer"
    location: "Munich; Graz; Vienna"
    country: "DE"
    workMode: "hybrid"
    jobType: "FULL_TIME"
    salary: "4000 - 5000 EUR per month"
    salaryMin: 4000
    salaryMax: 5000
    salaryCurrency: "EUR"
    salaryPeriod: "MONTH"
    postedAt: "2026-04-28T21:11:16.083Z"
    url: "https://jobs.example/acme/1"
    applyUrl: "https://jobs.example/acme/1/apply"
    department: "Brand A"
    description: "<p>Hello</p><p>We design.</p><h3>Skills &amp; tools</h3><ul><li>Ink</li><li>Paper</li></ul><p>Bye</p>"
    extra: {"employment_type_raw":"Full-Time","locations":[{"country":"DE","name":"Munich"},{"name":"Graz"},{"name":"Vienna"}],"salary_text":"Plus a bonus","team":"Product"}
    ---
    externalId: "0a0a0a0a-0000-4000-8000-000000000002"
    source: "lever:acme"
    title: "Clerk"
    location: "Remote"
    workMode: "remote"
    postedAt: "2019-03-21T16:33:55.299Z"
    url: "https://jobs.example/acme/2"
    applyUrl: "https://jobs.example/acme/2/apply"
    department: "Office"
    description: "Plain &amp; simple"
    extra: {"employment_type_raw":"Permanent","team":"Office"}
    ---
    complete: the call returns all postings of the site
    "#);
}

#[test]
fn accepts_both_spellings_of_on_site() {
    let work_mode = |word: &str| {
        let body = format!(
            r#"[{{"id":"a","text":"T","hostedUrl":"https://b.example/1","categories":{{}},"workplaceType":"{word}"}}]"#
        );
        field(Lever, &body, "workMode")
    };
    assert_eq!(work_mode("on-site"), "onsite");
    assert_eq!(work_mode("onsite"), "onsite");
    assert!(work_mode("unspecified").is_null());
}

#[test]
fn call_with_a_limit_is_incomplete() {
    let mut request = request(Lever);
    request.url = Some("https://api.lever.co/v0/postings/acme?mode=json&limit=2".to_owned());
    let mapped = map(&request, SITE.as_bytes()).unwrap();
    assert_snapshot!(text(&mapped).lines().last().unwrap(), @"incomplete: the call has `limit`, which restricts the list");
}

#[test]
fn rejects_a_grouped_response() {
    assert_snapshot!(error(Lever, r#"[{"title":"Sales","postings":[]}]"#), @"the body is not lever: expected a list of postings with `hostedUrl` and `text`, found a list of an object with title, postings");
}

#[test]
fn empty_site_closes_nothing() {
    assert_snapshot!(shown(Lever, "[]"), @"incomplete: the list is empty, which may also mean a wrong board name or an outage");
}
