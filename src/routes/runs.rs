//! `GET /runs`, `GET /runs/{id}`, `GET /runs/{id}/rejects`: a token's own runs.

use jobs_ingest_core::auth::{Caller, Right};
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::run::{Run, RunsPage, RunsQuery, run_id};
use jobs_ingest_core::sql::{Statement, ledger};
use worker::{Env, Request};

use crate::call::Call;
use crate::db::{self, D1, Store};
use crate::http::{Reply, gate, query};
use crate::service::idempotency::find_run;

pub async fn list(request: &Request, env: &Env, call: &mut Call) -> Result<Reply, Problem> {
    let caller = gate::caller(request, env, Right::Read, call).await?;
    let wanted = RunsQuery::from_pairs(query(request)).map_err(Problem::InvalidPage)?;
    let RunsQuery {
        page,
        source,
        status,
    } = wanted;
    // One more than asked for shows whether there is a next page.
    let limit = (page.limit + 1).to_string();
    let params = [caller.name.clone(), page.cursor, limit, source, status];
    let d1 = D1::for_call(env, call)?;
    let params = params.map(|param| d1.text(param));
    let rows = db::rows(&d1, Statement::new(ledger::LIST_RUNS, params), call).await?;
    call.log.stage("db");
    let runs: Option<Vec<Run>> = rows.iter().map(Run::of_row).collect();
    let page = RunsPage::new(runs.ok_or(Problem::Internal)?, page.limit);
    Ok(Reply::json_text(200, page.to_json()))
}

pub async fn show(
    id: &str,
    request: &Request,
    env: &Env,
    call: &mut Call,
) -> Result<Reply, Problem> {
    let caller = gate::caller(request, env, Right::Read, call).await?;
    let d1 = D1::for_call(env, call)?;
    let run = find(id, &d1, &caller, call).await?;
    Ok(Reply::json_text(200, run.to_json()))
}

/// What was kept of the run's rejected postings.
pub async fn rejects(
    id: &str,
    request: &Request,
    env: &Env,
    call: &mut Call,
) -> Result<Reply, Problem> {
    let caller = gate::caller(request, env, Right::Read, call).await?;
    let d1 = D1::for_call(env, call)?;
    let run = find(id, &d1, &caller, call).await?;
    let params = [caller.name.as_str(), &run.id];
    let params = params.map(|param| d1.text(param.to_owned()));
    let kept = db::rows(&d1, Statement::new(ledger::FIND_REJECTS, params), call).await?;
    call.log.stage("db");
    let kept = kept.iter().find_map(|row| row.string("text"));
    // A run that rejected none, or that an earlier version refused.
    let none = || format!(r#"{{"items":[],"reasons":[],"omitted":{}}}"#, run.rejected);
    Ok(Reply::json_text(200, kept.unwrap_or_else(none)))
}

async fn find(id: &str, d1: &D1, caller: &Caller, call: &mut Call) -> Result<Run, Problem> {
    let id = run_id(id).ok_or(Problem::RunNotFound)?;
    let run = find_run(d1, &caller.name, &id, call).await?;
    call.log.stage("db");
    run.ok_or(Problem::RunNotFound)
}
