//! `GET /sources`, `GET /sources/{source}`, `PUT /sources/{source}/snapshot`, `POST /jobs/close` and
//! `POST /jobs/compare`.

use jobs_ingest_core::auth::{Caller, Right};
use jobs_ingest_core::list::Closing;
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::outcome::IdsAnswer;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::query::{SnapshotQuery, SourceQuery, is_source};
use jobs_ingest_core::run::PageQuery;
use jobs_ingest_core::settings::Settings;
use jobs_ingest_core::source_status::{SourceRow, SourceStatus, SourcesPage};
use jobs_ingest_core::sql::Statement;
use jobs_ingest_core::sql::list::{FIND_SOURCE, LIST_OWN_SOURCES, LIST_SOURCES};
use worker::{Env, Request};

use crate::call::Call;
use crate::db::{self, D1, Store};
use crate::http::{Head, Reply, decoded_segment, gate, idempotency_key, query, receive};
use crate::js::digest;
use crate::service::ids::{self, Ids, IdsOutcome, IdsSubmission};

pub async fn list(request: &Request, env: &Env, call: &mut Call) -> Result<Reply, Problem> {
    let caller = gate::caller(request, env, Right::Read, call).await?;
    let page = PageQuery::of_sources(query(request)).map_err(Problem::InvalidPage)?;
    let d1 = D1::for_call(env, call)?;
    // One more than asked for shows whether there is a next page.
    let mut params = vec![page.cursor.clone(), (page.limit + 1).to_string()];
    let sql = match &caller.sources {
        None => LIST_SOURCES.as_str(),
        Some(sources) => {
            // Texts: serialisation cannot fail.
            params.push(serde_json::to_string(sources).unwrap_or_default());
            LIST_OWN_SOURCES.as_str()
        }
    };
    let params: Vec<_> = params.into_iter().map(|param| d1.text(param)).collect();
    let rows: Vec<SourceRow> = db::query(&d1, Statement::new(sql, params), call).await?;
    call.log.stage("db");
    Ok(Reply::json(200, &SourcesPage::new(rows, &page)))
}

pub async fn show(
    source: &str,
    request: &Request,
    env: &Env,
    call: &mut Call,
) -> Result<Reply, Problem> {
    let caller = gate::caller(request, env, Right::Read, call).await?;
    let source = decoded_segment(source).filter(|source| caller.may_see(source));
    let source = source.ok_or(Problem::SourceNotFound)?;
    let d1 = D1::for_call(env, call)?;
    let statement = Statement::new(FIND_SOURCE.as_str(), [d1.text(source)]);
    let rows: Vec<SourceRow> = db::query(&d1, statement, call).await?;
    call.log.stage("db");
    let status = rows.into_iter().next().and_then(SourceStatus::of_row);
    Ok(Reply::json(200, &status.ok_or(Problem::SourceNotFound)?))
}

/// The complete list of a source, by its ids alone.
pub async fn put_snapshot(
    source: &str,
    request: &Request,
    env: &Env,
    settings: &Settings,
    call: &mut Call,
) -> Result<Reply, Problem> {
    let caller = gate::caller(request, env, Right::Write, call).await?;
    let options = SnapshotQuery::from_pairs(&mut query(request).into_iter());
    let options = options.map_err(Problem::InvalidOption)?;
    let source = decoded_segment(source).filter(|source| is_source(source));
    let source = source.ok_or(Problem::SourceNotFound)?;
    let what = Ids::CompleteList(options.list);
    may_close(&caller)?;
    let received = received(request, env, &caller, source, options.dry_run, call).await?;
    close_by(received, &caller, settings, what, call).await
}

/// Closes postings by their ids.
pub async fn close(
    request: &Request,
    env: &Env,
    settings: &Settings,
    call: &mut Call,
) -> Result<Reply, Problem> {
    let caller = gate::caller(request, env, Right::Write, call).await?;
    let SourceQuery { source, dry_run } = source_query(request)?;
    may_close(&caller)?;
    let received = received(request, env, &caller, source, dry_run, call).await?;
    close_by(received, &caller, settings, Ids::ToClose, call).await
}

/// Which of the ids are not stored, or not with their hash.
pub async fn compare(request: &Request, env: &Env, call: &mut Call) -> Result<Reply, Problem> {
    // Who may write may know whether that would change anything.
    let caller = gate::caller(request, env, Right::Write, call).await?;
    let SourceQuery { source, .. } = source_query(request)?;
    // A repeat asks again: nothing is written that could be repeated.
    let received = received(request, env, &caller, source, true, call).await?;
    let Received {
        d1,
        source,
        body,
        format,
        ..
    } = received;
    let difference = ids::compare(&d1, &source, format, body, call).await?;
    Ok(Reply::json(200, &difference))
}

fn may_close(caller: &Caller) -> Result<(), Problem> {
    match caller.may_close() {
        true => Ok(()),
        false => Err(Problem::ClosingNotAllowed),
    }
}

fn source_query(request: &Request) -> Result<SourceQuery, Problem> {
    let options = SourceQuery::from_pairs(&mut query(request).into_iter());
    options.map_err(Problem::InvalidOption)
}

struct Received {
    d1: D1,
    source: String,
    body: Vec<u8>,
    format: BodyFormat,
    key: Option<(String, Vec<u8>)>,
    dry_run: bool,
}

/// Checks what can be refused before the body is read, and receives it.
async fn received(
    request: &Request,
    env: &Env,
    caller: &Caller,
    source: String,
    dry_run: bool,
    call: &mut Call,
) -> Result<Received, Problem> {
    if !caller.may_see(&source) {
        return Err(Problem::SourceNotAllowed { source });
    }
    call.log.note("source", source.as_str());
    let head = Head::of(request)?;
    let key = idempotency_key(request)?.filter(|_| !dry_run);
    let d1 = D1::for_call(env, call)?;
    let (body, format) = receive(request, &head, caller, call).await?;
    let key = match key {
        Some(key) => Some((key, digest::sha256(&body).await?)),
        None => None,
    };
    Ok(Received {
        d1,
        source,
        body,
        format,
        key,
        dry_run,
    })
}

async fn close_by(
    received: Received,
    caller: &Caller,
    settings: &Settings,
    what: Ids,
    call: &mut Call,
) -> Result<Reply, Problem> {
    let Received {
        d1,
        source,
        body,
        format,
        key,
        dry_run,
    } = received;
    let submission = IdsSubmission {
        caller,
        settings,
        source: &source,
        format,
        body,
        key,
        dry_run,
    };
    let request_id = call.log.request_id.clone();
    match ids::close(&d1, submission, what, call).await? {
        IdsOutcome::Done { n_ids, done } => {
            let run_id = Some(request_id.as_str()).filter(|_| !dry_run);
            reply(n_ids as u64, done.closing, run_id)
        }
        IdsOutcome::Earlier(earlier) => {
            let run = &earlier.run;
            call.log.note("replayed_run", run.id.as_str());
            let mut reply = reply(run.received, run.closing(), Some(&run.id))?;
            reply
                .headers
                .push(("Idempotency-Replayed", "true".to_owned()));
            Ok(reply)
        }
    }
}

fn reply(
    n_ids: u64,
    closing: Option<Box<Closing>>,
    run_id: Option<&str>,
) -> Result<Reply, Problem> {
    let answer = IdsAnswer::new(n_ids, closing.ok_or(Problem::Internal)?, run_id);
    Ok(Reply::json(answer.status(), &answer))
}
