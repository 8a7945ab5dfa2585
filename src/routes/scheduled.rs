//! The cron trigger.

use worker::{Env, console_error, console_log};

use crate::config;
use crate::db::D1;
use crate::js::clock::now_ms;
use crate::service::purge::purge;

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
    let days = days.map_err(|unusable| unusable.to_string())?;
    purge(&D1::of(env)?, days, now_ms()).await
}
