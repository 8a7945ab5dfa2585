//! Complete lists: what a source no longer lists is closed, never by accident, and is open again when
//! it is listed again.

mod at_once;
mod by_ids;
mod close;
mod closing;
mod compare;
mod dry_run;
mod observed_at;
mod replay;
mod rows_written;
mod runs;
mod scopes;
mod sources;
mod withheld;

use std::time::{SystemTime, UNIX_EPOCH};

use jobs_ingest_core::iso_time::iso_time;
use jobs_ingest_tests::http::{Answer, Request};
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::{all_tables, assert_problem, items, post};

const MINUTE_MS: f64 = 60_000.0;
const HOUR_MS: f64 = 60.0 * MINUTE_MS;

fn now_ms() -> f64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.expect("a clock after 1970").as_millis() as f64
}

fn postings(numbers: impl IntoIterator<Item = usize>) -> Value {
    let posting = |number| json!({ "externalId": format!("p{number}") });
    numbers.into_iter().map(posting).collect()
}

fn ids(numbers: impl IntoIterator<Item = usize>) -> Value {
    let id = |number| json!(format!("p{number}"));
    numbers.into_iter().map(id).collect()
}

/// A Worker with this many postings of the source `acme`, written ten hours ago, and one of another
/// source.
fn start(n_postings: usize) -> Worker {
    let worker = Worker::start();
    seed(&worker, n_postings);
    worker
}

/// The postings of [`start`].
fn seed(worker: &Worker, n_postings: usize) {
    let written_at = iso_time(now_ms() - 10.0 * HOUR_MS);
    worker.execute(&format!(
        "WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < {n_postings})
         INSERT INTO jobs (source, external_id, company_id, category_id, job_type, work_mode, ingested_at, created_at)
         SELECT 'acme', 'p' || n, 1, 1, 'Full-time', 'On-site', '{written_at}', '{written_at}' FROM number WHERE n < {n_postings}
         UNION ALL SELECT 'globex', 'p0', 1, 1, 'Full-time', 'On-site', '{written_at}', '{written_at}'"
    ));
}

/// A complete list of `acme`, by its postings; `more` continues the query.
fn list_request(worker: &Worker, more: &str, postings: &Value) -> Request {
    post(worker, &format!("?source=acme&snapshot=complete{more}")).json(items(postings))
}

fn list(worker: &Worker, more: &str, postings: &Value) -> Answer {
    list_request(worker, more, postings).send()
}

/// A complete list of `acme`, by its ids; `query` is empty or starts with `?`.
fn put_request(worker: &Worker, query: &str, ids: &Value) -> Request {
    let request = worker
        .http()
        .request("PUT", &format!("/sources/acme/snapshot{query}"));
    request.token(TOKEN).json(ids.to_string())
}

fn put(worker: &Worker, query: &str, ids: &Value) -> Answer {
    put_request(worker, query, ids).send()
}

/// `POST /jobs/close` or `POST /jobs/compare` about `acme`; `more` continues the query.
fn about_ids(worker: &Worker, action: &str, more: &str, ids: &Value) -> Request {
    let request = worker.post(&format!("/jobs/{action}?source=acme{more}"));
    request.token(TOKEN).json(ids.to_string())
}

/// The `closing` of a success response, whose status must match it.
fn closing(answer: &Answer) -> Value {
    let body = answer.json();
    assert_eq!(body["success"], true, "{body}");
    let closing = body["closing"].clone();
    let is_partial = !closing["withheld"].is_null() || body["rejected"].as_u64() > Some(0);
    let status = if is_partial { 207 } else { 200 };
    assert_eq!(answer.status, status, "{body}");
    closing
}

/// A `closing` of a complete list of which nothing was withheld.
fn closed(closed: u64, reopened: u64, missing: u64) -> Value {
    json!({ "closed": closed, "reopened": reopened, "missing": missing, "withheld": null })
}

/// What each posting of `acme` is: `p0 open, p1 closed absent, p2 missing`.
fn states(worker: &Worker) -> String {
    let rows = worker.sql(
        "SELECT external_id || ' ' || CASE \
         WHEN closed_at IS NOT NULL THEN concat_ws(' ', 'closed', closed_reason, 'missing' || missing_since) \
         WHEN closed_reason IS NOT NULL THEN 'open but ' || closed_reason \
         WHEN missing_since IS NOT NULL THEN 'missing' ELSE 'open' END AS state \
         FROM jobs WHERE source = 'acme' ORDER BY id",
    );
    let rows = rows.as_array().expect("rows").iter();
    let states: Vec<&str> = rows.filter_map(|row| row["state"].as_str()).collect();
    states.join(", ")
}

/// Number of open and of closed postings of `acme`, and of those marked missing.
fn n_states(worker: &Worker) -> [u64; 3] {
    let rows = worker.sql(
        "SELECT count(*) FILTER (WHERE closed_at IS NULL) AS open, \
         count(*) FILTER (WHERE closed_at IS NOT NULL) AS closed, \
         count(*) FILTER (WHERE missing_since IS NOT NULL) AS missing \
         FROM jobs WHERE source = 'acme'",
    );
    ["open", "closed", "missing"].map(|name| rows[0][name].as_u64().expect("a number"))
}

/// Sends a request that must be refused and leave all tables unchanged.
fn writes_nothing(worker: &Worker, request: Request, status: u16, code: &str) -> Answer {
    let before = all_tables(worker);
    let answer = request.send();
    assert_problem(&answer, status, code);
    assert_eq!(all_tables(worker), before, "a refused request wrote");
    answer
}
