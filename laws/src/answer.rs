//! Laws of what the client reads.

use jobs_ingest_core::ingest::{BodyError, Prepared};
use jobs_ingest_core::options::{OnError, Options};
use jobs_ingest_core::outcome::{Answer, ResultRow, Tally};
use jobs_ingest_core::problem::Problem;
use serde_json::Value;

pub fn check_body_error(error: BodyError) {
    let answer = problem(&Problem::from(error));
    assert!(matches!(answer["status"].as_u64(), Some(400 | 413)));
}

pub fn check(prepared: Prepared, options: Options) {
    if options.on_error == OnError::Abort && prepared.n_rejected > 0 {
        let is_bad_ndjson = prepared.first_bad_line.is_some();
        let n_rejected = prepared.n_rejected;
        let answer = problem(&Problem::InvalidItems(Box::new(prepared)));
        assert_eq!(answer["status"], if is_bad_ndjson { 400 } else { 422 });
        assert_eq!(answer["rejected"], n_rejected);
        return;
    }
    let tally = tally(prepared.n_rows as u64, options.dry_run);
    let answer = Answer::new(&prepared, tally, options.dry_run);
    let status = answer.status();
    let body = serde_json::to_string(&answer).expect("an answer can be written");
    let answer: Value = serde_json::from_str(&body).expect("an answer is JSON");
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
    assert_eq!(answer["dry_run"] == true, options.dry_run);
}

/// What the database would say if a third were new and another third had changed.
fn tally(n_rows: u64, dry_run: bool) -> Tally {
    let (n_new, n_changed) = (n_rows / 3, n_rows / 3);
    let results = match dry_run {
        true => vec![ResultRow {
            inserted: Some(n_new),
            updated: Some(n_changed),
            ..ResultRow::default()
        }],
        false => vec![
            ResultRow {
                max_id: Some(7),
                ..ResultRow::default()
            },
            ResultRow {
                written: Some(n_new + n_changed),
                ..ResultRow::default()
            },
            ResultRow {
                max_id: Some(7 + n_new),
                ..ResultRow::default()
            },
        ],
    };
    Tally::from_results(&results, n_rows, dry_run).expect("counts that fit together")
}

fn problem(problem: &Problem) -> Value {
    let answer: Value = serde_json::from_str(&problem.to_json("id")).expect("a problem is JSON");
    assert_eq!(answer["status"], problem.status());
    assert_eq!(answer["code"], problem.code());
    answer
}
