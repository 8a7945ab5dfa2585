//! Requests whose body lists ids: complete lists, closing, comparing.

use jobs_ingest_core::idempotency::ids_fingerprint;
use jobs_ingest_core::ingest::{Prepared, read_ids, with_escapes};
use jobs_ingest_core::iso_time::iso_time;
use jobs_ingest_core::list::{IdList, ListOptions, Listed};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::Options;
use jobs_ingest_core::outcome::Difference;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::quota::Usage;
use jobs_ingest_core::sql::list::{BoundIds, find_unstored};

use super::closing::{Closer, Kind};
use super::commit::{self, Committed, Done};
use super::context::Context;
use super::idempotency::{self, Earlier, Key};
use super::quota;
use super::submitted::Submitted;
use crate::call::Call;
use crate::db::{self, Store};

/// What the ids of a submission are.
#[derive(Clone, Copy)]
pub enum Ids {
    /// All that the source lists.
    CompleteList(ListOptions),
    /// Those to close.
    ToClose,
}

pub enum IdsOutcome {
    Done {
        n_ids: usize,
        done: Done,
    },
    /// What an earlier submission with the same idempotency key resulted in.
    Earlier(Box<Earlier>),
}

/// Closes postings of a source: those that a complete list does not have, or those that are listed.
pub async fn close<S: Store>(
    store: &S,
    mut submitted: Submitted<'_>,
    source: &str,
    what: Ids,
    dry_run: bool,
    call: &mut Call,
) -> Result<IdsOutcome, Problem> {
    let (caller, format) = (submitted.caller, submitted.format);
    let fingerprint = |sha256: &[u8]| {
        let what = match what {
            Ids::CompleteList(options) => format!("listed{} {source}", options.fingerprint()),
            Ids::ToClose => format!("to close {source}"),
        };
        ids_fingerprint(sha256, format, &what)
    };
    let key = submitted.hold_key(fingerprint, call)?;
    let key = key.as_ref();
    match accept(store, submitted, key, source, what, dry_run, call).await {
        Err(problem) => {
            let earlier = idempotency::earlier_or(problem, store, caller, key, call).await?;
            Ok(IdsOutcome::Earlier(earlier))
        }
        outcome => outcome,
    }
}

/// Closes as if nothing were recorded under the key; the batch fails if something is.
async fn accept<S: Store>(
    store: &S,
    submitted: Submitted<'_>,
    key: Option<&Key>,
    source: &str,
    what: Ids,
    dry_run: bool,
    call: &mut Call,
) -> Result<IdsOutcome, Problem> {
    let Submitted {
        caller,
        settings,
        format,
        body,
        ..
    } = submitted;
    let body_bytes = body.len();
    let ids = read(body, format, call)?;
    let n_ids = ids.n_ids;
    let now_ms = call.log.started_ms();
    let kind = match what {
        Ids::CompleteList(options) => Kind::List {
            listed: Listed::new(n_ids as u64, 0, options, now_ms),
            must_be_stored: true,
        },
        Ids::ToClose => Kind::Close,
    };
    if !dry_run {
        let requested = Usage {
            rows: 0,
            bytes: body_bytes as u64,
        };
        quota::check(store, caller, settings, requested, call).await?;
    }
    let closer = Closer {
        source: source.to_owned(),
        ids: BoundIds::new(ids, |text| store.text(with_escapes(text))),
        kind,
    };
    let run_id = call.log.request_id.clone();
    let context = Context {
        caller,
        default_source: source,
        options: Options {
            dry_run,
            ..Options::default()
        },
        run_id: &run_id,
        body_bytes,
        now: &iso_time(now_ms),
        key,
    };
    let mut prepared = Prepared::of_ids(n_ids, source);
    let committed = commit::postings(store, &mut prepared, Some(&closer), &context, call).await;
    call.log.stage("db");
    match committed? {
        Committed::Now(done) => {
            call.log.note("closed", done.tally.n_closed);
            call.log.note("reopened", done.tally.n_reopened);
            Ok(IdsOutcome::Done { n_ids, done })
        }
        Committed::Before(earlier) => Ok(IdsOutcome::Earlier(earlier)),
    }
}

/// The positions of ids that are not stored, or not with the stated hash. Writes nothing.
pub async fn compare<S: Store>(
    store: &S,
    submitted: Submitted<'_>,
    source: &str,
    call: &mut Call,
) -> Result<Difference, Problem> {
    let ids = read(submitted.body, submitted.format, call)?;
    let n_ids = ids.n_ids;
    let ids = BoundIds::new(ids, |text| store.text(with_escapes(text)));
    let statement = find_unstored(store.text(source.to_owned()), &ids);
    let rows = db::rows(store, statement, call).await?;
    call.log.stage("db");
    let found = rows
        .first()
        .and_then(|row| row.number("n").zip(row.string("ids")));
    let (different, positions) = found.ok_or(Problem::Internal)?;
    call.log.note("different", different);
    Ok(Difference {
        received: n_ids,
        different,
        positions,
    })
}

fn read(body: Vec<u8>, format: BodyFormat, call: &mut Call) -> Result<IdList, Problem> {
    let ids = read_ids(&body, format);
    // Before the texts are bound, so that the body does not exist at the same time.
    drop(body);
    call.log.stage("parse");
    let ids = ids?;
    call.log.note("received", ids.n_ids);
    Ok(ids)
}
