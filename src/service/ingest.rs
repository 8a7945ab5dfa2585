//! Ingests a body of postings: validate, compare, commit.

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::idempotency::fingerprint;
use jobs_ingest_core::ingest::{Prepared, Rules, prepare};
use jobs_ingest_core::invalid_items::InvalidItems;
use jobs_ingest_core::iso_time::iso_time;
use jobs_ingest_core::limits::IDEMPOTENCY_HOURS;
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::{OnError, Options};
use jobs_ingest_core::outcome::Tally;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::quota::Usage;
use jobs_ingest_core::settings::Settings;

use super::commit::{self, Committed, Context};
use super::idempotency::{Earlier, Key, find_record};
use super::quota;
use crate::call::Call;
use crate::db::Store;
use crate::isolate::InFlight;

/// What a caller submits.
pub struct Submission<'a> {
    pub caller: &'a Caller,
    pub settings: &'a Settings,
    pub options: Options,
    pub format: BodyFormat,
    /// Decompressed.
    pub body: Vec<u8>,
    /// An idempotency key and the SHA-256 of the body.
    pub key: Option<(String, Vec<u8>)>,
    /// A secret of the isolate, for hash tables of what clients send.
    pub hash_key: [u64; 2],
}

/// What a submission resulted in.
pub enum Outcome {
    /// The valid postings are stored, or in a dry run would be.
    Done {
        prepared: Box<Prepared>,
        tally: Tally,
    },
    /// What an earlier submission with the same idempotency key resulted in.
    Earlier(Box<Earlier>),
}

/// Why nothing was written.
#[derive(Debug)]
pub enum Refusal {
    Problem(Problem),
    InvalidItems(InvalidItems),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

pub async fn ingest<S: Store>(
    store: &S,
    submission: Submission<'_>,
    call: &mut Call,
) -> Result<Outcome, Refusal> {
    let Submission {
        caller,
        settings,
        options,
        format,
        body,
        key,
        hash_key,
    } = submission;
    let key = match key {
        None => None,
        Some((key, body_sha256)) => {
            call.held.key = Some(InFlight::begin(&caller.name, &key, call.log.now_ms())?);
            let oldest_ms = call.log.started_ms() - (IDEMPOTENCY_HOURS * 3_600_000) as f64;
            let key = Key {
                key,
                fingerprint: fingerprint(&body_sha256, format, options),
                oldest: iso_time(oldest_ms),
            };
            let earlier = find_record(store, caller, &key, call).await;
            call.log.stage("key");
            if let Some(earlier) = earlier? {
                return Ok(Outcome::Earlier(Box::new(earlier)));
            }
            Some(key)
        }
    };

    let rules = Rules {
        sources: caller.sources.as_deref(),
        companies: caller.companies.as_deref(),
        keep_rejects: options.on_error == OnError::Skip && !options.dry_run,
        unknown: options.unknown,
        defaults: options.defaults,
        missing: options.missing,
        hash_key,
    };
    let prepared = prepare(&body, format, rules);
    let body_bytes = body.len();
    // Before the batch, so that the body does not exist at the same time as D1's copy of the rows.
    drop(body);
    call.log.stage("parse");
    let mut prepared = prepared.map_err(Problem::from)?;
    let work_bytes = body_bytes.max(prepared.param_bytes());
    call.held.resize_memory(work_bytes);

    let is_refused = options.on_error == OnError::Abort && prepared.n_rejected > 0;
    if !is_refused && !options.dry_run {
        let requested = Usage {
            rows: prepared.n_rows as u64,
            bytes: body_bytes as u64,
        };
        quota::check(store, caller, settings, requested, call).await?;
    }
    if options.dry_run {
        // The counts below are then what would have happened.
        call.log.note("dry_run", true);
    }
    let run_id = call.log.request_id.clone();
    let now = iso_time(call.log.started_ms());
    let context = Context {
        caller,
        options,
        run_id: &run_id,
        body_bytes,
        now: &now,
        key,
    };
    call.log.note("received", prepared.n_received);
    call.log.note("rejected", prepared.n_rejected);
    call.log.note("duplicates", prepared.n_duplicates);
    if is_refused {
        let refused = refuse(store, prepared, &context, call).await;
        return Err(Refusal::InvalidItems(refused));
    }
    let committed = commit::postings(store, &mut prepared, &context, call).await;
    call.log.stage("db");
    match committed? {
        Committed::Now(tally) => {
            call.log.note("inserted", tally.n_inserted);
            call.log.note("updated", tally.n_updated);
            call.log.note("unchanged", tally.n_unchanged);
            let prepared = Box::new(prepared);
            Ok(Outcome::Done { prepared, tally })
        }
        Committed::Before(earlier) => Ok(Outcome::Earlier(earlier)),
    }
}

/// Records the run of a refused submission, unless it was a dry run.
async fn refuse<S: Store>(
    store: &S,
    prepared: Prepared,
    context: &Context<'_>,
    call: &mut Call,
) -> InvalidItems {
    let mut refused = InvalidItems::new(prepared);
    if !context.options.dry_run {
        let status = refused.status();
        // The submission is refused even if that cannot be recorded; the cause is logged.
        let recorded = commit::refusal(store, refused.prepared(), context, status, call).await;
        refused.is_recorded = recorded.is_ok();
        call.log.stage("record");
    }
    refused
}
