//! Removes runs, their rejects and keys whose retention is over.

use jobs_ingest_core::iso_time::iso_time;
use jobs_ingest_core::limits::{IDEMPOTENCY_HOURS, MAX_PURGE_STEPS};
use jobs_ingest_core::sql::purge;

use crate::db::Store;

const HOUR_MS: f64 = 3_600_000.0;

/// Removes in bounded steps, up to a limit; the next invocation finds what is left over. Returns the rows
/// removed, or the message of the database's error.
pub async fn purge<S: Store>(store: &S, retention_days: u64, now_ms: f64) -> Result<usize, String> {
    let oldest = |hours: u64| store.text(iso_time(now_ms - hours as f64 * HOUR_MS));
    // A run must outlive the key that refers to it; the least number of days guarantees that.
    let step = purge::step(oldest(retention_days * 24), oldest(IDEMPOTENCY_HOURS));
    let mut n_all = 0;
    for _ in 0..MAX_PURGE_STEPS {
        let results = store.run(&step).await?;
        let n_removed: Vec<usize> = results.iter().map(Vec::len).collect();
        n_all += n_removed.iter().sum::<usize>();
        if !purge::is_unfinished(n_removed) {
            break;
        }
    }
    Ok(n_all)
}
