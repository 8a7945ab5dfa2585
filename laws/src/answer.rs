//! Laws of what clients read.

use jobs_ingest_core::ingest::{BodyError, Prepared};
use jobs_ingest_core::invalid_items::InvalidItems;
use jobs_ingest_core::limits::{MAX_IGNORED_FIELDS, MAX_LISTED_FINDINGS};
use jobs_ingest_core::options::OnError;
use jobs_ingest_core::outcome::{Answer, Tally, status};
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::result_row::{ColumnValue, ResultRow};
use jobs_ingest_core::run::{NewRun, Run};
use serde_json::Value;

const RUN_ID: &str = "019aab3c-7d2e-7000-8000-000000000001";

pub fn check_body_error(error: BodyError) {
    let answer = problem(&Problem::from(error));
    assert!(matches!(answer["status"].as_u64(), Some(400 | 413)));
}

pub fn check(prepared: Prepared, on_error: OnError) {
    if on_error == OnError::Abort && prepared.n_rejected > 0 {
        return check_refusal(prepared);
    }
    for dry_run in [false, true] {
        check_success(&prepared, dry_run);
    }
    let tally = tally(prepared.n_rows as u64, false);
    let answer = Answer::new(&prepared, tally, Some(RUN_ID));
    assert_eq!(replayed(&prepared, tally), answer.to_json());
}

fn check_success(prepared: &Prepared, dry_run: bool) {
    let tally = tally(prepared.n_rows as u64, dry_run);
    let answer = Answer::new(prepared, tally, (!dry_run).then_some(RUN_ID));
    let status = answer.status();
    let body = answer.to_json();
    let answer: Value = serde_json::from_str(&body).expect("a response is JSON");
    let count = |name: &str| answer[name].as_u64().expect("a count");
    assert_eq!(
        count("upserted"),
        count("inserted") + count("updated") + count("unchanged")
    );
    assert_eq!(
        count("received"),
        count("upserted") + count("duplicates") + count("rejected")
    );
    assert_eq!(status, if count("rejected") > 0 { 207 } else { 200 });
    assert_eq!(answer["dry_run"] == true, dry_run);
    findings_add_up(&answer);
}

fn check_refusal(prepared: Prepared) {
    let is_bad_ndjson = prepared.first_bad_line.is_some();
    let n_rejected = prepared.n_rejected;
    let mut refused = InvalidItems::new(prepared);
    refused.is_recorded = true;
    let answer: Value = serde_json::from_str(&refused.to_json("id")).expect("a problem is JSON");
    assert_eq!(answer["code"], refused.code());
    assert_eq!(answer["run_id"], "id");
    assert_eq!(answer["status"], if is_bad_ndjson { 400 } else { 422 });
    assert_eq!(answer["rejected"], n_rejected);
    findings_add_up(&answer);
}

/// Listed and omitted findings add up to the counts by code.
fn findings_add_up(answer: &Value) {
    let list = |name: &str| answer[name].as_array().expect("a list");
    for (listed, omitted, counts) in [
        ("errors", "errors_omitted", "error_counts"),
        ("warnings", "warnings_omitted", "warning_counts"),
    ] {
        let n_listed = list(listed).len();
        let n_omitted = answer[omitted].as_u64().expect("a count");
        assert!(n_listed == MAX_LISTED_FINDINGS || n_omitted == 0);
        let counts = answer[counts].as_object().expect("counts by code");
        let n_counted: u64 = counts.values().filter_map(Value::as_u64).sum();
        assert_eq!(n_counted, n_listed as u64 + n_omitted, "{counts:?}");
        for finding in list(listed) {
            assert!(counts.contains_key(finding["code"].as_str().expect("a code")));
        }
    }
    assert!(list("ignored_fields").len() <= MAX_IGNORED_FIELDS);
}

/// The response to a repeat with the same idempotency key, built from what is in the database.
fn replayed(prepared: &Prepared, tally: Tally) -> String {
    let findings = prepared.findings().to_json();
    let new_run = NewRun {
        token_name: "tester",
        id: RUN_ID,
        source: prepared.source.as_deref(),
        status: status(prepared.n_rejected as u64, false),
        received: prepared.n_received,
        duplicates: prepared.n_duplicates,
        rejected: prepared.n_rejected,
        body_bytes: 1,
        started_at: "2026-11-22T13:56:45.123Z",
        rows: prepared.n_rows as u64,
        updated: 0,
        unsent: 0,
        written: None,
        closing: None,
        list_before: None,
    };
    let new_run: Value = serde_json::from_str(&new_run.to_json()).expect("a run is JSON");
    let run = Run {
        id: new_run["id"].as_str().expect("an id").to_owned(),
        received: new_run["received"].as_u64().expect("a count"),
        duplicates: new_run["duplicates"].as_u64().expect("a count"),
        rejected: new_run["rejected"].as_u64().expect("a count"),
        inserted: tally.n_inserted,
        updated: tally.n_updated,
        unchanged: tally.n_unchanged,
        ..Run::default()
    };
    Answer::replayed(&run, &findings).to_json()
}

/// What the database would return if a third of the rows were new and a third had changed.
fn tally(n_rows: u64, dry_run: bool) -> Tally {
    let (n_new, n_changed) = (n_rows / 3, n_rows / 3);
    let mut counts = vec![("inserted", n_new), ("updated", n_changed), ("reopened", 0)];
    if !dry_run {
        counts.push(("unchanged", n_rows - n_new - n_changed));
    }
    let counts = counts
        .into_iter()
        .map(|(column, n)| (column.to_owned(), ColumnValue::Number(n)));
    let counts: ResultRow = counts.collect();
    let tally = match dry_run {
        true => Tally::of_dry_run(&[vec![counts]], n_rows),
        false => Tally::of_ingest(&vec![Vec::new(), vec![counts]], n_rows),
    };
    tally.expect("counts that fit together")
}

fn problem(problem: &Problem) -> Value {
    let answer: Value = serde_json::from_str(&problem.to_json("id")).expect("a problem is JSON");
    assert_eq!(answer["status"], problem.status());
    assert_eq!(answer["code"], problem.code());
    answer
}
