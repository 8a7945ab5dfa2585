//! A large request that is sent again: what the database has is not sent to it once more, and the
//! answer is the same as if it were.

use jobs_ingest_tests::http::Answer;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::{Counts, INGEST, counts, posting_of_1_kb, send};

/// Enough of them that the database is asked first.
const N_POSTINGS: usize = 1_500;

fn feed() -> Vec<Value> {
    (0..N_POSTINGS).map(posting_of_1_kb).collect()
}

/// How many rows went to the database, as the log has it.
fn rows_sent(worker: &Worker, answer: &Answer) -> Value {
    let id = answer.header("x-request-id").expect("a request id");
    let line = worker.logs().wait_for(|line| line.message.contains(id));
    let line: Value = serde_json::from_str(&line.message).expect("JSON");
    line["rows_sent"].clone()
}

fn of(inserted: u64, updated: u64, unchanged: u64) -> Counts {
    Counts {
        received: N_POSTINGS as u64,
        inserted,
        updated,
        unchanged,
        ..Counts::default()
    }
}

#[test]
fn only_what_differs_goes_to_the_database() {
    let worker = Worker::start();
    let mut feed = feed();
    let first = send(&worker, "", &json!(feed));
    assert_eq!(counts(&first), of(1_500, 0, 0));
    assert_eq!(rows_sent(&worker, &first), 1_500);

    let again = send(&worker, "", &json!(feed));
    assert_eq!(counts(&again), of(0, 0, 1_500));
    assert_eq!(rows_sent(&worker, &again), 0);
    assert_eq!(again.status, 200);

    feed[7]["title"] = json!("Another title");
    feed[1_499]["externalId"] = json!("new – ’");
    let changed = send(&worker, "", &json!(feed));
    assert_eq!(counts(&changed), of(1, 1, 1_498));
    assert_eq!(rows_sent(&worker, &changed), 2);
    // Its id, which is not ASCII, is known by its hash, too.
    let again = send(&worker, "", &json!(feed));
    assert_eq!(counts(&again), of(0, 0, 1_500));
    assert_eq!(rows_sent(&worker, &again), 0);

    let id = again.json()["run_id"].as_str().expect("an id").to_owned();
    let run = worker.get(&format!("/runs/{id}")).token(TOKEN).send();
    assert_eq!(run.json()["unchanged"], 1_500);
}

#[test]
fn a_row_that_was_edited_by_hand_becomes_what_is_sent() {
    let worker = Worker::start();
    let feed = json!(feed());
    send(&worker, "", &feed);
    worker.execute("UPDATE jobs SET salary = 'by hand' WHERE external_id = 'posting-000700'");
    let again = send(&worker, "", &feed);
    assert_eq!(counts(&again), of(0, 1, 1_499));
    assert_eq!(rows_sent(&worker, &again), 1);
    let by_hand = worker.sql("SELECT count(*) AS n FROM jobs WHERE salary = 'by hand'");
    assert_eq!(by_hand[0]["n"], 0);
}

#[test]
fn a_row_that_changes_after_it_was_asked_for_becomes_what_is_sent() {
    let worker = Worker::start();
    let feed = json!({ "items": feed() }).to_string();
    let request = || worker.post(INGEST).token(TOKEN).json(feed.as_str());
    request().send();
    // The key is the first that the batch writes: this comes between the question and the run.
    worker.execute(
        "CREATE TRIGGER meanwhile AFTER INSERT ON ingest_keys BEGIN \
         UPDATE jobs SET title = 'meanwhile' WHERE external_id = 'posting-000700'; END",
    );
    let answer = request().header("Idempotency-Key", "k").send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(counts(&answer), of(0, 1, 1_499));
    assert_eq!(rows_sent(&worker, &answer), 1_500);
    let meanwhile = worker.sql("SELECT count(*) AS n FROM jobs WHERE title = 'meanwhile'");
    assert_eq!(meanwhile[0]["n"], 0);
    let runs = worker.sql("SELECT count(*) AS n FROM ingest_runs");
    assert_eq!(runs[0]["n"], 2);
}

#[test]
fn rows_without_a_hash_get_one_by_touching_them() {
    let worker = Worker::start();
    let feed = json!(feed());
    send(&worker, "", &feed);
    worker.execute("UPDATE jobs SET content_hash = NULL");
    let again = send(&worker, "", &feed);
    assert_eq!(counts(&again), of(0, 0, 1_500));
    assert_eq!(rows_sent(&worker, &again), 1_500);
    assert_eq!(
        counts(&send(&worker, "?touch=true", &feed)),
        of(0, 1_500, 0)
    );
    let again = send(&worker, "", &feed);
    assert_eq!(rows_sent(&worker, &again), 0);
}

#[test]
fn a_repeat_by_its_key_is_answered_as_the_first() {
    let worker = Worker::start();
    let feed = json!({ "items": feed() }).to_string();
    let send = || {
        let request = worker.post(INGEST).token(TOKEN);
        request
            .header("Idempotency-Key", "k")
            .json(feed.as_str())
            .send()
    };
    let first = send();
    assert_eq!(counts(&first), of(1_500, 0, 0));
    let repeat = send();
    assert_eq!(repeat.body, first.body);
    assert_eq!(repeat.header("idempotency-replayed"), Some("true"));
}
