//! Idempotency keys: what was recorded under a key is answered again.

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::idempotency::Record;
use jobs_ingest_core::iso_time::iso_time;
use jobs_ingest_core::limits::IDEMPOTENCY_HOURS;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::run::Run;
use jobs_ingest_core::sql::{Statement, ledger};

use crate::call::Call;
use crate::db::{self, Store};
use crate::isolate::InFlight;

/// An idempotency key and the request that it identifies.
pub struct Key {
    pub key: String,
    pub fingerprint: String,
    /// Keys recorded before this time have expired.
    pub oldest: String,
}

/// An outcome that was recorded under a key.
#[derive(Debug)]
pub struct Earlier {
    pub run: Run,
    /// JSON of [`jobs_ingest_core::finding::ListedFindings`].
    pub findings: String,
}

/// Holds a key until its request is answered. Does not look up whether an outcome is recorded under it: the batch finds
/// that out, which saves a round trip of each request that is sent once, as nearly all are.
pub fn hold(
    caller: &Caller,
    key: String,
    fingerprint: String,
    call: &mut Call,
) -> Result<Key, Problem> {
    call.held.key = Some(InFlight::begin(&caller.name, &key, call.log.now_ms())?);
    let oldest_ms = call.log.started_ms() - (IDEMPOTENCY_HOURS * 3_600_000) as f64;
    Ok(Key {
        key,
        fingerprint,
        oldest: iso_time(oldest_ms),
    })
}

/// What a request gets that met this problem: the outcome recorded under its key, if an earlier request has one,
/// because a repeat is answered as the first time even if that would fail now.
pub async fn earlier_or<S: Store>(
    problem: Problem,
    store: &S,
    caller: &Caller,
    key: Option<&Key>,
    call: &mut Call,
) -> Result<Box<Earlier>, Problem> {
    if matches!(
        problem,
        Problem::DatabaseUnavailable | Problem::IdempotencyKeyReused
    ) {
        return Err(problem);
    }
    let earlier = earlier(store, caller, key, call).await?;
    earlier.ok_or(problem)
}

/// The outcome that an earlier request recorded under the key, if there is a key.
pub async fn earlier<S: Store>(
    store: &S,
    caller: &Caller,
    key: Option<&Key>,
    call: &mut Call,
) -> Result<Option<Box<Earlier>>, Problem> {
    let Some(key) = key else {
        return Ok(None);
    };
    let earlier = find_record(store, caller, key, call).await;
    call.log.stage("key");
    let is_earlier = |earlier: &Earlier| earlier.run.id != call.log.request_id;
    Ok(earlier?.filter(is_earlier).map(Box::new))
}

/// The outcome recorded under a key, if there is one. A problem if it was recorded for another request.
pub async fn find_record<S: Store>(
    store: &S,
    caller: &Caller,
    key: &Key,
    call: &mut Call,
) -> Result<Option<Earlier>, Problem> {
    let params = [&caller.name, &key.key, &key.oldest].map(|text| store.text(text.clone()));
    let statement = Statement::new(ledger::FIND_KEY, params);
    let records = db::rows(store, statement, call).await?;
    let Some(record) = records.first() else {
        return Ok(None);
    };
    let record = Record::of_row(record).ok_or(Problem::Internal)?;
    if record.fingerprint != key.fingerprint {
        return Err(Problem::IdempotencyKeyReused);
    }
    let findings = record.findings;
    Ok(record.run.map(|run| Earlier { run, findings }))
}

/// A token's own run.
pub async fn find_run<S: Store>(
    store: &S,
    token_name: &str,
    id: &str,
    call: &mut Call,
) -> Result<Option<Run>, Problem> {
    let params = [token_name, id].map(|text| store.text(text.to_owned()));
    let statement = Statement::new(ledger::FIND_RUN, params);
    let runs = db::rows(store, statement, call).await?;
    let run = runs
        .first()
        .map(|row| Run::of_row(row).ok_or(Problem::Internal));
    run.transpose()
}
