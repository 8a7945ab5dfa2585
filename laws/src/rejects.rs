//! Laws of what is kept of rejected postings.

use jobs_ingest_core::field::Field;
use jobs_ingest_core::ingest::{Prepared, Rules, prepare};
use jobs_ingest_core::limits::{D1_MAX_VALUE_BYTES, MAX_KEPT_REJECTS};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::outcome::ResultRow;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::rows;

/// The items stay texts: a posting that was rejected for half a surrogate pair is JSON still, but
/// nothing that serde_json has a value for.
#[derive(Deserialize)]
struct Kept {
    items: Vec<Box<RawValue>>,
    reasons: Vec<Value>,
    omitted: usize,
}

/// They are a body that can be sent again, and are rejected again as long as nobody has mended them.
pub fn are_kept(prepared: &Prepared, rules: Rules<'_>) {
    let Some((json, kept)) = kept(prepared) else {
        assert!(
            prepared.n_rejected == 0 || !rules.keep_rejects,
            "rejected, and not kept"
        );
        return;
    };
    assert!(rules.keep_rejects, "kept, and nobody asked");
    let n_kept = kept.items.len();
    assert_eq!(n_kept + kept.omitted, prepared.n_rejected);
    if n_kept == 0 {
        return;
    }
    let again = prepare(json.as_bytes(), BodyFormat::Json, rules).expect("rejects can be sent");
    assert_eq!(again.n_received, n_kept);
    // Of two ids that become equal by a cut one may have been omitted.
    if kept.omitted == 0 {
        assert_eq!(again.n_rejected, n_kept, "{json}");
    }
}

/// The database finds every third row to be of a source that the token may not change.
pub fn grow_by_conflicts(prepared: &mut Prepared) {
    let rows = rows::read(prepared);
    let mut rows = rows.iter();
    let mut results = Vec::new();
    let places = prepared.places();
    for places in &places {
        let of_param = rows.by_ref().take(places.len()).enumerate();
        let conflicts = of_param.filter(|(position, _)| position % 3 == 2);
        let result = |(position, row): (usize, &rows::Row)| ResultRow {
            position: Some(position),
            external_id: row[Field::ExternalId as usize].as_str().map(str::to_owned),
            row: serde_json::to_string(row).ok(),
            ..ResultRow::default()
        };
        results.push(conflicts.map(result).collect::<Vec<_>>());
    }
    let n_conflicts: usize = results.iter().map(Vec::len).sum();
    let (n_rows, n_rejected) = (prepared.n_rows, prepared.n_rejected);
    let keeps = kept(prepared).is_some();
    // Twice: a batch that is put together anew may find the same ones once more.
    for _ in 0..2 {
        prepared.reject_conflicts(&places, &results);
        assert_eq!(prepared.n_rejected, n_rejected + n_conflicts);
        assert_eq!(prepared.n_rows, n_rows - n_conflicts);
        assert_eq!(prepared.n_left_out(), n_conflicts);
    }
    if keeps {
        let (_, kept) = kept(prepared).expect("what was kept is kept");
        assert_eq!(kept.items.len() + kept.omitted, prepared.n_rejected);
    }
}

fn kept(prepared: &Prepared) -> Option<(String, Kept)> {
    let json = prepared.rejects.to_json()?;
    assert!(json.len() < D1_MAX_VALUE_BYTES / 2, "{} bytes", json.len());
    let kept: Kept = serde_json::from_str(&json).expect("rejects are JSON");
    assert_eq!(kept.items.len(), kept.reasons.len());
    assert!(kept.items.len() <= MAX_KEPT_REJECTS);
    let index = |reason: &Value| count(&reason["index"]);
    for reason in &kept.reasons {
        assert!(index(reason) < prepared.n_received);
        let errors = reason["errors"].as_array().expect("errors");
        assert!(!errors.is_empty(), "kept without a reason");
        assert!(
            errors
                .iter()
                .all(|error| count(&error["index"]) == index(reason))
        );
    }
    Some((json, kept))
}

fn count(value: &Value) -> usize {
    let count = value.as_u64().map(usize::try_from);
    count.expect("a count").expect("a count")
}
