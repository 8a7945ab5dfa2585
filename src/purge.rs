//! The scheduled handler: removes runs, their rejects and keys that have been kept long enough.

use jobs_ingest_core::limits::{IDEMPOTENCY_HOURS, MAX_PURGE_STEPS};
use jobs_ingest_core::sql::{Statement, purge};
use worker::{Env, console_error, console_log};

use crate::clock::{iso_time, now_ms};
use crate::config;
use crate::d1::D1;
use crate::store::Store;

const HOUR_MS: f64 = 3_600_000.0;

/// An error is the cause, which is logged here.
pub async fn run(env: &Env) -> Result<(), String> {
    match remove_old(env).await {
        Ok(n_removed) => {
            console_log!(r#"{{"message":"purge","rows_removed":{n_removed}}}"#);
            Ok(())
        }
        Err(cause) => {
            let line = serde_json::json!({ "message": "purge", "cause": cause });
            console_error!("{line}");
            Err(cause)
        }
    }
}

/// The rows removed.
async fn remove_old(env: &Env) -> Result<usize, String> {
    let days = config::settings(env).retention_days;
    // A run must outlive the key that refers to it; the least number of days sees to that.
    let run_hours = days.map_err(|unusable| unusable.to_string())? * 24;
    let d1 = D1::of(env)?;
    let oldest = |hours: u64| d1.text(iso_time(now_ms() - hours as f64 * HOUR_MS));
    let step = purge::step(oldest(run_hours), oldest(IDEMPOTENCY_HOURS));
    remove(&d1, &step).await
}

/// The rows removed by steps, as many as are needed, up to a limit. What is left over the next run
/// finds, and what a failed step leaves.
pub async fn remove<S: Store>(store: &S, step: &[Statement<S::Text>]) -> Result<usize, String> {
    let mut n_all = 0;
    for _ in 0..MAX_PURGE_STEPS {
        let results = store.run(step).await?;
        let n_removed: Vec<usize> = results.iter().map(Vec::len).collect();
        n_all += n_removed.iter().sum::<usize>();
        if !purge::is_unfinished(n_removed) {
            break;
        }
    }
    Ok(n_all)
}
