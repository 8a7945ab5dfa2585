//! Recruitee careers sites.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::Recruitee;
use serde_json::{Value, json};

use crate::support::{field, shown};

pub const SITE: &str = r##"{
  "offers": [
    {
      "id": 2700001, "guid": "e4u78", "slug": "accountant", "title": "Accountant", "status": "published",
      "description": "<p>Count</p>", "requirements": "<p>Precision</p>",
      "translations": {"de": {"title": "Buchhalter", "description": "<p>Zählen</p>"}},
      "careers_url": "https://jobs.acme.example/o/accountant", "careers_apply_url": "https://jobs.acme.example/o/accountant/c/new",
      "company_name": "Acme", "department": "Finance", "location": "Remote job", "city": "Berlin", "state_name": "Berlin",
      "country": "Germany", "country_code": "DE", "postal_code": "10178",
      "locations": [
        {"id": 2, "name": "Vienna", "city": "Wien", "state": "Wien", "country": "Austria", "country_code": "AT", "note": "ask Ada", "street": null},
        {"id": 1, "name": "HQ", "city": "Berlin", "state": "Berlin", "country": "Germany", "country_code": "DE", "street": "Somewhere 1"}
      ],
      "remote": false, "hybrid": true, "on_site": false, "employment_type_code": "fulltime_fixed_term",
      "salary": {"min": "75.00", "max": "95.00", "period": "year", "currency": "EUR"},
      "min_hours": 40, "max_hours_per_week": "40", "created_at": "2026-08-05 09:41:37 UTC",
      "published_at": "2026-08-05 10:10:39 UTC", "updated_at": "2026-08-06 11:45:30 UTC", "close_at": null,
      "tags": ["night (12)", "day"], "mailbox_email": "job.x@acme.example", "category_code": "accountancy", "experience_code": "experienced"
    },
    {
      "id": 2700002, "title": "Painter", "status": "published", "description": "<p>Paint</p>", "requirements": "",
      "translations": {"de": {}, "en": {}}, "careers_url": "https://jobs.acme.example/o/painter", "company_name": "Acme",
      "location": "Berlin, Germany", "city": "Berlin", "state_name": null, "country_code": "DE", "locations": [],
      "remote": false, "hybrid": false, "on_site": true, "employment_type_code": "internship",
      "salary": {"min": null, "max": null, "period": null, "currency": null}, "published_at": "2026-08-05 10:10:39 UTC"
    },
    {"id": 2700003, "title": "Gone", "status": "closed", "careers_url": "https://jobs.acme.example/o/gone"}
  ]
}"##;

#[test]
fn site_with_every_quirk() {
    assert_snapshot!(shown(Recruitee, SITE), @r#"
    externalId: "2700001"
    source: "recruitee:acme"
    title: "Accountant"
    companyName: "Acme"
    location: "Remote job; Vienna"
    country: "DE"
    region: "Berlin"
    locality: "Berlin"
    workMode: "hybrid"
    jobType: "FULL_TIME"
    salary: "75 - 95 EUR per year"
    salaryMin: 75
    salaryMax: 95
    salaryCurrency: "EUR"
    salaryPeriod: "YEAR"
    postedAt: "2026-08-05T10:10:39Z"
    url: "https://jobs.acme.example/o/accountant"
    applyUrl: "https://jobs.acme.example/o/accountant/c/new"
    department: "Finance"
    language: "de"
    description: "<p>Count</p>\n<p>Precision</p>"
    extra: {"category":"accountancy","employment_type_raw":"fulltime_fixed_term","experience":"experienced","locations":[{"country":"DE","locality":"Berlin","name":"Remote job","region":"Berlin"},{"country":"AT","locality":"Wien","name":"Vienna","region":"Wien"}],"tags":["day","night"]}
    ---
    externalId: "2700002"
    source: "recruitee:acme"
    title: "Painter"
    companyName: "Acme"
    location: "Berlin, Germany"
    country: "DE"
    locality: "Berlin"
    workMode: "onsite"
    jobType: "INTERN"
    postedAt: "2026-08-05T10:10:39Z"
    url: "https://jobs.acme.example/o/painter"
    description: "<p>Paint</p>"
    extra: {"employment_type_raw":"internship"}
    ---
    complete: the call returns all published offers
    skipped 1: closed
    "#);
}

#[test]
fn hybrid_wins_over_remote() {
    let work_mode = |flags: Value| {
        let mut offer = json!({"id": 1, "careers_url": "https://b.example/1"});
        offer
            .as_object_mut()
            .unwrap()
            .extend(flags.as_object().unwrap().clone());
        field(
            Recruitee,
            &json!({"offers": [offer]}).to_string(),
            "workMode",
        )
    };
    assert_eq!(
        work_mode(json!({"remote": true, "hybrid": true, "on_site": false})),
        "hybrid"
    );
    assert_eq!(
        work_mode(json!({"remote": true, "hybrid": false, "on_site": false})),
        "remote"
    );
    assert_eq!(
        work_mode(json!({"remote": false, "hybrid": false, "on_site": true})),
        "onsite"
    );
    assert!(work_mode(json!({"remote": false, "hybrid": false, "on_site": false})).is_null());
}
