//! Greenhouse job boards.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::Greenhouse;

use crate::support::{error, field, shown};

/// A board with every quirk: surrounding blanks, several places, metadata of all kinds, personal
/// data.
pub const BOARD: &str = r##"{
  "jobs": [
    {
      "id": 4000000001, "internal_job_id": 90000001, "title": " Data Engineer ",
      "absolute_url": "https://boards.example/acme/jobs/4000000001?gh_src=abc",
      "company_name": "Acme ", "location": {"name": "Berlin, Germany | Paris, France; Lyon, France "},
      "updated_at": "2026-08-01T10:00:00-04:00", "first_published": "2026-05-11T17:58:31-04:00",
      "requisition_id": "MULTI", "language": "en", "application_deadline": "2026-12-01T00:00:00Z",
      "metadata": [
        {"id": 1, "name": "Level", "value": "Senior", "value_type": "single_select"},
        {"id": 2, "name": "Skills", "value": ["SQL", "Rust"], "value_type": "multi_select"},
        {"id": 3, "name": "Visa", "value": false, "value_type": "yes_no"},
        {"id": 4, "name": "Unset", "value": null, "value_type": "short_text"},
        {"id": 5, "name": "Recruiter", "value": "Ada Example", "value_type": "short_text"},
        {"id": 6, "name": "Reach us", "value": "ada@example.com", "value_type": "short_text"},
        {"id": 7, "name": "Boss", "value": {"name": "Ada Example"}, "value_type": "user"}
      ],
      "content": "&lt;p&gt;Data &amp;amp; more&lt;/p&gt;",
      "departments": [{"id": 1, "name": "Platform", "parent_id": 2, "child_ids": []}, {"id": 2, "name": "Engineering"}],
      "offices": [{"id": 1, "name": "Everywhere"}], "data_compliance": [{"type": "gdpr"}]
    },
    {
      "id": 4000000002, "internal_job_id": 90000001, "title": "Data Engineer", "metadata": null,
      "absolute_url": "https://boards.example/acme/jobs/4000000002", "location": {"name": "Remote, Italy"},
      "requisition_id": "MULTI", "language": "ja", "application_deadline": null, "content": "", "departments": []
    },
    {"id": 4000000003, "internal_job_id": null, "title": "Join our talent pool", "absolute_url": "https://boards.example/acme/jobs/4000000003"}
  ],
  "meta": {"total": 3}
}"##;

#[test]
fn board_with_every_quirk() {
    assert_snapshot!(shown(Greenhouse, BOARD), @r#"
    externalId: "4000000001"
    source: "greenhouse:acme"
    title: "Data Engineer"
    companyName: "Acme"
    location: "Berlin, Germany; Paris, France; Lyon, France"
    postedAt: "2026-05-11T21:58:31Z"
    validThrough: "2026-12-01T00:00:00Z"
    url: "https://boards.example/acme/jobs/4000000001"
    department: "Platform"
    language: "en"
    description: "<p>Data &amp; more</p>"
    extra: {"internal_job_id":"90000001","locations":[{"name":"Berlin, Germany"},{"name":"Paris, France"},{"name":"Lyon, France"}],"metadata":{"Level":"Senior","Skills":["Rust","SQL"],"Visa":false},"requisition_id":"MULTI"}
    ---
    externalId: "4000000002"
    source: "greenhouse:acme"
    title: "Data Engineer"
    location: "Remote, Italy"
    workMode: "remote"
    url: "https://boards.example/acme/jobs/4000000002"
    language: "ja"
    extra: {"internal_job_id":"90000001","requisition_id":"MULTI"}
    ---
    complete: meta.total equals the rows
    skipped 1: a prospect post without an opening
    "#);
}

#[test]
fn call_without_content_leaves_description_and_department_alone() {
    let body = r#"{"jobs":[{"id":1,"title":"A","absolute_url":"https://b.example/1","location":{"name":"NYC"}}],"meta":{"total":1}}"#;
    assert_snapshot!(shown(Greenhouse, body), @r#"
    externalId: "1"
    source: "greenhouse:acme"
    title: "A"
    location: "NYC"
    url: "https://b.example/1"
    left alone: department, description
    ---
    complete: meta.total equals the rows
    "#);
}

#[test]
fn content_is_unescaped_once() {
    let body = r#"{"jobs":[{"id":1,"absolute_url":"https://b.example/1","content":"&amp;lt;b&amp;gt; &amp;amp;amp;"}],"meta":{"total":1}}"#;
    assert_eq!(
        field(Greenhouse, body, "description"),
        "&lt;b&gt; &amp;amp;"
    );
}

#[test]
fn remote_place_is_remote_but_remote_friendly_is_not() {
    let work_mode = |place: &str| {
        let body = format!(
            r#"{{"jobs":[{{"id":1,"absolute_url":"https://b.example/1","location":{{"name":"{place}"}}}}],"meta":{{"total":1}}}}"#
        );
        field(Greenhouse, &body, "workMode")
    };
    for remote in [
        "Remote",
        "Remote, Italy",
        "Remote - US",
        "Remote (EMEA)",
        "Remote US; Remote, UK",
    ] {
        assert_eq!(work_mode(remote), "remote", "{remote}");
    }
    for unstated in [
        "Remote-Friendly, United States",
        "Remote or Berlin",
        "Remote / Hybrid",
        "Remote; Berlin",
        "Berlin (Remote)",
        "Remoteville",
        "",
    ] {
        assert!(work_mode(unstated).is_null(), "{unstated}");
    }
}

#[test]
fn body_of_another_system_names_what_was_expected() {
    assert_snapshot!(error(Greenhouse, r#"{"jobs":[{"shortcode":"A","title":"B"}],"name":"Acme"}"#), @"the body is not greenhouse: expected an object with `jobs`, whose postings have `absolute_url`, or an empty `jobs` next to `meta.total`, found an object with jobs, name");
    assert_snapshot!(error(Greenhouse, "[]"), @"the body is not greenhouse: expected an object with `jobs`, whose postings have `absolute_url`, or an empty `jobs` next to `meta.total`, found an empty list");
    assert_snapshot!(error(Greenhouse, "<!DOCTYPE html><html>503</html>"), @"the body is not greenhouse: expected an object with `jobs`, whose postings have `absolute_url`, or an empty `jobs` next to `meta.total`, found an HTML page, such as an error page");
    assert_snapshot!(error(Greenhouse, r#"{"jobs":[{"id":1,"#), @"the body ends in the middle of JSON: it is truncated");
    assert_snapshot!(error(Greenhouse, " \n"), @"the body is empty; greenhouse returns an object with `jobs`, whose postings have `absolute_url`, or an empty `jobs` next to `meta.total`");
    assert_snapshot!(error(Greenhouse, r#"{"jobs":[}"#), @"the body is not JSON: expected value at line 1 column 10");
}
