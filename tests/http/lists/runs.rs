//! The ledger: what each request closed and reopened.

use jobs_ingest_tests::http::Answer;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use super::{about_ids, closing, ids, list, postings, put, start};
use crate::support::{run_id, send};

/// The run of an answer, as `GET /runs/{id}` and as the newest of `GET /runs` return it.
fn run(worker: &Worker, answer: &Answer) -> Value {
    let get = |path: &str| worker.get(path).token(TOKEN).send().json();
    let run = get(&format!("/runs/{}", run_id(answer)));
    assert_eq!(get("/runs?limit=1")["runs"], json!([run]));
    assert_eq!(run["status"], answer.status);
    assert_eq!(run["source"], "acme");
    run
}

#[test]
fn run_has_what_the_answer_has() {
    let worker = start(20);
    let requests: [fn(&Worker) -> Answer; 7] = [
        |worker| list(worker, "", &postings(1..20)),
        |worker| list(worker, "", &postings(0..20)),
        |worker| list(worker, "", &postings(0..2)),
        |worker| list(worker, "", &json!([])),
        |worker| put(worker, "", &ids(0..20)),
        |worker| put(worker, "?allow_empty=true", &json!([])),
        |worker| about_ids(worker, "close", "", &json!(["p1", "none"])).send(),
    ];
    for request in requests {
        let answer = request(&worker);
        let run = run(&worker, &answer);
        let mut expected = closing(&answer);
        let members = expected.as_object_mut().expect("an object");
        assert_eq!(members.remove("closed"), Some(run["closed"].clone()));
        assert_eq!(members.remove("reopened"), Some(run["reopened"].clone()));
        assert_eq!(run["closing"], expected);
        assert_eq!(run["received"], answer.json()["received"]);
    }
}

/// Received is then the number of ids, and only what is reopened is updated.
#[test]
fn run_of_a_list_of_ids_has_no_postings() {
    let worker = start(20);
    put(&worker, "", &ids(2..20));
    let run = run(&worker, &put(&worker, "", &ids(1..20)));
    let numbers = [
        "received",
        "inserted",
        "updated",
        "unchanged",
        "closed",
        "reopened",
    ];
    let numbers = numbers.map(|name| run[name].as_u64());
    assert_eq!(numbers, [19, 0, 1, 0, 0, 1].map(Some));
}

#[test]
fn run_of_another_ingest_has_no_closing() {
    let worker = start(1);
    let run = run(&worker, &send(&worker, "?source=acme", &postings([0])));
    assert_eq!(
        (&run["closed"], &run["reopened"], &run["closing"]),
        (&json!(0), &json!(0), &Value::Null)
    );
}

/// A quota is of postings, not of ids.
#[test]
fn list_of_ids_uses_no_quota_of_rows() {
    let worker = Worker::builder().variable("ROWS_PER_DAY", 10).start();
    super::seed(&worker, 20);
    put(&worker, "", &ids(1..20));
    put(&worker, "", &ids(0..20));
    about_ids(&worker, "close", "", &ids(0..10)).send();
    // One was reopened, which is a written posting.
    let answer = send(&worker, "?source=acme", &postings(10..19));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = send(&worker, "?source=acme", &postings([19]));
    assert_eq!(answer.status, 429, "{}", answer.body);
}
