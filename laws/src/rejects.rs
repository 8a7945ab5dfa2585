//! Laws of stored rejects.

use jobs_ingest_core::ingest::{Prepared, Rules, prepare};
use jobs_ingest_core::limits::{D1_MAX_VALUE_BYTES, MAX_KEPT_REJECTS};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::OnError;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// Items stay raw: a posting rejected for a lone surrogate is still JSON, but serde_json cannot
/// represent its value.
#[derive(Deserialize)]
struct Kept {
    items: Vec<Box<RawValue>>,
    reasons: Vec<Value>,
    omitted: usize,
}

/// The stored rejects are a valid request body, and its postings are rejected again unless fixed. Those of a
/// refused request have reasons only.
pub fn are_kept(prepared: &Prepared, rules: Rules<'_>) {
    let Some(json) = prepared.rejects.to_json() else {
        assert!(
            prepared.n_rejected == 0 || !rules.keep_rejects,
            "rejects were not kept"
        );
        return;
    };
    assert!(
        rules.keep_rejects,
        "rejects were kept although not requested"
    );
    assert!(json.len() < D1_MAX_VALUE_BYTES / 2, "{} bytes", json.len());
    let kept: Kept = serde_json::from_str(&json).expect("rejects are JSON");
    let n_kept = kept.items.len();
    let n_reasons = kept.reasons.len();
    assert_eq!(n_reasons + kept.omitted, prepared.n_rejected);
    let n_items = match rules.on_error {
        OnError::Skip => n_reasons,
        OnError::Abort => 0,
    };
    assert_eq!(n_kept, n_items);
    assert!(n_reasons <= MAX_KEPT_REJECTS);
    for reason in &kept.reasons {
        assert!(count(&reason["index"]) < prepared.n_received);
        let errors = reason["errors"].as_array().expect("errors");
        assert!(!errors.is_empty(), "kept without a reason");
        let is_of_it = |error: &Value| error["index"] == reason["index"];
        assert!(errors.iter().all(is_of_it));
    }
    if n_kept > 0 {
        let again = prepare(json.as_bytes(), BodyFormat::Json, rules).expect("rejects can be sent");
        assert_eq!(
            (again.n_received, again.n_rejected),
            (n_kept, n_kept),
            "{json}"
        );
    }
}

fn count(value: &Value) -> usize {
    let count = value.as_u64().map(usize::try_from);
    count.expect("a count").expect("a count")
}
