//! `GET /sources`, `GET /sources/{source}`, `PUT /sources/{source}/snapshot`, `POST /jobs/close` and
//! `POST /jobs/compare`.

use jobs_ingest_core::auth::Right;
use jobs_ingest_core::outcome::IdsAnswer;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::query::{CloseQuery, SnapshotQuery, compare_source, is_source};
use jobs_ingest_core::run::PageQuery;
use jobs_ingest_core::settings::Settings;
use jobs_ingest_core::source_status::{SourceStatus, SourcesPage};
use jobs_ingest_core::sql::Statement;
use jobs_ingest_core::sql::list::{FIND_SOURCE, LIST_OWN_SOURCES, LIST_SOURCES, SHOW_MISSING};
use worker::{Env, Request};

use super::submitted::submitted;
use crate::call::Call;
use crate::db::{self, D1, Store};
use crate::http::{Reply, decoded_segment, gate, query};
use crate::service::ids::{self, Ids, IdsOutcome};

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
    let rows = db::rows(&d1, Statement::new(sql, params), call).await?;
    call.log.stage("db");
    Ok(Reply::json_text(
        200,
        SourcesPage::new(&rows, &page).to_json(),
    ))
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
    let statement = Statement::new(FIND_SOURCE.as_str(), [d1.text(source.clone())]);
    let rows = db::rows(&d1, statement, call).await?;
    let status = rows.first().and_then(SourceStatus::of_row);
    let status = status.ok_or(Problem::SourceNotFound)?;
    let mut postings = Vec::new();
    if status.missing > 0 {
        let statement = Statement::new(SHOW_MISSING.as_str(), [d1.text(source)]);
        postings = db::rows(&d1, statement, call).await?;
    }
    call.log.stage("db");
    let postings = postings.first().and_then(|row| row.text("text"));
    Ok(Reply::json_text(200, status.to_json_with_missing(postings)))
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
    let SnapshotQuery { list, dry_run } = options.map_err(Problem::InvalidOption)?;
    let source = decoded_segment(source).filter(|source| is_source(source));
    let source = source.ok_or(Problem::SourceNotFound)?;
    gate::check_source(&caller, &source)?;
    gate::check_closing(&caller)?;
    let d1 = D1::for_call(env, call)?;
    call.log.note("source", source.as_str());
    let submitted = submitted(request, &caller, settings, dry_run, call).await?;
    let what = Ids::CompleteList(list);
    let outcome = ids::close(&d1, submitted, &source, what, dry_run, call).await?;
    reply(outcome, dry_run, call)
}

/// Closes postings by their ids.
pub async fn close(
    request: &Request,
    env: &Env,
    settings: &Settings,
    call: &mut Call,
) -> Result<Reply, Problem> {
    let caller = gate::caller(request, env, Right::Write, call).await?;
    let options = CloseQuery::from_pairs(&mut query(request).into_iter());
    let CloseQuery { source, dry_run } = options.map_err(Problem::InvalidOption)?;
    gate::check_source(&caller, &source)?;
    gate::check_closing(&caller)?;
    let d1 = D1::for_call(env, call)?;
    call.log.note("source", source.as_str());
    let submitted = submitted(request, &caller, settings, dry_run, call).await?;
    let outcome = ids::close(&d1, submitted, &source, Ids::ToClose, dry_run, call).await?;
    reply(outcome, dry_run, call)
}

/// Which of the ids are not stored, or not with their hash.
pub async fn compare(
    request: &Request,
    env: &Env,
    settings: &Settings,
    call: &mut Call,
) -> Result<Reply, Problem> {
    // Who may write may know whether that would change anything.
    let caller = gate::caller(request, env, Right::Write, call).await?;
    let source = compare_source(&mut query(request).into_iter());
    let source = source.map_err(Problem::InvalidOption)?;
    gate::check_source(&caller, &source)?;
    let d1 = D1::for_call(env, call)?;
    call.log.note("source", source.as_str());
    // As a dry run: nothing is written.
    let submitted = submitted(request, &caller, settings, true, call).await?;
    let difference = ids::compare(&d1, submitted, &source, call).await?;
    Ok(Reply::json_text(200, difference.to_json()))
}

fn reply(outcome: IdsOutcome, dry_run: bool, call: &mut Call) -> Result<Reply, Problem> {
    let (n_ids, closing, run_id, is_replayed) = match outcome {
        IdsOutcome::Done { n_ids, done } => {
            let run_id = call.log.request_id.clone();
            (n_ids as u64, done.closing, run_id, false)
        }
        IdsOutcome::Earlier(earlier) => {
            let run = earlier.run;
            (run.received, run.closing(), run.id, true)
        }
    };
    let closing = closing.ok_or(Problem::Internal)?;
    let answer = IdsAnswer::new(n_ids, closing, (!dry_run).then_some(run_id.as_str()));
    let reply = Reply::json_text(answer.status(), answer.to_json());
    Ok(match is_replayed {
        true => reply.replayed(&run_id, call),
        false => reply,
    })
}
