//! Personio's XML.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::Personio;
use jobs_ingest_feeds::map;

use crate::support::{error, field, request, shown, text};

pub const FEED: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<workzag-jobs>
  <position>
    <id>1800001</id><subcompany>Acme SE &amp; Co. KG</subcompany><office>Munich</office>
    <additionalOffices><office>Berlin</office><office>Aachen</office></additionalOffices>
    <department>Product</department><recruitingCategory>Tech</recruitingCategory>
    <jobDescriptions>
      <jobDescription><name>Your role</name><value><![CDATA[ <p>Build &amp; run</p> ]]></value></jobDescription>
      <jobDescription><name>R&amp;D</name><value>&lt;p&gt;Escaped&lt;/p&gt;</value></jobDescription>
    </jobDescriptions>
    <name>Engineer (m/f/d)</name><employmentType>permanent</employmentType><seniority>experienced</seniority><schedule>full-time</schedule>
    <yearsOfExperience>2-5</yearsOfExperience><occupation>software</occupation><occupationCategory>it</occupationCategory>
    <createdAt>2024-11-13T14:10:41+00:00</createdAt>
  </position>
  <position><id>1800002</id><office>Berlin</office><name>Trainee</name><jobDescriptions/><employmentType>trainee</employmentType><schedule>full-time</schedule><createdAt>2024-11-13T14:10:41+00:00</createdAt></position>
  <position><id>1800002</id><office>Berlin</office><name>Trainee</name><jobDescriptions/><employmentType>trainee</employmentType><schedule>full-time</schedule><createdAt>2024-11-13T14:10:41+00:00</createdAt></position>
</workzag-jobs>"##;

#[test]
fn feed_with_every_quirk() {
    assert_snapshot!(shown(Personio, FEED), @r#"
    externalId: "1800001"
    source: "personio:acme"
    title: "Engineer (m/f/d)"
    companyName: "Acme SE & Co. KG"
    location: "Munich; Aachen; Berlin"
    jobType: "FULL_TIME"
    postedAt: "2024-11-13T14:10:41Z"
    url: "https://acme.jobs.personio.de/job/1800001"
    department: "Product"
    description: "<h3>Your role</h3><p>Build &amp; run</p><h3>R&amp;D</h3><p>Escaped</p>"
    extra: {"category":"it","employment_type_raw":"permanent; full-time","experience":"2-5","function":"software","locations":[{"name":"Munich"},{"name":"Aachen"},{"name":"Berlin"}],"recruiting_category":"Tech","seniority":"experienced"}
    ---
    externalId: "1800002"
    source: "personio:acme"
    title: "Trainee"
    location: "Berlin"
    jobType: "INTERN"
    postedAt: "2024-11-13T14:10:41Z"
    url: "https://acme.jobs.personio.de/job/1800002"
    extra: {"employment_type_raw":"trainee; full-time"}
    ---
    complete: the feed has all published positions
    "#);
}

#[test]
fn host_and_language_come_from_the_call() {
    let mut request = request(Personio);
    request.url = Some("https://acme.jobs.personio.com/xml?language=de".to_owned());
    let mapped = map(&request, FEED.as_bytes()).unwrap();
    let json = serde_json::to_value(&mapped.postings[0]).unwrap();
    assert_eq!(json["url"], "https://acme.jobs.personio.com/job/1800001");
    assert_eq!(json["language"], "de");
    assert!(text(&mapped).contains("complete:"));
}

#[test]
fn hours_come_from_the_schedule_and_kind_from_the_contract() {
    let job_type = |contract: &str, schedule: &str| {
        let body = format!(
            "<workzag-jobs><position><id>1</id><name>N</name><employmentType>{contract}</employmentType><schedule>{schedule}</schedule></position></workzag-jobs>"
        );
        field(Personio, &body, "jobType")
    };
    assert_eq!(job_type("permanent", "part-time"), "PART_TIME");
    assert_eq!(job_type("intern", "full-time"), "INTERN");
    assert_eq!(job_type("freelance", ""), "CONTRACTOR");
    assert!(job_type("permanent", "").is_null());
    assert!(job_type("permanent", "full-or-part-time").is_null());
}

#[test]
fn empty_feed_closes_nothing() {
    assert_snapshot!(shown(Personio, "<workzag-jobs></workzag-jobs>"), @"incomplete: the list is empty, which may also mean a wrong board name or an outage");
}

#[test]
fn rejects_other_and_truncated_xml() {
    assert_snapshot!(error(Personio, "<rss><channel/></rss>"), @"the body is not personio: expected XML with the root `workzag-jobs`, found XML with the root `rss`");
    assert_snapshot!(error(Personio, FEED.split_at(900).0), @"the body ends in the middle of XML: it is truncated");
    assert_snapshot!(error(Personio, "<workzag-jobs><position></id></position></workzag-jobs>"), @"the body is not XML: </id> closes <position> (at byte 29)");
    assert_snapshot!(error(Personio, "{}"), @"the body is not personio: expected XML with the root `workzag-jobs`, found something other than XML");
}
