//! The cron trigger.

use worker::{Env, console_error, console_log};

use crate::config;
use crate::db::D1;
use crate::js::clock::now_ms;
use crate::service::expiry::expire;
use crate::service::purge::purge;

/// Removes old records and closes expired postings. An error is the cause, which is logged here.
pub async fn run(env: &Env) -> Result<(), String> {
    let purged = logged("purge", remove_old(env).await);
    let expired = logged("expire", close_expired(env).await);
    purged.and(expired)
}

/// Logs the counts, as members of a JSON object, or the cause.
fn logged(message: &str, outcome: Result<String, String>) -> Result<(), String> {
    match outcome {
        Ok(counts) => {
            console_log!(r#"{{"message":"{message}",{counts}}}"#);
            Ok(())
        }
        Err(cause) => {
            // A text: serialisation cannot fail.
            let cause_json = serde_json::to_string(&cause).unwrap_or_default();
            console_error!(r#"{{"message":"{message}","cause":{cause_json}}}"#);
            Err(cause)
        }
    }
}

async fn remove_old(env: &Env) -> Result<String, String> {
    let days = config::settings(env).retention_days;
    let days = days.map_err(|unusable| unusable.to_string())?;
    let n_removed = purge(&D1::of(env)?, days, now_ms()).await?;
    Ok(format!(r#""rows_removed":{n_removed}"#))
}

async fn close_expired(env: &Env) -> Result<String, String> {
    let days = config::settings(env).closed_retention_days;
    let days = days.map_err(|unusable| unusable.to_string())?;
    let expired = expire(&D1::of(env)?, days, now_ms()).await?;
    let (n_closed, n_deleted) = (expired.n_closed, expired.n_deleted);
    Ok(format!(
        r#""postings_closed":{n_closed},"postings_deleted":{n_deleted}"#
    ))
}
