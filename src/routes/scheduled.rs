//! The cron trigger.

use serde_json::json;
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

/// Logs the counts or the cause.
fn logged(message: &str, outcome: Result<serde_json::Value, String>) -> Result<(), String> {
    match outcome {
        Ok(mut counts) => {
            counts["message"] = message.into();
            console_log!("{counts}");
            Ok(())
        }
        Err(cause) => {
            console_error!("{}", json!({ "message": message, "cause": cause }));
            Err(cause)
        }
    }
}

async fn remove_old(env: &Env) -> Result<serde_json::Value, String> {
    let days = config::settings(env).retention_days;
    let days = days.map_err(|unusable| unusable.to_string())?;
    let n_removed = purge(&D1::of(env)?, days, now_ms()).await?;
    Ok(json!({ "rows_removed": n_removed }))
}

async fn close_expired(env: &Env) -> Result<serde_json::Value, String> {
    let days = config::settings(env).closed_retention_days;
    let days = days.map_err(|unusable| unusable.to_string())?;
    let expired = expire(&D1::of(env)?, days, now_ms()).await?;
    Ok(json!({ "postings_closed": expired.n_closed, "postings_deleted": expired.n_deleted }))
}
