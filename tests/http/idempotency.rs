//! `Idempotency-Key`: a repeated request is written once and gets the same response.

use std::sync::Barrier;
use std::thread;

use jobs_ingest_core::limits::{IDEMPOTENCY_HOURS, MAX_IDEMPOTENCY_KEY_CHARS};
use jobs_ingest_tests::http::{Answer, Request};
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::{
    INGEST, all_tables, assert_problem, counts, gzip, items, post, posting_of_1_kb, refused,
};

const REPLAYED: &str = "idempotency-replayed";

fn keyed(worker: &Worker, query: &str, key: impl AsRef<[u8]>) -> Request {
    post(worker, query).header("idempotency-key", key)
}

fn one(id: &str) -> String {
    items(&json!([{ "externalId": id }]))
}

fn assert_is_new(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header(REPLAYED), None, "{}", answer.body);
}

fn assert_is_replay_of(answer: &Answer, first: &Answer) {
    assert_eq!(answer.status, first.status, "{}", answer.body);
    assert_eq!(answer.body, first.body);
    assert_eq!(answer.header(REPLAYED), Some("true"));
    assert_eq!(answer.header("content-type"), first.header("content-type"));
    // Each request has its own log line.
    assert_ne!(
        answer.header("x-request-id"),
        first.header("x-request-id"),
        "the request id of the first"
    );
}

#[test]
fn repeat_gets_the_same_response_and_writes_nothing() {
    let worker = Worker::start();
    let long = "x".repeat(256);
    // More errors and warnings than a response lists.
    let mixed: Value = (0..250)
        .map(|number| match number % 2 {
            0 => json!({ "externalId": format!("p{number}"), "title": long, "source": "s" }),
            _ => json!({ "externalId": format!("p{number}"), "title": [number] }),
        })
        .collect();
    for (query, body, status) in [
        ("", one("a"), 200),
        ("?touch=true", one("a"), 200),
        ("?on_error=skip", items(&mixed), 207),
        ("?on_error=skip", items(&json!([{}, 1])), 207),
    ] {
        let key = format!("key of {query} {}", body.len()).replace(' ', "-");
        let first = keyed(&worker, query, &key).json(body.clone()).send();
        assert_eq!(first.status, status, "{}", first.body);
        assert_eq!(first.header(REPLAYED), None);
        let before = all_tables(&worker);
        for _ in 0..2 {
            let again = keyed(&worker, query, &key).json(body.clone()).send();
            assert_is_replay_of(&again, &first);
        }
        assert_eq!(all_tables(&worker), before, "a repeat wrote: {query}");
    }
}

#[test]
fn repeat_does_not_undo_later_writes() {
    let worker = Worker::start();
    let title = |title: &str| items(&json!([{ "externalId": "a", "title": title }]));
    let first = keyed(&worker, "", "k").json(title("old")).send();
    assert_is_new(&first);
    assert_is_new(&post(&worker, "").json(title("new")).send());
    let again = keyed(&worker, "", "k").json(title("old")).send();
    assert_is_replay_of(&again, &first);
    assert_eq!(
        worker.sql("SELECT title FROM jobs"),
        json!([{ "title": "new" }])
    );
}

#[test]
fn other_request_with_the_same_key_is_422() {
    let worker = Worker::start();
    let first = keyed(&worker, "", "k").json(one("a")).send();
    assert_is_new(&first);
    let before = all_tables(&worker);
    let other_body = keyed(&worker, "", "k").json(one("b"));
    let answer = refused(&worker, other_body, 422, "idempotency_key_reused");
    assert_eq!(answer.header(REPLAYED), None);
    // The same postings in other bytes.
    let spaced = keyed(&worker, "", "k").json(format!("{} ", one("a")));
    refused(&worker, spaced, 422, "idempotency_key_reused");
    for query in ["?touch=true", "?on_error=skip"] {
        let other_option = keyed(&worker, query, "k").json(one("a"));
        refused(&worker, other_option, 422, "idempotency_key_reused");
    }
    let lines = keyed(&worker, "", "k").header("content-type", "application/x-ndjson");
    refused(&worker, lines.body(one("a")), 422, "idempotency_key_reused");
    // Stating an option's default is not a different request.
    let spelt_out = keyed(&worker, "?on_error=abort&touch=false&dry_run=false", "k");
    assert_is_replay_of(&spelt_out.json(one("a")).send(), &first);
    assert_eq!(all_tables(&worker), before);
}

