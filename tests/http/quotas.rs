//! Quotas of a token's name: rows and bytes per day.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jobs_ingest_tests::http::{Answer, Request};
use jobs_ingest_tests::{Builder, TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::{
    INGEST, all_tables, assert_is_utc_with_milliseconds, assert_problem, counts, gzip, items,
    log_of, redacted, refused,
};

const ROTATED: &str = "the-new-token-of-the-name";
const OTHER: &str = "the-token-of-another-name";

/// Longer than any test.
const MARGIN_SECONDS: u64 = 60;

/// A name with these options and two tokens, and a name without options. Avoids the time just
/// before midnight, when usage would be reset during a test.
fn builder(options: &str) -> Builder {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds_left = 86_400 - since_1970.expect("after 1970").as_secs() % 86_400;
    if seconds_left <= MARGIN_SECONDS {
        thread::sleep(Duration::from_secs(seconds_left));
    }
    let tokens = format!("one:{TOKEN}?{options},one:{ROTATED}?{options},other:{OTHER}");
    Worker::builder().ingest_tokens(&tokens)
}

fn postings(from: usize, n: usize) -> String {
    let posting = |number| json!({ "externalId": format!("{number:03}") });
    items(&(from..from + n).map(posting).collect::<Vec<Value>>().into())
}

fn ingest(worker: &Worker, query: &str, token: &str, body: impl Into<Vec<u8>>) -> Request {
    let request = worker.post(&format!("{INGEST}{query}")).token(token);
    request.json(body.into())
}

fn send(worker: &Worker, body: String) -> Answer {
    ingest(worker, "", TOKEN, body).send()
}

/// Sends a request that must be refused by a quota without a write; returns limit, used and
/// requested.
fn exceeded(worker: &Worker, request: Request, quota: &str) -> [u64; 3] {
    let before = all_tables(worker);
    let answer = refused(worker, request, 429, "quota_exceeded");
    assert_eq!(all_tables(worker), before);
    let body = answer.json();
    assert_eq!(body["quota"], quota, "{body}");
    let resets_at = body["resets_at"].as_str().expect("a time");
    assert_is_utc_with_milliseconds(resets_at);
    assert!(resets_at.ends_with("T00:00:00.000Z"), "{resets_at}");
    let seconds = answer.header("retry-after").map(str::parse::<u32>);
    let seconds = seconds.expect("Retry-After").expect("a number");
    assert!((1..=86_400).contains(&seconds), "{seconds}");
    ["limit", "used", "requested"].map(|name| body[name].as_u64().expect("a number"))
}

#[test]
fn no_quota_by_default() {
    let worker = Worker::start();
    for number in 0..5 {
        assert_eq!(
            counts(&send(&worker, postings(100 * number, 100))).inserted,
            100
        );
    }
    let answer = send(&worker, postings(0, 1));
    // No usage is queried either.
    assert!(
        !answer
            .header("server-timing")
            .unwrap_or_default()
            .contains("quota")
    );
}

#[test]
fn accepts_rows_up_to_the_daily_quota() {
    let worker = builder("rows_per_day=10").start();
    assert_eq!(counts(&send(&worker, postings(0, 6))).inserted, 6);
    let body = postings(0, 5);
    // Unchanged rows count too, so that a caller can know in advance what fits.
    assert_eq!(
        exceeded(
            &worker,
            ingest(&worker, "", TOKEN, body.clone()),
            "rows_per_day"
        ),
        [10, 6, 5]
    );
    // Both tokens of a name share its quota.
    assert_eq!(
        exceeded(&worker, ingest(&worker, "", ROTATED, body), "rows_per_day"),
        [10, 6, 5]
    );
    assert_eq!(
        counts(&ingest(&worker, "", ROTATED, postings(0, 4)).send()).unchanged,
        4
    );
    let one = ingest(&worker, "", TOKEN, postings(9, 1));
    assert_eq!(exceeded(&worker, one, "rows_per_day"), [10, 10, 1]);
    // Other names have their own quota, or none.
    assert_eq!(
        counts(&ingest(&worker, "", OTHER, postings(0, 100)).send()).received,
        100
    );
}

#[test]
fn response_states_when_the_quota_resets() {
    let worker = builder("rows_per_day=1").start();
    let answer = send(&worker, postings(0, 2));
    let mut body = redacted(&answer);
    let resets_at = body["resets_at"].as_str().expect("a time").to_owned();
    let detail = body["detail"]
        .as_str()
        .expect("a text")
        .replace(&resets_at, "[midnight]");
    body["detail"] = detail.into();
    body["resets_at"] = "[midnight]".into();
    insta::assert_json_snapshot!(body, @r#"
    {
      "code": "quota_exceeded",
      "detail": "rows_per_day is 1, of which 0 are used, and this request needs 2; the quota resets at [midnight]; it is larger than the quota of a whole day: send it in parts",
      "error": "Quota Exceeded",
      "limit": 1,
      "quota": "rows_per_day",
      "request_id": "[request id]",
      "requested": 2,
      "resets_at": "[midnight]",
      "status": 429,
      "success": false,
      "title": "Quota Exceeded",
      "type": "urn:jobs-ingest:problem:quota_exceeded",
      "used": 0
    }
    "#);
    assert_eq!(log_of(&worker, &answer)["code"], "quota_exceeded");
}

#[test]
fn accepts_bytes_up_to_the_daily_quota() {
    let body = postings(0, 10);
    let n = body.len() as u64;
    let worker = builder(&format!("bytes_per_day={}", 2 * n)).start();
    // Counted after decompression.
    let zipped = ingest(&worker, "", TOKEN, gzip(&body)).header("content-encoding", "gzip");
    assert_eq!(counts(&zipped.send()).inserted, 10);
    let longer = ingest(&worker, "", TOKEN, format!("{body} "));
    assert_eq!(
        exceeded(&worker, longer, "bytes_per_day"),
        [2 * n, n, n + 1]
    );
    assert_eq!(counts(&send(&worker, body)).unchanged, 10);
    let shortest = ingest(&worker, "", TOKEN, postings(0, 1));
    let [limit, used, _] = exceeded(&worker, shortest, "bytes_per_day");
    assert_eq!(limit, used);
}

#[test]
fn rejected_requests_do_not_count() {
    let worker = builder("rows_per_day=3&bytes_per_day=100000").start();
    let bad = items(&json!([{ "externalId": "a" }, { "externalId": "a" }, { "title": 7 }]));
    for _ in 0..5 {
        let request = ingest(&worker, "", TOKEN, bad.clone());
        refused(&worker, request, 422, "invalid_items");
        let dry = ingest(&worker, "?dry_run=true", TOKEN, postings(0, 50)).send();
        assert_eq!(counts(&dry).inserted, 50);
    }
    // One of them is valid and not a duplicate.
    let skip = ingest(&worker, "?on_error=skip", TOKEN, bad).send();
    assert_eq!(counts(&skip).inserted, 1);
    assert_eq!(counts(&send(&worker, postings(0, 2))).inserted, 2);
    let one = ingest(&worker, "", TOKEN, postings(0, 1));
    assert_eq!(exceeded(&worker, one, "rows_per_day"), [3, 3, 1]);
}

#[test]
fn recorded_response_is_replayed_over_the_quota() {
    let worker = builder("rows_per_day=2").start();
    let keyed = |key: &str| {
        let request = ingest(&worker, "", TOKEN, postings(0, 2));
        request.header("idempotency-key", key)
    };
    let first = keyed("a").send();
    assert_eq!(counts(&first).inserted, 2);
    exceeded(&worker, keyed("b"), "rows_per_day");
    let again = keyed("a").send();
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
}

/// Inserts a run of this age in hours, with an id of that time.
fn add_run(worker: &Worker, name: &str, hours: u32, rows: u32) {
    worker.execute(&format!(
        "WITH t (ms) AS (SELECT CAST((julianday('now', '-{hours} hours') - 2440587.5) * 86400000 AS INTEGER))
         INSERT INTO ingest_runs
           SELECT '{name}', printf('%08x-%04x-7000-8000-%012x', ms >> 16, ms & 65535, {rows}), NULL, 200,
             {rows}, {rows}, 0, 0, 0, 0, 1, 1, '', '', 0, 0, NULL FROM t"
    ));
}

#[test]
fn runs_of_yesterday_do_not_count() {
    let worker = builder("rows_per_day=10").start();
    add_run(&worker, "one", 24, 10);
    add_run(&worker, "other", 0, 10);
    assert_eq!(counts(&send(&worker, postings(0, 10))).inserted, 10);
    let one = ingest(&worker, "", TOKEN, postings(0, 1));
    assert_eq!(exceeded(&worker, one, "rows_per_day"), [10, 10, 1]);
}

#[test]
fn variables_apply_to_tokens_without_their_own_quota() {
    for (name, quota) in [
        ("ROWS_PER_DAY", "rows_per_day"),
        ("BYTES_PER_DAY", "bytes_per_day"),
    ] {
        for value in [json!(1), json!("1")] {
            let worker = builder("rows_per_day=500&bytes_per_day=5000000")
                .variable(name, value)
                .start();
            assert_eq!(counts(&send(&worker, postings(0, 100))).inserted, 100);
            let two = ingest(&worker, "", OTHER, postings(0, 2));
            let [limit, used, _] = exceeded(&worker, two, quota);
            assert_eq!((limit, used), (1, 0));
        }
    }
}

/// An invalid quota is not treated as unlimited, and affects only the tokens that depend on it.
#[test]
fn invalid_variable_refuses_dependent_requests() {
    let worker = builder("rows_per_day=500&bytes_per_day=5000000")
        .variable("ROWS_PER_DAY", "many")
        .start();
    let answer = refused(
        &worker,
        ingest(&worker, "", OTHER, postings(0, 1)),
        503,
        "misconfigured",
    );
    assert_eq!(answer.json()["variables"], json!(["ROWS_PER_DAY"]));
    assert_eq!(counts(&send(&worker, postings(0, 1))).inserted, 1);
}

#[test]
fn unreadable_ledger_refuses_requests() {
    let worker = builder("rows_per_day=500").start();
    worker.execute("ALTER TABLE ingest_runs RENAME TO elsewhere");
    let answer = send(&worker, postings(0, 1));
    assert_problem(&answer, 503, "database_not_ready");
    assert_eq!(worker.n_rows(), 0);
}
