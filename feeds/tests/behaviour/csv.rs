//! Own CSV and TSV.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::Csv;
use jobs_ingest_feeds::{Error, map};

use crate::support::{mapped, request, text};

fn rows(body: &str) -> String {
    let mapped = map(&jobs_ingest_feeds::Request::new(Csv), body.as_bytes()).unwrap();
    let mut lines: Vec<String> = mapped
        .postings
        .iter()
        .map(|posting| serde_json::to_string(posting).unwrap())
        .collect();
    lines.push(
        text(&mapped)
            .lines()
            .skip_while(|line| !line.contains("complete:"))
            .collect::<Vec<_>>()
            .join("\n"),
    );
    lines.join("\n")
}

#[test]
fn file_written_by_pandas() {
    let body = "Unnamed: 0,external_id,title,companyId,is_featured,salary_min,salary_max,posted_at,extra,Department,mood\n\
        0,12.0,\"Cook, \"\"chef\"\"\n(night)\",7.0,True,50000.0,NaN,2026-08-03,\"{\"\"team\"\": 1}\",<NA>,good\n\
        1,x-2,None,nan,False,1e5,abc,NaT,\"{'team': 1}\",Ops,bad\n";
    assert_snapshot!(rows(body), @r#"
    {"externalId":"12","title":"Cook, \"chef\"\n(night)","companyId":7,"isFeatured":true,"salaryMin":50000,"salaryMax":null,"postedAt":"2026-08-03","extra":{"team": 1},"department":null}
    {"externalId":"x-2","title":null,"companyId":null,"isFeatured":false,"salaryMin":100000,"salaryMax":"abc","postedAt":null,"department":"Ops"}
    complete: the file is the caller's own list
    ignored: column 11 ("mood") is not a field or repeats one; ignored
    ignored (row 1): extra is not a JSON object and was dropped
    "#);
}

#[test]
fn semicolons_tabs_and_headers_in_words() {
    assert_snapshot!(rows("External ID;Title\r\n1;A, B\r\n"), @r#"
    {"externalId":"1","title":"A, B"}
    complete: the file is the caller's own list
    "#);
    assert_snapshot!(rows("\u{feff}externalId\ttitle\n1\tA, B\n"), @r#"
    {"externalId":"1","title":"A, B"}
    complete: the file is the caller's own list
    "#);
}

#[test]
fn row_with_a_wrong_number_of_cells_is_skipped() {
    assert_snapshot!(rows("externalId,title\n1\n2,B\n3,C,D\n4,E,\n"), @r#"
    {"externalId":"2","title":"B"}
    {"externalId":"4","title":"E"}
    incomplete: 2 rows could not be used and may be open postings
    skipped 2: unreadable
    skipped (row 0): unreadable: 1 cells in a table of 2 columns
    skipped (row 2): unreadable: 3 cells in a table of 2 columns
    "#);
}

#[test]
fn rejects_an_id_in_scientific_notation() {
    assert_snapshot!(rows("externalId,title\n1.23457E+11,A\n1e5,B\n"), @r#"
    {"externalId":"1e5","title":"B"}
    incomplete: 1 row could not be used and may be open postings
    skipped 1: unreadable
    skipped (row 0): unreadable: the id 1.23457E+11 is in scientific notation and has lost digits
    "#);
}

#[test]
fn source_and_company_of_the_caller() {
    let mut request = request(Csv);
    request.source = Some("mine".to_owned());
    request.company_name = Some("Acme".to_owned());
    let mapped = map(
        &request,
        b"externalId,companyName,source\n1,,theirs\n2,Own,\n",
    )
    .unwrap();
    let lines: Vec<String> = mapped
        .postings
        .iter()
        .map(|posting| serde_json::to_string(posting).unwrap())
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    {"externalId":"1","source":"mine","companyName":"Acme"}
    {"externalId":"2","companyName":"Own","source":"mine"}
    "#);
}

#[test]
fn rejects_a_header_without_an_id() {
    let error = |body: &str| map(&request(Csv), body.as_bytes()).unwrap_err();
    assert_snapshot!(error("a,b\n1,2\n"), @"the body is not csv: expected a header with `externalId` (or `external_id`), found the columns a, b");
    assert!(matches!(error(""), Error::Empty { .. }));
    assert_eq!(mapped(Csv, "externalId\n").postings.len(), 0);
}
