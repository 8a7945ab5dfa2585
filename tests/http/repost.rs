//! A large request that is repeated: unchanged rows are not sent to the database again, and the
//! response is the same as if they were.

use jobs_ingest_tests::http::Answer;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::{Counts, INGEST, counts, posting_of_1_kb, send, table};

/// Enough that the database is asked first which rows have changed.
const N_POSTINGS: usize = 1_500;

fn feed() -> Vec<Value> {
    (0..N_POSTINGS).map(posting_of_1_kb).collect()
}

/// How many rows were sent to the database, according to the log.
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
fn only_changed_rows_are_sent_to_the_database() {
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
    // Its non-ASCII id is matched by the stamp, too.
    let again = send(&worker, "", &json!(feed));
    assert_eq!(counts(&again), of(0, 0, 1_500));
    assert_eq!(rows_sent(&worker, &again), 0);

    let id = again.json()["run_id"].as_str().expect("an id").to_owned();
    let run = worker.get(&format!("/runs/{id}")).token(TOKEN).send();
    assert_eq!(run.json()["unchanged"], 1_500);
}

#[test]
fn manually_edited_row_is_overwritten() {
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
fn row_that_changes_after_the_lookup_is_overwritten() {
    let worker = Worker::start();
    let feed = json!({ "items": feed() }).to_string();
    let request = || worker.post(INGEST).token(TOKEN).json(feed.as_str());
    request().send();
    // The batch writes the key first, so this trigger fires between the lookup and the run.
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

/// As after a change of the table of fields, or of an older version.
#[test]
fn missing_and_outdated_hashes_are_stored_once() {
    let worker = Worker::start();
    let feed = json!(feed());
    send(&worker, "", &feed);
    worker.execute(
        "UPDATE jobs SET content_hash = CASE id % 2 WHEN 0 THEN 'AAAAAAAAAAA' END; \
         CREATE TABLE written (id INTEGER); \
         CREATE TRIGGER count_written AFTER UPDATE ON jobs \
         BEGIN INSERT INTO written VALUES (new.id); END",
    );
    let columns = "SELECT id, title, ingested_at, created_at, closed_at FROM jobs ORDER BY id";
    let before = worker.sql(columns);
    let dry = send(&worker, "?dry_run=true", &feed);
    assert_eq!(counts(&dry), of(0, 0, 1_500));
    assert_eq!(n_written(&worker), 0);
    let again = send(&worker, "", &feed);
    assert_eq!(counts(&again), of(0, 0, 1_500));
    assert_eq!(rows_sent(&worker, &again), 1_500);
    assert_eq!(n_written(&worker), 1_500);
    assert_eq!(worker.sql(columns), before);
    let again = send(&worker, "", &feed);
    assert_eq!(counts(&again), of(0, 0, 1_500));
    assert_eq!(rows_sent(&worker, &again), 0);
    assert_eq!(n_written(&worker), 1_500);
}

fn n_written(worker: &Worker) -> Value {
    worker.sql("SELECT count(*) AS n FROM written")[0]["n"].clone()
}

#[test]
fn both_modes_in_turns_write_nothing() {
    let worker = Worker::start();
    let feed = json!(feed());
    send(&worker, "", &feed);
    let keep = send(&worker, "?missing=keep", &feed);
    assert_eq!(counts(&keep), of(0, 0, 1_500));
    let stored = table(&worker);
    for query in ["", "?missing=keep", ""] {
        let again = send(&worker, query, &feed);
        assert_eq!(counts(&again), of(0, 0, 1_500));
        assert_eq!(rows_sent(&worker, &again), 0, "{query}");
        assert_eq!(table(&worker), stored, "{query}");
    }
}

#[test]
fn repeat_with_a_key_gets_the_recorded_response() {
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
