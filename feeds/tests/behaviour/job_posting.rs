//! schema.org JobPosting.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::JobPosting;
use jobs_ingest_feeds::map;
use serde_json::{Value, json};

use crate::support::{error, field, request, shown, text};

pub const LIST: &str = r##"[
  {
    "@context": "https://schema.org", "@type": "JobPosting", "title": "Nurse &amp; Midwife",
    "description": "&lt;p&gt;Night shifts &amp;amp; weekends&lt;/p&gt;", "identifier": {"@type": "PropertyValue", "name": "Acme", "value": 7167985},
    "hiringOrganization": {"@type": "Organization", "name": "Acme Hospital", "sameAs": ["https://a.example", "https://b.example"]},
    "jobLocation": [
      {"@type": "Place", "address": {"@type": "PostalAddress", "addressLocality": "Phoenix", "addressRegion": "AZ", "addressCountry": {"@type": "Country", "name": ["United States", "United States"]}}},
      {"@type": "Place", "address": {"@type": "PostalAddress", "addressLocality": "Phoenix", "addressRegion": "AZ", "addressCountry": {"@type": "Country", "name": "United States"}}},
      {"@type": "Place", "address": "Tucson, AZ"}
    ],
    "employmentType": ["PART_TIME", "Full-time"], "jobLocationType": "TELECOMMUTE",
    "applicantLocationRequirements": [{"@type": "Country", "name": "USA"}, {"@type": "Country", "name": "Canada"}],
    "baseSalary": {"@type": "MonetaryAmount", "currency": "USD", "unitText": "YEAR", "value": {"@type": "QuantitativeValue", "minValue": 30, "maxValue": 40.5, "unitText": "HOUR"}},
    "estimatedSalary": {"@type": "MonetaryAmount", "currency": "USD", "value": 1},
    "datePosted": "2026-08-03", "validThrough": "2036-08-03T00:00", "url": "https://a.example/jobs/1?utm_source=x#apply",
    "inLanguage": "en_US", "industry": "Health", "applicationContact": {"@type": "ContactPoint", "email": "ada@example.com"}
  },
  {
    "@type": ["JobPosting", "Thing"], "Title": "Cook", "description": "Line one\\nLine two", "identifier": "C-1",
    "hiringOrganization": "Acme Kitchen", "jobLocation": {"@type": "Place", "address": {"addressCountry": "DE"}}, "employmentType": "FULL-TIME",
    "baseSalary": "Competitive", "datePosted": "", "validThrough": ""
  },
  {
    "@type": "http://schema.org/JobPosting", "title": "Driver", "responsibilities": "Drive", "qualifications": ["A licence", "A car"],
    "url": "https://a.example/jobs/3?utm_campaign=x&id=3&ref=home#top", "baseSalary": 52000, "salaryCurrency": "EUR", "datePosted": "2026-08-03T10:00:00"
  },
  {"@type": "JobPosting", "title": "Nobody knows which"}
]"##;