#[test]
fn key_belongs_to_the_token_name() {
    let worker = Worker::builder()
        .ingest_tokens(
            "a:token-of-a-0f1e2d3c4b5a69,a:new-token-of-a-0f1e2d3c4b5a69,b:token-of-b-0f1e2d3c4b5a69",
        )
        .start();
    let send = |token: &str, id: &str| {
        let request = worker.post(INGEST).token(token).json(one(id));
        request.header("idempotency-key", "k").send()
    };
    let first = send("token-of-a-0f1e2d3c4b5a69", "x");
    assert_is_new(&first);
    assert_is_new(&send("token-of-b-0f1e2d3c4b5a69", "y"));
    // During rotation a name has two tokens.
    assert_is_replay_of(&send("new-token-of-a-0f1e2d3c4b5a69", "x"), &first);
    assert_eq!(worker.n_rows(), 2);
}

#[test]
fn key_has_1_to_255_visible_ascii_characters() {
    let worker = Worker::start();
    let all: String = ('!'..='~').collect();
    let longest = "k".repeat(MAX_IDEMPOTENCY_KEY_CHARS);
    for good in ["!", "~", &all, &longest] {
        let first = keyed(&worker, "", good).json(one("a")).send();
        assert_is_new(&first);
        let again = keyed(&worker, "", good).json(one("a")).send();
        assert_is_replay_of(&again, &first);
    }
    let too_long = "k".repeat(MAX_IDEMPOTENCY_KEY_CHARS + 1);
    let before = all_tables(&worker);
    for bad in ["", "a b", "a\tb", "é", "\u{1f511}", &too_long] {
        for query in ["", "?dry_run=true"] {
            let request = keyed(&worker, query, bad).json(one("a"));
            refused(&worker, request, 400, "invalid_idempotency_key");
        }
    }
    // HTTP joins repeated headers with a comma and a space.
    let twice = keyed(&worker, "", "a").header("idempotency-key", "b");
    let request = twice.json(one("a"));
    refused(&worker, request, 400, "invalid_idempotency_key");
    assert_eq!(all_tables(&worker), before);
}

#[test]
fn requests_that_write_nothing_do_not_use_the_key() {
    let worker = Worker::start();
    let dry = keyed(&worker, "?dry_run=true", "k").json(one("dry")).send();
    assert_is_new(&dry);
    let invalid = items(&json!([{ "externalId": "a", "title": {} }]));
    for _ in 0..2 {
        let request = keyed(&worker, "", "k").json(invalid.clone());
        refused(&worker, request, 422, "invalid_items");
    }
    let request = keyed(&worker, "", "k").json("{");
    refused(&worker, request, 400, "invalid_json");
    let request = keyed(&worker, "", "k").json("[]");
    refused(&worker, request, 400, "items_required");
    let first = keyed(&worker, "", "k").json(one("fixed")).send();
    assert_is_new(&first);
    // A dry run does not look up the key either.
    let dry = keyed(&worker, "?dry_run=true", "k").json(one("dry")).send();
    assert_is_new(&dry);
    assert_eq!(dry.json()["dry_run"], true);
    let again = keyed(&worker, "", "k").json(one("fixed")).send();
    assert_is_replay_of(&again, &first);
}

