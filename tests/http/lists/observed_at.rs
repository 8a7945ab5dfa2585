//! `observed_at`: when a list was fetched decides what it closes.

use jobs_ingest_core::iso_time::iso_time;
use jobs_ingest_core::limits::SECOND_LIST_MINUTES;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::json;

use super::{HOUR_MS, MINUTE_MS, closed, closing, list, n_states, now_ms, postings, start, states};
use crate::support::{counts, send};

const SECOND_LIST_MS: f64 = SECOND_LIST_MINUTES as f64 * MINUTE_MS;

/// A list of these postings that was fetched at this time.
fn list_at(
    worker: &Worker,
    ms: f64,
    numbers: impl IntoIterator<Item = usize>,
) -> serde_json::Value {
    let query = format!("&observed_at={}", iso_time(ms));
    closing(&list(worker, &query, &postings(numbers)))
}

#[test]
fn second_list_closes_after_60_minutes_and_not_before() {
    let worker = start(20);
    let first_ms = now_ms() - 3.0 * HOUR_MS;
    let first = list_at(&worker, first_ms, 0..5);
    assert_eq!(
        (&first["closed"], &first["missing"]),
        (&json!(0), &json!(15))
    );
    let marks =
        worker.sql("SELECT DISTINCT missing_since FROM jobs WHERE missing_since IS NOT NULL");
    assert_eq!(marks, json!([{ "missing_since": iso_time(first_ms) }]));

    let too_early_ms = first_ms + SECOND_LIST_MS - 1.0;
    assert_eq!(list_at(&worker, too_early_ms, 0..5), closed(0, 0, 15));
    assert_eq!(n_states(&worker), [20, 0, 15]);
    let second_ms = first_ms + SECOND_LIST_MS;
    assert_eq!(list_at(&worker, second_ms, 0..5), closed(15, 0, 0));
    assert_eq!(n_states(&worker), [5, 15, 0]);
}

#[test]
fn posting_that_is_listed_again_loses_its_mark() {
    let worker = start(20);
    let first_ms = now_ms() - 3.0 * HOUR_MS;
    list_at(&worker, first_ms, 0..5);
    assert_eq!(
        list_at(&worker, first_ms + SECOND_LIST_MS / 2.0, 0..7),
        closed(0, 0, 13)
    );
    assert_eq!(
        list_at(&worker, first_ms + SECOND_LIST_MS, 0..7),
        closed(13, 0, 0)
    );
    assert_eq!(n_states(&worker), [7, 13, 0]);
}

/// So does one that a request without a list sends.
#[test]
fn posting_that_is_sent_again_loses_its_mark() {
    let worker = start(20);
    list_at(&worker, now_ms() - 3.0 * HOUR_MS, 0..5);
    let answer = send(&worker, "?source=acme", &postings([5]));
    assert_eq!(counts(&answer).updated, 1);
    assert_eq!(n_states(&worker), [20, 0, 14]);
}

#[test]
fn posting_that_was_written_after_the_list_was_fetched_is_not_closed() {
    let worker = start(2);
    send(&worker, "?source=acme", &postings([2]));
    assert_eq!(list_at(&worker, now_ms() - HOUR_MS, [0]), closed(1, 0, 0));
    assert_eq!(states(&worker), "p0 open, p1 closed absent, p2 open");
    assert_eq!(closing(&list(&worker, "", &postings([0]))), closed(1, 0, 0));
    assert_eq!(
        states(&worker),
        "p0 open, p1 closed absent, p2 closed absent"
    );
}

#[test]
fn time_in_the_future_counts_as_now() {
    let worker = start(2);
    let answer = list(&worker, "&observed_at=9999-12-31T23:59:59Z", &postings([0]));
    assert_eq!(closing(&answer), closed(1, 0, 0));
    let source = worker.get("/sources/acme").token(TOKEN).send().json();
    let observed_at = source["last_list"]["observed_at"].as_str().expect("a time");
    assert!(observed_at <= iso_time(now_ms()).as_str(), "{source}");
    // So it does not overtake the next one.
    assert_eq!(closing(&list(&worker, "", &postings([1]))), closed(1, 1, 0));
}

#[test]
fn two_lists_of_the_same_time_are_both_accepted() {
    let worker = start(3);
    let at_ms = now_ms() - HOUR_MS;
    assert_eq!(list_at(&worker, at_ms, 0..2), closed(1, 0, 0));
    assert_eq!(list_at(&worker, at_ms, 0..1), closed(1, 0, 0));
}