#[test]
fn list_with_every_quirk() {
    assert_snapshot!(shown(JobPosting, LIST), @r#"
    externalId: "7167985"
    source: "jobposting:acme"
    title: "Nurse & Midwife"
    companyName: "Acme Hospital"
    location: "Phoenix, AZ, United States; Tucson, AZ"
    country: "US"
    region: "AZ"
    locality: "Phoenix"
    workMode: "remote"
    jobType: "FULL_TIME; PART_TIME"
    salary: "30 - 40.5 USD per hour"
    salaryMin: 30
    salaryMax: 40.5
    salaryCurrency: "USD"
    salaryPeriod: "HOUR"
    postedAt: "2026-08-03"
    validThrough: "2036-08-03T00:00:00Z"
    url: "https://a.example/jobs/1#apply"
    language: "en-US"
    description: "<p>Night shifts &amp; weekends</p>"
    extra: {"applicant_location_requirements":["Canada","USA"],"employment_type_raw":"Full-time; PART_TIME","industry":"Health","locations":[{"country":"US","locality":"Phoenix","name":"Phoenix, AZ, United States","region":"AZ"},{"name":"Tucson, AZ"}]}
    ---
    externalId: "C-1"
    source: "jobposting:acme"
    title: "Cook"
    companyName: "Acme Kitchen"
    location: "DE"
    country: "DE"
    jobType: "FULL_TIME"
    salary: "Competitive"
    description: "Line one\nLine two"
    extra: {"employment_type_raw":"FULL-TIME"}
    ---
    externalId: "https://a.example/jobs/3?id=3"
    source: "jobposting:acme"
    title: "Driver"
    salary: "52000 EUR"
    salaryMin: 52000
    salaryMax: 52000
    salaryCurrency: "EUR"
    postedAt: "2026-08-03T10:00:00Z"
    url: "https://a.example/jobs/3?id=3&ref=home#top"
    description: "Drive\nA licence\nA car"
    ---
    incomplete: 1 row could not be used and may be open postings
    skipped 1: has neither an id nor a URL to use instead
    time_without_zone (row 0): the closing time has no zone and was read as UTC: 2036-08-03T00:00:00Z
    time_without_zone (row 2): the posted time has no zone and was read as UTC: 2026-08-03T10:00:00Z
    skipped (row 3): has neither an id nor a URL to use instead
    "#);
}

fn posting(facts: Value) -> String {
    let mut fields = json!({"@type": "JobPosting", "identifier": 1, "title": "T"});
    fields
        .as_object_mut()
        .unwrap()
        .extend(facts.as_object().unwrap().clone());
    fields.to_string()
}

fn pay(salary: Value) -> String {
    let body = posting(json!({"baseSalary": salary}));
    let field = |name| field(JobPosting, &body, name).to_string();
    format!(
        "{} | {} {} {} {}",
        field("salary"),
        field("salaryMin"),
        field("salaryMax"),
        field("salaryCurrency"),
        field("salaryPeriod")
    )
}

#[test]
fn base_salary_in_all_forms() {
    assert_snapshot!(pay(json!(52000)), @r#""52000" | 52000 52000 null null"#);
    assert_snapshot!(pay(json!("52000.50")), @r#""52000.5" | 52000.5 52000.5 null null"#);
    assert_snapshot!(pay(json!("40k to 50k")), @r#""40k to 50k" | null null null null"#);
    assert_snapshot!(pay(json!({"currency": "EUR", "value": 10})), @r#""10 EUR" | 10 10 "EUR" null"#);
    assert_snapshot!(pay(json!({"currency": "EUR", "value": "10-12", "unitText": "HOUR"})), @r#""10-12" | null null null null"#);
    assert_snapshot!(pay(json!({"currency": "€", "value": {"value": 10, "unitText": "DAY"}})), @r#""10 EUR per day" | 10 10 "EUR" "DAY""#);
    assert_snapshot!(pay(json!({"currency": "$", "value": {"minValue": "20", "maxValue": "10", "unitText": "week"}})), @r#""10 - 20 per week" | 10 20 null "WEEK""#);
    assert_snapshot!(pay(json!({"currency": "EUR", "minValue": 1, "maxValue": 2, "unitText": "MONTH"})), @r#""1 - 2 EUR per month" | 1 2 "EUR" "MONTH""#);
    assert_snapshot!(pay(json!({"currency": "EUR", "value": {"minValue": 0, "maxValue": 0, "unitText": "YEAR"}})), @"null | null null null null");
    assert_snapshot!(pay(json!(null)), @"null | null null null null");
}

#[test]
fn graph_is_searched() {
    let body = json!({"@context": "https://schema.org", "@graph": [
        {"@type": "Organization", "name": "Acme"},
        {"@type": "JobPosting", "identifier": "G-1", "title": "In a graph"},
    ]});
    assert_eq!(field(JobPosting, &body.to_string(), "externalId"), "G-1");
}

/// A page whose blocks have all quirks seen on live sites.
const PAGE: &str = r##"<!doctype html><html><head>
<script>var x = "<script type='application/ld+json'>";</script>
<script type="application/ld+json">{"@type":"BreadcrumbList","name":"not json: \x"}</script>
<SCRIPT data-x='1' TYPE='Application/LD+JSON'>
//<![CDATA[
{
  "@context": "https://schema.org", /* a template's */
  "@type": "JobPosting",
  "title": "Welder &amp; Fitter"
  "description": "<p>Steel,
	and a tab, for 20 \$ \ud83d</p>",
  "datePosted": "2026-08-03",
}
//]]>
</SCRIPT></head><body><p>Apply</p></body></html>"##;

#[test]
fn malformed_page_is_repaired() {
    let mut request = request(JobPosting);
    request.url = Some("https://acme.example/jobs/9?utm_source=x".to_owned());
    assert_snapshot!(text(&map(&request, PAGE.as_bytes()).unwrap()), @r#"
    externalId: "https://acme.example/jobs/9"
    source: "jobposting:acme"
    title: "Welder & Fitter"
    postedAt: "2026-08-03"
    url: "https://acme.example/jobs/9"
    description: "<p>Steel,\n\tand a tab, for 20 $ �</p>"
    ---
    incomplete: a page contains a single posting, not the list
    json_repaired: a block of JSON-LD is not JSON and was repaired
    "#);
}

#[test]
fn html_escaped_block_is_decoded_once() {
    let page = "<html><script type=\"application/ld+json\">{&quot;@type&quot;:&quot;JobPosting&quot;,&quot;identifier&quot;:7,&quot;title&quot;:&quot;A &amp;amp; B&quot;}</script></html>";
    assert_snapshot!(shown(JobPosting, page), @r#"
    externalId: "7"
    source: "jobposting:acme"
    title: "A & B"
    left alone: description
    ---
    incomplete: a page contains a single posting, not the list
    json_repaired: a block of JSON-LD is not JSON and was repaired
    "#);
}

const PERSON: &str = r#"{"@type":"Person"}"#;

#[test]
fn rejects_a_page_without_a_posting() {
    assert_snapshot!(error(JobPosting, "<html><title>404</title></html>"), @"the body is not jobposting: expected `@type` JobPosting: an object, a list, a `@graph`, or a block of `application/ld+json` in an HTML page, found a page with 0 blocks of JSON-LD, none of them a JobPosting");
    assert_snapshot!(error(JobPosting, PERSON), @"the body is not jobposting: expected `@type` JobPosting: an object, a list, a `@graph`, or a block of `application/ld+json` in an HTML page, found an object with @type");
}

#[test]
fn posting_without_id_and_url_is_skipped() {
    let body = json!({"@type": "JobPosting", "title": "T"}).to_string();
    assert_snapshot!(shown(JobPosting, &body), @"
    incomplete: 1 row could not be used and may be open postings
    skipped 1: has neither an id nor a URL to use instead
    skipped (row 0): has neither an id nor a URL to use instead
    ");
}
