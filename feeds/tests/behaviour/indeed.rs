//! Indeed-style XML and its dialects.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::{Indeed, Jobrapido, Jooble, Jora, Talent};

use crate::support::{as_set, error, field, mapped, shown};

pub const FEED: &str = r##"<?xml version="1.0" encoding="UTF-8"?>
<source>
  <publisher>Example ATS</publisher>
  <publisherurl>https://ats.example</publisherurl>
  <lastBuildDate>Tue, 04 Aug 2026 06:00:00 GMT</lastBuildDate>
  <job>
    <title><![CDATA[ Nurse &amp; Midwife ]]></title>
    <date><![CDATA[Mon, 03 Aug 2026 22:49:39 EST]]></date>
    <referencenumber><![CDATA[79]]></referencenumber>
    <requisitionid><![CDATA[R-77]]></requisitionid>
    <url><![CDATA[https://ats.example/jobs/79?source=Indeed&utm_medium=feed]]></url>
    <company><![CDATA[ABC Hospital]]></company>
    <city><![CDATA[
      Phoenix
    ]]></city><state><![CDATA[AZ]]></state><country><![CDATA[US]]></country>
    <email><![CDATA[ada@example.com]]></email>
    <description><![CDATA[ <p>Night shifts &amp; weekends.</p> ]]></description>
    <salary><![CDATA[Up to $75,000/year]]></salary>
    <jobtype><![CDATA[fulltime, contract]]></jobtype>
    <category><![CDATA[{'@type': 'Text', 'value': 'Nursing'}]]></category>
    <remotetype><![CDATA[Hybrid remote]]></remotetype>
    <expirationdate><![CDATA[2026-09-30]]></expirationdate>
    <indeed-apply-data><![CDATA[token=secret&email=ada@example.com]]></indeed-apply-data>
  </job>
  <JOB>
    <Title>R&D Chemist &amp; Cook&nbsp;&bogus;</title>
    <DATE>2026-06-01</DATE>
    <REFERENCENUMBER>80</REFERENCENUMBER>
    <URL>https://ats.example/jobs/80</URL>
    <company>ABC</company><city>Praha</city><country>Czechia</country>
    <description>&lt;p&gt;Escaped &amp;amp; once&lt;/p&gt;</description>
    <jobtype>Efetivo, tempo inteiro</jobtype><remote>no</remote><category>Food, Drink</category>
  </JOB>
  <job>
    <title>Inline</title><date>yesterday</date><referencenumber>81</referencenumber><url>mailto:ada@example.com</url>
    <description><p class="a &amp; b">One &lt; <b>two</b><br/></p> three</description><jobtype>Permanent</jobtype><remote>yes</remote>
  </job>
</source>"##;

#[test]
fn feed_with_every_quirk() {
    assert_snapshot!(shown(Indeed, FEED), @r#"
    externalId: "79"
    source: "indeed:acme"
    title: "Nurse & Midwife"
    companyName: "ABC Hospital"
    location: "Phoenix, AZ, US"
    country: "US"
    region: "AZ"
    locality: "Phoenix"
    workMode: "hybrid"
    jobType: "CONTRACTOR; FULL_TIME"
    salary: "Up to $75,000/year"
    postedAt: "2026-08-04T03:49:39Z"
    validThrough: "2026-09-30"
    url: "https://ats.example/jobs/79?source=Indeed"
    department: "Nursing"
    description: "<p>Night shifts &amp; weekends.</p>"
    extra: {"employment_type_raw":"fulltime, contract","requisition_id":"R-77"}
    ---
    externalId: "80"
    source: "indeed:acme"
    title: "R&D Chemist & Cook\u{a0}&bogus;"
    companyName: "ABC"
    location: "Praha, Czechia"
    country: "CZ"
    locality: "Praha"
    jobType: "FULL_TIME"
    postedAt: "2026-06-01"
    url: "https://ats.example/jobs/80"
    department: "Food, Drink"
    description: "<p>Escaped &amp; once</p>"
    extra: {"employment_type_raw":"Efetivo, tempo inteiro"}
    ---
    externalId: "81"
    source: "indeed:acme"
    title: "Inline"
    workMode: "remote"
    description: "<p class=\"a &amp; b\">One &lt; <b>two</b><br></p> three"
    extra: {"employment_type_raw":"Permanent"}
    ---
    complete: such a feed always contains the publisher's whole list
    url_unusable (row 2): the URL "mailto:ada@example.com" is not http or https, or is too long
    time_unreadable (row 2): the posted time "yesterday" is in an unknown notation
    "#);
}

#[test]
fn talent() {
    assert_snapshot!(shown(Talent, r#"<source><job><referencenumber>1</referencenumber><title>T</title><url>https://b.example/1</url>
        <dateposted>2026-08-03</dateposted><expirationdate>2026-09-03</expirationdate><isremote>yes</isremote>
        <salary><salary_max>4000</salary_max><salary_min>3000</salary_min><salary_currency>EUR</salary_currency><salary_period>month</salary_period></salary>
        <jobtype>part-time</jobtype><city>Wien</city><country>AT</country></job></source>"#), @r#"
        externalId: "1"
        source: "talent:acme"
        title: "T"
        location: "Wien, AT"
        country: "AT"
        locality: "Wien"
        workMode: "remote"
        jobType: "PART_TIME"
        salary: "3000 - 4000 EUR per month"
        salaryMin: 3000
        salaryMax: 4000
        salaryCurrency: "EUR"
        salaryPeriod: "MONTH"
        postedAt: "2026-08-03"
        validThrough: "2026-09-03"
        url: "https://b.example/1"
        extra: {"employment_type_raw":"part-time"}
        left alone: description
        ---
        complete: such a feed always contains the publisher's whole list
        "#);
}

#[test]
fn jora() {
    assert_snapshot!(shown(Jora, r#"<source><job><id>1</id><title>T</title><url>https://b.example/1</url>
        <listed_date>2026-08-03</listed_date><closing_date>2026-09-03</closing_date><location>Sydney NSW</location><city>Sydney</city><state>NSW</state><country>Australia</country>
        <salary><type>Monthly</type><min>3000</min><max>4000</max><currency>AUD</currency></salary></job></source>"#), @r#"
        externalId: "1"
        source: "jora:acme"
        title: "T"
        location: "Sydney NSW"
        country: "AU"
        region: "NSW"
        locality: "Sydney"
        salary: "3000 - 4000 AUD per month"
        salaryMin: 3000
        salaryMax: 4000
        salaryCurrency: "AUD"
        salaryPeriod: "MONTH"
        postedAt: "2026-08-03"
        validThrough: "2026-09-03"
        url: "https://b.example/1"
        left alone: description
        ---
        complete: such a feed always contains the publisher's whole list
        "#);
}

#[test]
fn jooble() {
    assert_snapshot!(shown(Jooble, r#"<jobs><job id="1"><name>T</name><link>https://b.example/1</link><region>Munich, Bavaria</region><country>Germany</country>
        <pubdate>2026-08-03</pubdate><expire>2026-09-03</expire><updated>2026-08-04</updated><salary>3000 EUR</salary><description><![CDATA[<p>D</p>]]></description></job></jobs>"#), @r#"
        externalId: "1"
        source: "jooble:acme"
        title: "T"
        location: "Munich, Bavaria, Germany"
        country: "DE"
        salary: "3000 EUR"
        postedAt: "2026-08-03"
        validThrough: "2026-09-03"
        url: "https://b.example/1"
        description: "<p>D</p>"
        ---
        complete: such a feed always contains the publisher's whole list
        "#);
}

#[test]
fn jobrapido() {
    assert_snapshot!(shown(Jobrapido, r#"<source><jobs><job><reference_id>1</reference_id><title>T</title><url>https://b.example/1</url>
        <location>Milano</location><state>MI</state><country>IT</country><publishdate>2026-08-03</publishdate><expirydate>2026-09-03</expirydate></job></jobs></source>"#), @r#"
        externalId: "1"
        source: "jobrapido:acme"
        title: "T"
        location: "Milano, MI, IT"
        country: "IT"
        region: "MI"
        locality: "Milano"
        postedAt: "2026-08-03"
        validThrough: "2026-09-03"
        url: "https://b.example/1"
        left alone: description
        ---
        complete: such a feed always contains the publisher's whole list
        "#);
}

#[test]
fn rejects_another_dialect() {
    assert_snapshot!(error(Jooble, FEED), @"the body is not jooble: expected XML with the root `jobs` and rows `job` with the attribute `id`, found XML with the root `source`");
    assert_snapshot!(error(Talent, FEED), @"the body is not talent: expected XML with the root `source` and rows `job` that have `dateposted`, `isremote` or a nested `salary`, found the root `source` with jobs that have none of these");
    assert_snapshot!(error(Indeed, "<html><body/></html>"), @"the body is not indeed: expected XML with the root `source` and rows `job` that have `referencenumber`, or `url` and `title`, found XML with the root `html`");
}

#[test]
fn rejects_a_document_type() {
    let bomb = r#"<?xml version="1.0"?><!DOCTYPE source [<!ENTITY x SYSTEM "file:///etc/passwd">]><source><job><title>&x;</title></job></source>"#;
    assert_snapshot!(error(Indeed, bomb), @"the XML has a document type declaration, which is not allowed because it can define entities");
}

#[test]
fn empty_feed_closes_nothing() {
    assert_snapshot!(shown(Indeed, "<source><publisher>P</publisher></source>"), @"incomplete: the list is empty, which may also mean a wrong board name or an outage");
}

#[test]
fn build_time_does_not_affect_postings() {
    let rebuilt = FEED.replace(
        "Tue, 04 Aug 2026 06:00:00 GMT",
        "Fri, 07 Aug 2026 06:00:00 GMT",
    );
    assert_eq!(
        as_set(&mapped(Indeed, FEED)),
        as_set(&mapped(Indeed, &rebuilt))
    );
    let all_dates = |day: &str| {
        let job = |id: u32| {
            format!(
                "<job><title>T{id}</title><date>{day}</date><referencenumber>{id}</referencenumber><url>https://b.example/{id}</url></job>"
            )
        };
        format!(
            "<source><lastBuildDate>{day}</lastBuildDate>{}{}</source>",
            job(1),
            job(2)
        )
    };
    let (monday, tuesday) = (all_dates("2026-08-03"), all_dates("2026-08-04"));
    assert_eq!(
        as_set(&mapped(Indeed, &monday)),
        as_set(&mapped(Indeed, &tuesday))
    );
    assert_snapshot!(shown(Indeed, &monday), @r#"
    externalId: "1"
    source: "indeed:acme"
    title: "T1"
    url: "https://b.example/1"
    left alone: description
    ---
    externalId: "2"
    source: "indeed:acme"
    title: "T2"
    url: "https://b.example/2"
    left alone: description
    ---
    complete: such a feed always contains the publisher's whole list
    posted_at_is_build_time: all 2 postings have the day of the build as their date, which was dropped
    "#);
}

#[test]
fn postings_without_id_that_share_a_url_are_skipped() {
    let body = "<source>
        <job><title>A</title><url>https://b.example/apply</url></job>
        <job><title>B</title><url>https://b.example/apply?utm_source=x</url></job>
        <job><title>C</title><url>https://b.example/c#top</url></job></source>";
    assert_snapshot!(shown(Indeed, body), @r#"
    externalId: "https://b.example/c"
    source: "indeed:acme"
    title: "C"
    url: "https://b.example/c#top"
    left alone: description
    ---
    incomplete: 2 rows could not be used and may be open postings
    skipped 2: shares its URL, which would be its id, with a different posting
    skipped (row 0): shares its URL, which would be its id, with a different posting
    skipped (row 1): shares its URL, which would be its id, with a different posting
    "#);
}

#[test]
fn expected_job_count_is_checked() {
    let feed = |n: u32| {
        format!(
            "<source><expectedJobCount>{n}</expectedJobCount><job><title>A</title><referencenumber>1</referencenumber></job></source>"
        )
    };
    assert_snapshot!(shown(Indeed, &feed(1)).lines().last().unwrap(), @"complete: expectedJobCount equals the rows");
    assert_snapshot!(shown(Indeed, &feed(2)).lines().last().unwrap(), @"incomplete: expectedJobCount is 2, but the list has 1 row");
}

#[test]
fn uses_the_declared_encoding() {
    let mut body = br#"<?xml version="1.0" encoding="ISO-8859-1"?><source><job><referencenumber>1</referencenumber><title>K"#.to_vec();
    body.push(0xf6);
    body.extend_from_slice(b"ln</title></job></source>");
    let mapped = jobs_ingest_feeds::map(&crate::support::request(Indeed), &body).unwrap();
    assert_eq!(crate::support::only(&mapped)["title"], "Köln");
}

#[test]
fn remote_words() {
    let work_mode = |element: &str| {
        field(
            Indeed,
            &format!("<source><job><referencenumber>1</referencenumber>{element}</job></source>"),
            "workMode",
        )
    };
    assert_eq!(work_mode("<remotetype>Fully remote</remotetype>"), "remote");
    assert_eq!(
        work_mode("<remotetype>Hybrid remote</remotetype><remote>yes</remote>"),
        "hybrid"
    );
    assert_eq!(work_mode("<remote>yes</remote>"), "remote");
    for unstated in [
        "<remote>no</remote>",
        "<remote/>",
        "<remotetype>Temporarily remote</remotetype>",
        "",
    ] {
        assert!(work_mode(unstated).is_null(), "{unstated}");
    }
}