#[test]
fn key_expires_after_48_hours() {
    let worker = Worker::start();
    let age = |seconds: u64| {
        worker.execute(&format!(
            "UPDATE ingest_keys
             SET created_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{seconds} seconds')"
        ));
    };
    let expires_after = IDEMPOTENCY_HOURS * 3_600;
    let first = keyed(&worker, "", "k").json(one("a")).send();
    assert_is_new(&first);
    // A margin longer than any test.
    age(expires_after - 600);
    let again = keyed(&worker, "", "k").json(one("a")).send();
    assert_is_replay_of(&again, &first);
    age(expires_after + 1);
    let later = keyed(&worker, "", "k").json(one("b")).send();
    assert_is_new(&later);
    let again = keyed(&worker, "", "k").json(one("b")).send();
    assert_is_replay_of(&again, &later);
    assert_eq!(worker.n_rows(), 2);
}

#[test]
fn one_of_concurrent_requests_is_written() {
    const N_CLIENTS: usize = 4;
    let worker = Worker::start();
    let postings: Value = (0..1_000).map(posting_of_1_kb).collect();
    let body = items(&postings);
    for round in 0..5 {
        worker.execute("DELETE FROM jobs; DELETE FROM ingest_runs");
        let barrier = Barrier::new(N_CLIENTS);
        let send = || {
            let request = worker.http().request("POST", INGEST).token(TOKEN);
            let request = request.header("idempotency-key", format!("round-{round}"));
            let request = request.json(body.clone());
            barrier.wait();
            request.send()
        };
        let answers: Vec<Answer> = thread::scope(|scope| {
            let clients: Vec<_> = (0..N_CLIENTS).map(|_| scope.spawn(send)).collect();
            let answers = clients.into_iter().map(|client| client.join());
            answers.map(|answer| answer.expect("a client")).collect()
        });
        let is_new = |answer: &&Answer| answer.status == 200 && answer.header(REPLAYED).is_none();
        let new: Vec<&Answer> = answers.iter().filter(is_new).collect();
        assert_eq!(new.len(), 1, "{answers:?}");
        assert_eq!(counts(new[0]).inserted, 1_000);
        for answer in &answers {
            match answer.status {
                200 if is_new(&answer) => {}
                200 => assert_is_replay_of(answer, new[0]),
                _ => {
                    assert_problem(answer, 409, "idempotency_key_in_use");
                    assert_eq!(answer.header("retry-after"), Some("1"));
                }
            }
        }
        let runs = worker.sql("SELECT inserted, updated, unchanged FROM ingest_runs");
        let once = json!([{ "inserted": 1_000, "updated": 0, "unchanged": 0 }]);
        assert_eq!(runs, once);
        assert_eq!(worker.n_rows(), 1_000);
    }
}

#[test]
fn slow_body_does_not_hold_the_key() {
    let worker = Worker::start();
    let body = one("a");
    let (start, rest) = body.split_at(10);
    let mut slow = worker.raw();
    slow.write(format!(
        "POST {INGEST} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\
         Idempotency-Key: k\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{start}",
        body.len()
    ));
    // The key is taken only when the body is complete, so this request overtakes the slow one.
    let fast = keyed(&worker, "", "k").body(body.clone()).send();
    assert_is_new(&fast);
    let answer = slow.write(rest).read_to_end().expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let answer = answer.to_lowercase();
    assert!(answer.contains("idempotency-replayed: true"), "{answer}");
    assert!(answer.contains(&fast.body.to_lowercase()), "{answer}");
    assert_eq!(worker.n_rows(), 1);
}

#[test]
fn compression_does_not_change_the_fingerprint() {
    let worker = Worker::start();
    let first = keyed(&worker, "", "k").json(one("a")).send();
    assert_is_new(&first);
    let compressed = keyed(&worker, "", "k").header("content-encoding", "gzip");
    let again = compressed.json(gzip(one("a"))).send();
    assert_is_replay_of(&again, &first);
}

#[test]
fn path_does_not_change_the_fingerprint() {
    let worker = Worker::start();
    let first = keyed(&worker, "", "k").json(one("a")).send();
    assert_is_new(&first);
    let alias = worker.post("/.netlify/functions/jobsIngest").token(TOKEN);
    let again = alias.header("idempotency-key", "k").json(one("a")).send();
    assert_is_replay_of(&again, &first);
}
