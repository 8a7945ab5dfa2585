//! Receives what a request submits.

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::settings::Settings;
use worker::Request;

use crate::call::Call;
use crate::http::{Head, idempotency_key, receive};
use crate::js::digest;
use crate::service::Submitted;

/// Checks the headers first. A dry run has no idempotency key: nothing is written that could be repeated.
pub async fn submitted<'a>(
    request: &Request,
    caller: &'a Caller,
    settings: &'a Settings,
    dry_run: bool,
    call: &mut Call,
) -> Result<Submitted<'a>, Problem> {
    let head = Head::of(request)?;
    let key = idempotency_key(request)?.filter(|_| !dry_run);
    let (body, format) = receive(request, &head, caller, call).await?;
    let key = match key {
        Some(key) => Some((key, digest::sha256(&body).await?)),
        None => None,
    };
    Ok(Submitted {
        caller,
        settings,
        format,
        body,
        key,
    })
}
