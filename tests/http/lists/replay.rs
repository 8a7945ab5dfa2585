//! A request with an idempotency key is repeated with its first answer, on each route that closes.

use jobs_ingest_tests::Worker;
use jobs_ingest_tests::http::Request;
use serde_json::json;

use super::{
    about_ids, ids, list, list_request, n_states, postings, put_request, start, writes_nothing,
};
use crate::support::all_tables;

fn keyed(request: Request) -> Request {
    request.header("idempotency-key", "k")
}

type Make = fn(&Worker) -> Request;

/// Whether the answer is a 207, and the request.
const REQUESTS: [(bool, Make); 5] = [
    (false, |worker| list_request(worker, "", &postings(3..20))),
    (true, |worker| list_request(worker, "", &postings(15..21))),
    (false, |worker| put_request(worker, "", &ids(3..20))),
    (true, |worker| put_request(worker, "", &ids(15..20))),
    (false, |worker| {
        about_ids(worker, "close", "", &json!(["p1", "p2", "none"]))
    }),
];

#[test]
fn repeat_gets_the_first_answer_and_writes_nothing() {
    for (is_partial, request) in REQUESTS {
        let worker = start(20);
        let first = keyed(request(&worker)).send();
        assert_eq!(first.status, if is_partial { 207 } else { 200 });
        assert_eq!(first.header("idempotency-replayed"), None);
        let before = all_tables(&worker);
        let again = keyed(request(&worker)).send();
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(all_tables(&worker), before);
    }
}

/// A list that is repeated late must not close what has been listed since.
#[test]
fn repeat_does_not_undo_a_later_list() {
    let worker = start(3);
    let first = keyed(list_request(&worker, "", &postings(0..2))).send();
    list(&worker, "", &postings(0..3));
    let again = keyed(list_request(&worker, "", &postings(0..2))).send();
    assert_eq!(again.body, first.body);
    assert_eq!(n_states(&worker), [3, 0, 0]);
}

#[test]
fn another_request_with_the_key_is_422() {
    let worker = start(20);
    let body = ids(3..20);
    assert_eq!(keyed(put_request(&worker, "", &body)).send().status, 200);
    let others = [
        put_request(&worker, "?max_close=5", &body),
        put_request(&worker, "?allow_empty=true", &body),
        put_request(&worker, "?observed_at=2026-01-01", &body),
        put_request(&worker, "", &ids(4..20)),
        about_ids(&worker, "close", "", &body),
        list_request(&worker, "", &postings(3..20)),
        worker
            .http()
            .request("PUT", "/sources/globex/snapshot")
            .token(jobs_ingest_tests::TOKEN)
            .json(body.to_string()),
    ];
    for other in others {
        writes_nothing(&worker, keyed(other), 422, "idempotency_key_reused");
    }
}

#[test]
fn list_and_its_options_belong_to_the_request_of_postings() {
    let worker = start(3);
    let body = postings(0..3);
    let plain = || crate::support::post(&worker, "?source=acme").json(crate::support::items(&body));
    assert_eq!(keyed(plain()).send().status, 200);
    for more in ["", "&max_close=5", "&allow_empty=true"] {
        let other = keyed(list_request(&worker, more, &body));
        writes_nothing(&worker, other, 422, "idempotency_key_reused");
    }
}

#[test]
fn refused_list_and_dry_run_do_not_use_the_key() {
    let worker = start(3);
    let incomplete = keyed(put_request(&worker, "", &ids(0..4)));
    writes_nothing(&worker, incomplete, 409, "snapshot_incomplete");
    let dry = keyed(put_request(&worker, "?dry_run=true", &ids(0..2))).send();
    assert_eq!(dry.status, 200);
    let real = keyed(put_request(&worker, "", &ids(0..3))).send();
    assert_eq!(
        (real.status, real.header("idempotency-replayed")),
        (200, None)
    );
}
