//! What a complete list costs: D1 bills written rows.

use jobs_ingest_tests::Worker;
use jobs_ingest_tests::http::Request;

use super::{ids, list_request, postings, put_request, start};

/// Rows that a request writes, of all tables.
fn rows_written(worker: &Worker, request: Request) -> u64 {
    let answer = request.send();
    assert!(matches!(answer.status, 200 | 207), "{}", answer.body);
    let rows = worker.sql("SELECT count(*) AS n FROM written");
    worker.execute("DELETE FROM written");
    rows[0]["n"].as_u64().expect("a number")
}

/// Counts rows as D1 does. It excludes indexes, of which only `jobs` has one, for new rows.
fn counting(n_postings: usize) -> Worker {
    let worker = start(n_postings);
    worker.execute("CREATE TABLE written (name TEXT)");
    for table in [
        "jobs",
        "ingest_runs",
        "ingest_keys",
        "ingest_rejects",
        "ingest_sources",
    ] {
        for event in ["INSERT", "UPDATE", "DELETE"] {
            worker.execute(&format!(
                "CREATE TRIGGER count_{table}_{event} AFTER {event} ON {table} \
                 BEGIN INSERT INTO written VALUES ('{table}'); END"
            ));
        }
    }
    worker
}

fn keyed(request: Request, key: &str) -> Request {
    request.header("idempotency-key", key)
}

#[test]
fn unchanged_list_writes_at_most_4_rows() {
    let worker = counting(200);
    let postings = postings(0..200);
    // The first one stores the hashes that the rows of the test lack.
    let first = list_request(&worker, "", &postings);
    assert_eq!(rows_written(&worker, first), 200 + 3);
    for key in ["a", "b"] {
        let request = keyed(list_request(&worker, "", &postings), key);
        // Its key, its run twice, its source.
        assert_eq!(rows_written(&worker, request), 4);
        let request = keyed(put_request(&worker, "", &ids(0..200)), &key.repeat(2));
        assert_eq!(rows_written(&worker, request), 3);
    }
    // Large enough that the database is asked first what has changed.
    let postings = (0..1_500).map(crate::support::posting_of_1_kb).collect();
    let request = || list_request(&worker, "&max_close=100%25", &postings);
    rows_written(&worker, request());
    assert_eq!(rows_written(&worker, keyed(request(), "c")), 3);
}

#[test]
fn closing_or_reopening_is_one_written_row() {
    let worker = counting(200);
    // Stores the hashes that the rows of the test lack.
    rows_written(&worker, list_request(&worker, "", &postings(0..200)));
    // The run twice, once more if it closes, and its source.
    let closing = list_request(&worker, "", &postings(30..200));
    assert_eq!(rows_written(&worker, closing), 30 + 4);
    let reopening = list_request(&worker, "", &postings(0..200));
    assert_eq!(rows_written(&worker, reopening), 30 + 3);
    let closing = put_request(&worker, "", &ids(30..200));
    assert_eq!(rows_written(&worker, closing), 30 + 3);
    let reopening = put_request(&worker, "", &ids(0..200));
    assert_eq!(rows_written(&worker, reopening), 30 + 2);
    // A list that does both does not write more besides.
    let closing_and_reopening = |open: std::ops::Range<usize>| {
        let request = list_request(&worker, "&max_close=100%25", &postings(open));
        rows_written(&worker, request)
    };
    // Those that the list of ids has opened get their hashes.
    assert_eq!(closing_and_reopening(0..100), 100 + 30 + 4);
    assert_eq!(closing_and_reopening(50..200), 150 + 4);
}

/// It is written when it is marked, and when it is closed.
#[test]
fn mark_is_one_written_row() {
    let worker = counting(20);
    let shrunk = put_request(&worker, "", &ids(0..5));
    assert_eq!(rows_written(&worker, shrunk), 15 + 2);
    let again = put_request(&worker, "", &ids(0..5));
    assert_eq!(rows_written(&worker, again), 2);
}
