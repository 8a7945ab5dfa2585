//! SmartRecruiters postings.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::SmartRecruiters;

use crate::support::{error, shown};

pub const LIST: &str = r##"{
  "offset": 0, "limit": 100, "totalFound": 3,
  "content": [
    {
      "id": "743999000000001", "uuid": "u-1", "name": "Nurse ", "refNumber": "REF1", "jobAdId": "ad-1", "defaultJobAd": true,
      "company": {"identifier": "AcmeInc", "name": "Acme Inc"}, "releasedDate": "2018-06-08T02:11:28.000Z",
      "location": {"city": "St. Louis", "region": "MO", "country": "us", "address": "1 Street", "remote": false, "hybrid": false, "fullLocation": "St. Louis, MO, United States"},
      "industry": {"id": "med", "label": "Medical"}, "department": {}, "function": {"id": "care", "label": "Care"},
      "typeOfEmployment": {"id": "permanent", "label": "Full-time"}, "experienceLevel": {"id": "entry", "label": "Entry Level"},
      "customField": [{"fieldLabel": "Brand", "valueLabel": "B1"}, {"fieldLabel": "Recruiter", "valueLabel": "Ada Example"}],
      "visibility": "PUBLIC", "language": {"code": "en", "label": "English"}, "ref": "https://api.example/743999000000001",
      "creator": {"name": "Ada Example"}
    },
    {
      "id": "743999000000002", "name": "Cook", "company": {"identifier": "AcmeInc", "name": "Acme Inc"},
      "releasedDate": "2026-06-08T02:11:28.000Z", "location": {"city": "Köln", "country": "de", "remote": true, "hybrid": true},
      "department": {"id": 5, "label": "Kitchen"}, "typeOfEmployment": {"id": "permanent"}, "visibility": "PUBLIC", "language": {"code": "de"}
    },
    {"id": "743999000000003", "name": "For colleagues", "company": {"identifier": "AcmeInc"}, "visibility": "INTERNAL"}
  ]
}"##;

#[test]
fn list_with_every_quirk() {
    assert_snapshot!(shown(SmartRecruiters, LIST), @r#"
    externalId: "743999000000001"
    source: "smartrecruiters:acme"
    title: "Nurse"
    companyName: "Acme Inc"
    location: "St. Louis, MO, United States"
    country: "US"
    region: "MO"
    locality: "St. Louis"
    jobType: "FULL_TIME"
    postedAt: "2018-06-08T02:11:28Z"
    url: "https://jobs.smartrecruiters.com/AcmeInc/743999000000001"
    department: "Care"
    language: "en"
    extra: {"custom_fields":{"Brand":"B1"},"employment_type_raw":"Full-time","experience":"Entry Level","function":"Care","industry":"Medical","requisition_id":"REF1"}
    left alone: description
    ---
    externalId: "743999000000002"
    source: "smartrecruiters:acme"
    title: "Cook"
    companyName: "Acme Inc"
    location: "Köln, DE"
    country: "DE"
    locality: "Köln"
    workMode: "hybrid"
    postedAt: "2026-06-08T02:11:28Z"
    url: "https://jobs.smartrecruiters.com/AcmeInc/743999000000002"
    department: "Kitchen"
    language: "de"
    left alone: description
    ---
    complete: totalFound equals the rows of all pages
    skipped 1: internal
    "#);
}

#[test]
fn detail_responses_have_a_description() {
    let body = r#"{"totalFound":1,"content":[{"id":"1","name":"N","active":true,
        "postingUrl":"https://jobs.example/AcmeInc/1-n","applyUrl":"https://jobs.example/AcmeInc/1-n?oga=true",
        "jobAd":{"sections":{
          "jobDescription":{"title":"Job & duties","text":"<p>Do</p>"},
          "companyDescription":{"title":"We","text":"<p>Are</p>"},
          "qualifications":{"title":"You","text":""}}}}]}"#;
    assert_snapshot!(shown(SmartRecruiters, body), @r#"
    externalId: "1"
    source: "smartrecruiters:acme"
    title: "N"
    url: "https://jobs.example/AcmeInc/1-n"
    applyUrl: "https://jobs.example/AcmeInc/1-n?oga=true"
    description: "<h3>We</h3><p>Are</p><h3>Job &amp; duties</h3><p>Do</p>"
    ---
    complete: totalFound equals the rows of all pages
    "#);
}

#[test]
fn unknown_company_is_an_empty_list_and_closes_nothing() {
    assert_snapshot!(shown(SmartRecruiters, r#"{"offset":0,"limit":100,"totalFound":0,"content":[]}"#), @"incomplete: the list is empty, which may also mean a wrong board name or an outage");
}

#[test]
fn rejects_a_list_without_total() {
    assert_snapshot!(error(SmartRecruiters, r#"{"content":[]}"#), @"the body is not smartrecruiters: expected an object with `content` and `totalFound`, found an object with content");
}
