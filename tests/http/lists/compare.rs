//! `POST /jobs/compare`: which listed postings are not stored, or not as listed. Writes nothing.

use jobs_ingest_tests::Worker;
use serde_json::{Value, json};

use super::{about_ids, ids, start, writes_nothing};
use crate::support::{all_tables, send};

fn compare(worker: &Worker, ids: &Value) -> Value {
    let before = all_tables(worker);
    let answer = about_ids(worker, "compare", "", ids).send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(all_tables(worker), before);
    answer.json()
}

#[test]
fn names_positions_of_ids_that_are_not_stored() {
    let worker = start(2);
    assert_eq!(
        compare(&worker, &json!(["p0", "new", "p1", "other"])),
        json!({ "success": true, "received": 4, "different": 2, "positions": [1, 3] })
    );
    assert_eq!(
        compare(&worker, &json!([])),
        json!({ "success": true, "received": 0, "different": 0, "positions": [] })
    );
}

#[test]
fn names_positions_of_hashes_that_differ() {
    let worker = start(0);
    let posting = |id: &str, title: &str| json!({ "externalId": id, "title": title });
    let stored = json!([posting("a", "1"), posting("b", "1"), posting("c", "1")]);
    send(&worker, "?source=acme", &stored);
    let rows = worker.sql(
        "SELECT external_id AS externalId, content_hash AS hash FROM jobs \
         WHERE source = 'acme' ORDER BY id",
    );
    assert_eq!(compare(&worker, &rows)["positions"], json!([]));
    send(&worker, "?source=acme", &json!([posting("b", "2")]));
    assert_eq!(compare(&worker, &rows)["positions"], json!([1]));
    // Somebody has edited it, so that it is to be sent again.
    worker.execute("UPDATE jobs SET title = 'by hand' WHERE external_id = 'c'");
    assert_eq!(compare(&worker, &rows)["positions"], json!([1, 2]));
}

#[test]
fn converges_when_unchanged_postings_are_sent() {
    let worker = start(3);
    let postings = super::postings(0..3);
    let hashes = || {
        worker.sql(
            "SELECT external_id AS externalId, content_hash AS hash FROM jobs \
             WHERE source = 'acme' ORDER BY id",
        )
    };
    send(&worker, "?source=acme", &postings);
    let expected = hashes();
    assert_eq!(compare(&worker, &expected)["different"], 0);
    worker.execute("UPDATE jobs SET content_hash = NULL");
    assert_eq!(compare(&worker, &expected)["different"], 3);
    send(&worker, "?source=acme", &postings);
    assert_eq!(compare(&worker, &expected)["different"], 0);
    // The rows then have two hashes, of which the list may state both.
    send(&worker, "?source=acme&missing=keep", &postings);
    assert_eq!(compare(&worker, &expected)["different"], 0);
    assert_ne!(hashes(), expected);
    assert_eq!(compare(&worker, &hashes())["different"], 0);
}

/// All positions, unlike the answer to a list.
#[test]
fn names_all_positions() {
    let worker = start(0);
    let answer = compare(&worker, &ids(0..30_000));
    assert_eq!(answer["different"], 30_000);
    assert_eq!(answer["positions"].as_array().map(Vec::len), Some(30_000));
}

#[test]
fn invalid_requests_are_refused() {
    let worker = start(1);
    let request = worker.post("/jobs/compare").token(jobs_ingest_tests::TOKEN);
    writes_nothing(&worker, request.json("[]"), 400, "invalid_option");
    let request = about_ids(&worker, "compare", "", &json!([null]));
    writes_nothing(&worker, request, 422, "invalid_ids");
}
