//! A dry run returns what the request would do, and does nothing.

use jobs_ingest_core::limits::MAX_SHOWN_CLOSINGS;
use jobs_ingest_tests::Worker;
use jobs_ingest_tests::http::Answer;
use serde_json::{Value, json};

use super::{about_ids, closing, ids, list, postings, put, start};
use crate::support::all_tables;

/// Sends a request as a dry run and for real; the answers must agree. Returns the ids that the dry run
/// would close.
fn agree(worker: &Worker, send: impl Fn(&str) -> Answer) -> Vec<String> {
    let before = all_tables(worker);
    let dry = send("dry_run=true");
    assert_eq!(all_tables(worker), before, "a dry run wrote");
    let last_id = worker.sql("SELECT coalesce(max(id), '') AS id FROM ingest_runs");
    let real = send("dry_run=false");
    let mut expected = real.json();
    let members = expected.as_object_mut().expect("an object");
    assert!(members.remove("run_id").is_some(), "{}", real.body);
    members.insert("dry_run".to_owned(), json!(true));
    let mut found = dry.json();
    let would_close = found["closing"]
        .as_object_mut()
        .and_then(|closing| closing.remove("would_close"));
    // The two have been sent at different times.
    for answer in [&mut expected, &mut found] {
        if let Some(withheld) = answer["closing"]["withheld"].as_object_mut() {
            withheld.remove("until");
            withheld.remove("detail");
        }
    }
    assert_eq!(found, expected);
    assert_eq!(dry.status, real.status);
    let would_close: Vec<String> =
        serde_json::from_value(would_close.expect("would_close")).expect("ids");
    let last_id = last_id[0]["id"].as_str().expect("an id").to_owned();
    let run = worker.sql(&format!(
        "SELECT started_at AS at FROM ingest_runs WHERE id > '{last_id}'"
    ));
    let at = run[0]["at"].as_str().expect("a time");
    let closed = worker.sql(&format!(
        "SELECT external_id AS id FROM jobs WHERE closed_at = '{at}' \
         ORDER BY external_id LIMIT {MAX_SHOWN_CLOSINGS}"
    ));
    let closed = closed.as_array().expect("rows").iter();
    let closed: Vec<&str> = closed.filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(would_close, closed);
    would_close
}

#[test]
fn of_a_list_of_postings() {
    let worker = start(30);
    let send = |numbers: Value| {
        let worker = &worker;
        move |dry: &str| list(worker, &format!("&{dry}"), &numbers)
    };
    assert_eq!(agree(&worker, send(postings(3..32))), ["p0", "p1", "p2"]);
    // Reopens two, and withholds.
    assert_eq!(agree(&worker, send(postings(1..10))).len(), 0);
    assert_eq!(agree(&worker, send(json!([]))).len(), 0);
    let over = |dry: &str| {
        list(
            &worker,
            &format!("&max_close=100%25&{dry}"),
            &postings(0..3),
        )
    };
    agree(&worker, over);
}

#[test]
fn of_a_list_of_ids() {
    let worker = start(30);
    let send = |query: &'static str, list: Value| {
        let worker = &worker;
        move |dry: &str| put(worker, &format!("?{query}{dry}"), &list)
    };
    assert_eq!(agree(&worker, send("", ids(3..30))), ["p0", "p1", "p2"]);
    agree(&worker, send("", ids(1..10)));
    agree(
        &worker,
        send("allow_empty=true&max_close=100%25&", json!([])),
    );
}

#[test]
fn of_a_request_to_close() {
    let worker = start(5);
    let send = |list: Value| {
        let worker = &worker;
        move |dry: &str| about_ids(worker, "close", &format!("&{dry}"), &list).send()
    };
    let list = json!(["p4", "p1", "none"]);
    assert_eq!(agree(&worker, send(list.clone())), ["p1", "p4"]);
    assert_eq!(agree(&worker, send(list)).len(), 0);
}

#[test]
fn shows_the_first_100_ids() {
    let worker = start(MAX_SHOWN_CLOSINGS + 2);
    for (first_listed, n_shown) in [(100, 100), (101, 100)] {
        let query = "&max_close=100%25&dry_run=true";
        let listed = postings(first_listed..MAX_SHOWN_CLOSINGS + 2);
        let found = closing(&list(&worker, query, &listed));
        assert_eq!(found["closed"], first_listed);
        let shown = found["would_close"].as_array().expect("ids");
        assert_eq!(shown.len(), n_shown);
    }
}
