//! Whether a list is complete.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::{Greenhouse, Json};
use jobs_ingest_feeds::{Completeness, Error, Format, Request, map};

use crate::support::{mapped, request, shown};

fn board(total: &str, ids: &[u32]) -> String {
    let jobs: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"id":{id},"absolute_url":"https://b.example/{id}"}}"#))
        .collect();
    format!(r#"{{"jobs":[{}]{total}}}"#, jobs.join(","))
}

fn last_line(body: &str) -> String {
    shown(Greenhouse, body)
        .lines()
        .find(|line| line.contains("omplete: ") || line.starts_with("unknown: "))
        .unwrap()
        .to_owned()
}

#[test]
fn counter_of_greenhouse() {
    assert_snapshot!(last_line(&board(r#","meta":{"total":2}"#, &[1, 2])), @"complete: meta.total equals the rows");
    assert_snapshot!(last_line(&board(r#","meta":{"total":3}"#, &[1, 2])), @"incomplete: meta.total is 3, but the list has 2 rows");
    assert_snapshot!(last_line(&board("", &[1, 2])), @"unknown: the body has no counter to check its rows against");
    assert_snapshot!(last_line(&board(r#","meta":{"total":0}"#, &[])), @"incomplete: the list is empty, which may also mean a wrong board name or an outage");
}

#[test]
fn unusable_row_makes_the_list_incomplete() {
    let body = r#"{"jobs":[{"id":1,"absolute_url":"https://b.example/1"},7,{"title":"no id"}],"meta":{"total":3}}"#;
    assert_snapshot!(shown(Greenhouse, body), @r#"
    externalId: "1"
    source: "greenhouse:acme"
    url: "https://b.example/1"
    left alone: department, description
    ---
    incomplete: 2 rows could not be used and may be open postings
    skipped 1: has neither an id nor a URL to use instead
    skipped 1: unreadable
    skipped (row 1): unreadable: not an object
    skipped (row 2): has neither an id nor a URL to use instead
    "#);
}

#[test]
fn only_restricting_parameters_make_the_list_incomplete() {
    let complete = |url: &str| {
        let mut request = request(Greenhouse);
        request.url = Some(url.to_owned());
        let body = board(r#","meta":{"total":1}"#, &[1]);
        matches!(
            map(&request, body.as_bytes()).unwrap().completeness,
            Completeness::Complete { .. }
        )
    };
    assert!(complete(
        "https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true"
    ));
    assert!(!complete(
        "https://boards-api.greenhouse.io/v1/boards/acme/jobs?department_id=1"
    ));
}

#[test]
fn source_is_format_and_board() {
    let source = |request: &Request| {
        let body = board("", &[1]);
        map(request, body.as_bytes())
            .map(|mapped| mapped.postings[0].source().unwrap().into_owned())
    };
    let mut request = Request::new(Greenhouse);
    assert!(matches!(source(&request), Err(Error::BoardMissing { .. })));
    request.url = Some("https://boards-api.greenhouse.io/v1/boards/acme/jobs".to_owned());
    assert_eq!(source(&request).unwrap(), "greenhouse:acme");
    request.board = Some("other".to_owned());
    assert_eq!(source(&request).unwrap(), "greenhouse:other");
    request.source = Some("mine".to_owned());
    assert_eq!(source(&request).unwrap(), "mine");

    let mut page = Request::new(Format::JobPosting);
    page.url = Some("https://career.example/jobs/1".to_owned());
    let mapped = map(&page, br#"{"@type":"JobPosting"}"#).unwrap();
    assert_eq!(
        mapped.postings[0].source().unwrap(),
        "jobposting:career.example"
    );
}

#[test]
fn own_file_is_complete_as_declared() {
    assert!(matches!(
        mapped(Json, r#"[{"externalId":1}]"#).completeness,
        Completeness::Complete { .. }
    ));
}

#[test]
fn board_is_read_from_the_url() {
    let found =
        |url: &str| Format::from_url(url).map(|(format, board)| format!("{format}:{board}"));
    for (url, expected) in [
        (
            "https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true",
            "greenhouse:acme",
        ),
        (
            "https://api.lever.co/v0/postings/acme?mode=json",
            "lever:acme",
        ),
        ("https://api.eu.lever.co/v0/postings/acme", "lever:acme"),
        (
            "https://api.ashbyhq.com/posting-api/job-board/acme",
            "ashby:acme",
        ),
        ("https://acme.recruitee.com/api/offers/", "recruitee:acme"),
        (
            "https://apply.workable.com/api/v1/widget/accounts/acme?details=true",
            "workable:acme",
        ),
        (
            "https://api.smartrecruiters.com/v1/companies/Acme/postings?limit=100&offset=0",
            "smartrecruiters:Acme",
        ),
        (
            "https://acme.jobs.personio.de/xml?language=en",
            "personio:acme",
        ),
        ("https://acme.teamtailor.com/jobs.json", "teamtailor:acme"),
    ] {
        assert_eq!(found(url).as_deref(), Some(expected), "{url}");
        let (format, board) = Format::from_url(url).unwrap();
        let built = format.url_of_board(&board).unwrap();
        assert_eq!(Format::from_url(&built), Some((format, board)), "{built}");
    }
    assert_eq!(found("https://acme.example/jobs.json"), None);
    assert_eq!(found("not a url"), None);
}
