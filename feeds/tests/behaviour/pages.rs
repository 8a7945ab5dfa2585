//! Lists in pages.

use insta::assert_snapshot;
use jobs_ingest_feeds::Format::{Greenhouse, SmartRecruiters, Teamtailor};
use jobs_ingest_feeds::{map_pages, next_page};

use crate::support::{as_set, request, text};

fn page(offset: u32, total: u32, ids: &[u32]) -> String {
    let rows: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"id":"{id}","name":"N","company":{{"identifier":"A"}}}}"#))
        .collect();
    format!(
        r#"{{"offset":{offset},"limit":100,"totalFound":{total},"content":[{}]}}"#,
        rows.join(",")
    )
}

const URL: &str = "https://api.smartrecruiters.com/v1/companies/A/postings?limit=500&offset=0";

#[test]
fn all_pages_in_any_order_are_complete() {
    let (first, second) = (page(0, 3, &[1, 2]), page(2, 3, &[3]));
    let forth = map_pages(
        &request(SmartRecruiters),
        [first.as_bytes(), second.as_bytes()],
    )
    .unwrap();
    let back = map_pages(
        &request(SmartRecruiters),
        [second.as_bytes(), first.as_bytes()],
    )
    .unwrap();
    assert_eq!(as_set(&forth), as_set(&back));
    assert_snapshot!(text(&forth).lines().last().unwrap(), @"complete: totalFound equals the rows of all pages");
}

#[test]
fn one_page_of_two_is_incomplete() {
    let mapped = map_pages(&request(SmartRecruiters), [page(0, 3, &[1, 2]).as_bytes()]).unwrap();
    assert_snapshot!(text(&mapped).lines().last().unwrap(), @"incomplete: totalFound is 3, but the list has 2 rows");
}

#[test]
fn repeated_page_is_incomplete() {
    let page = page(0, 4, &[1, 2]);
    let mapped = map_pages(
        &request(SmartRecruiters),
        [page.as_bytes(), page.as_bytes()],
    )
    .unwrap();
    assert_snapshot!(text(&mapped).lines().last().unwrap(), @"incomplete: the pages have 2 rows in common, so others may be missing");
}

#[test]
fn next_page_advances_by_the_rows_received() {
    let next = |body: &str| next_page(SmartRecruiters, URL, body.as_bytes()).unwrap();
    assert_snapshot!(next(&page(0, 3, &[1, 2])).unwrap(), @"https://api.smartrecruiters.com/v1/companies/A/postings?limit=500&offset=2");
    assert_eq!(next(&page(2, 3, &[3])), None);
    assert_eq!(next(&page(3, 9, &[])), None);
    let feed = r#"{"items":[],"next_url":"https://career.example/jobs.json?page=2"}"#;
    assert_eq!(
        next_page(Teamtailor, URL, feed.as_bytes())
            .unwrap()
            .unwrap(),
        "https://career.example/jobs.json?page=2"
    );
    assert_eq!(next_page(Greenhouse, URL, b"not read").unwrap(), None);
}
