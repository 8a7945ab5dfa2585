//! Ingests a body of postings: validate, compare, commit.

use jobs_ingest_core::idempotency::fingerprint;
use jobs_ingest_core::ingest::{Prepared, Rules, default_source, prepare, with_escapes};
use jobs_ingest_core::invalid_items::InvalidItems;
use jobs_ingest_core::iso_time::iso_time;
use jobs_ingest_core::list::Listed;
use jobs_ingest_core::options::OnError;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::query::IngestQuery;
use jobs_ingest_core::quota::Usage;
use jobs_ingest_core::sql::list::BoundIds;

use super::closing::{Closer, Kind};
use super::commit::{self, Committed, Done};
use super::context::Context;
use super::idempotency::{self, Earlier, Key};
use super::quota;
use super::submitted::Submitted;
use crate::call::Call;
use crate::db::Store;

/// What a submission resulted in.
pub enum Outcome {
    /// The valid postings are stored, or in a dry run would be.
    Done { prepared: Box<Prepared>, done: Done },
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

/// `hash_key` is a secret of the isolate, for hash tables of what clients send.
pub async fn ingest<S: Store>(
    store: &S,
    mut submitted: Submitted<'_>,
    query: &IngestQuery,
    hash_key: [u64; 2],
    call: &mut Call,
) -> Result<Outcome, Refusal> {
    let (caller, format) = (submitted.caller, submitted.format);
    let key = submitted.hold_key(|sha256| fingerprint(sha256, format, query), call)?;
    let key = key.as_ref();
    match accept(store, submitted, key, query, hash_key, call).await {
        Err(Refusal::Problem(problem)) => {
            let earlier = idempotency::earlier_or(problem, store, caller, key, call).await?;
            Ok(Outcome::Earlier(earlier))
        }
        outcome => outcome,
    }
}

/// Ingests as if nothing were recorded under the key; the batch fails if something is.
async fn accept<S: Store>(
    store: &S,
    submitted: Submitted<'_>,
    key: Option<&Key>,
    query: &IngestQuery,
    hash_key: [u64; 2],
    call: &mut Call,
) -> Result<Outcome, Refusal> {
    let Submitted {
        caller,
        settings,
        format,
        body,
        ..
    } = submitted;
    let options = query.options;
    // The source of the request is then the only one that its postings may name.
    let source = query.source.as_ref().map(std::slice::from_ref);
    let rules = Rules {
        sources: source.or(caller.sources.as_deref()),
        companies: caller.companies.as_deref(),
        keep_rejects: !options.dry_run,
        on_error: options.on_error,
        unknown: options.unknown,
        defaults: options.defaults,
        missing: options.missing,
        is_list: query.list.is_some(),
        hash_key,
    };
    let prepared = prepare(&body, format, rules);
    let body_bytes = body.len();
    // Before the batch, so that the body does not exist at the same time as D1's copy of the rows.
    drop(body);
    call.log.stage("parse");
    let mut prepared = prepared.map_err(Problem::from)?;
    if query.source.is_some() {
        // Also if no posting was accepted.
        prepared.source.clone_from(&query.source);
    }
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
    let closer = query.list.zip(query.source.as_ref()).map(|(list, source)| {
        let (n_listed, n_unreadable) = (prepared.n_received, prepared.n_unreadable);
        let now_ms = call.log.started_ms();
        Closer {
            source: source.clone(),
            ids: BoundIds::new(prepared.listed_ids(), |text| store.text(with_escapes(text))),
            kind: Kind::List {
                listed: Listed::new(n_listed as u64, n_unreadable as u64, list, now_ms),
                must_be_stored: false,
            },
        }
    });
    let default_source = default_source(rules.sources).to_owned();
    let context = Context {
        caller,
        default_source: &default_source,
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
        // Before the refusal is recorded.
        if let Some(earlier) = idempotency::earlier(store, caller, key, call).await? {
            return Ok(Outcome::Earlier(earlier));
        }
        let refused = refuse(store, prepared, &context, call).await;
        return Err(Refusal::InvalidItems(refused));
    }
    let committed = commit::postings(store, &mut prepared, closer.as_ref(), &context, call).await;
    call.log.stage("db");
    match committed? {
        Committed::Now(done) => {
            let tally = done.tally;
            call.log.note("inserted", tally.n_inserted);
            call.log.note("updated", tally.n_updated);
            call.log.note("unchanged", tally.n_unchanged);
            if let Some(closing) = &done.closing {
                call.log.note("closed", closing.closed);
                call.log.note("reopened", closing.reopened);
            }
            let prepared = Box::new(prepared);
            Ok(Outcome::Done { prepared, done })
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
