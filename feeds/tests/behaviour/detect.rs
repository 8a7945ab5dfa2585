//! Detection of the format (`auto`).

use insta::assert_snapshot;
use jobs_ingest_feeds::{Format, detect};

use crate::{
    ashby, greenhouse, indeed, job_posting, lever, personio, recruitee, smartrecruiters,
    teamtailor, workable,
};

#[test]
fn detects_formats_by_their_marks() {
    for (format, body) in [
        (Format::Greenhouse, greenhouse::BOARD),
        (Format::Lever, lever::SITE),
        (Format::Ashby, ashby::BOARD),
        (Format::Recruitee, recruitee::SITE),
        (Format::SmartRecruiters, smartrecruiters::LIST),
        (Format::Workable, workable::ACCOUNT),
        (Format::Teamtailor, teamtailor::FEED),
        (Format::JobPosting, job_posting::LIST),
        (Format::Personio, personio::FEED),
        (Format::Indeed, indeed::FEED),
        (Format::Csv, "title;external_id\n"),
        (Format::Json, "{\"externalId\":1}\n{\"externalId\":2}\n"),
        (Format::Json, r#"{"items":[{"external_id":1}]}"#),
        (
            Format::JobPosting,
            r#"<html><script type="application/ld+json">{"@type":"JobPosting"}</script>"#,
        ),
    ] {
        assert_eq!(detect(body.as_bytes()).unwrap(), format);
    }
}

#[test]
fn rejects_ambiguous_bodies() {
    for body in [
        "[]",
        r#"{"jobs":[]}"#,
        "",
        "hello",
        "<source/>",
        "<rss/>",
        "<html></html>",
        r#"{"jobs":[{"id":1,"title":"T"}]}"#,
    ] {
        assert!(detect(body.as_bytes()).is_err(), "{body}");
    }
    assert_snapshot!(detect(b"{\"jobs\":[{\"id\":1}]}").unwrap_err(), @"cannot detect the format of the body (JSON with jobs, jobs[].id): name one of greenhouse, lever, ashby, recruitee, workable, smartrecruiters, teamtailor, jobposting, personio, indeed, talent, jora, jooble, jobrapido, csv, json");
}
