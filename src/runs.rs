//! `GET /runs`, `GET /runs/{id}`, `GET /runs/{id}/rejects`: a token's own runs.

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::run::{PageQuery, Run, RunsPage, run_id};
use jobs_ingest_core::sql::{Statement, ledger};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use worker::{Env, Request};

use crate::call::Call;
use crate::d1::D1;
use crate::reply::Reply;
use crate::request;
use crate::store::{self, Store};

pub async fn list(
    request: &Request,
    env: &Env,
    caller: &Caller,
    call: &mut Call,
) -> Result<Reply, Problem> {
    let page = PageQuery::from_query(request::query(request)).map_err(Problem::InvalidPage)?;
    // One more than asked for shows whether there is a next page.
    let limit = (page.limit + 1).to_string();
    let params = [caller.name.as_str(), &page.cursor, &limit];
    let runs: Vec<Run> = rows(env, ledger::LIST_RUNS, params, call).await?;
    Ok(Reply::json(200, &RunsPage::new(runs, page.limit)))
}

pub async fn show(id: &str, env: &Env, caller: &Caller, call: &mut Call) -> Result<Reply, Problem> {
    let run = find(id, env, caller, call).await?;
    Ok(Reply::json(200, &run))
}

/// What was kept of the run's rejected postings; nothing of a run that rejected none.
pub async fn rejects(
    id: &str,
    env: &Env,
    caller: &Caller,
    call: &mut Call,
) -> Result<Reply, Problem> {
    #[derive(Deserialize)]
    struct Kept {
        rejects: String,
    }
    let run = find(id, env, caller, call).await?;
    let kept: Vec<Kept> = rows(env, ledger::FIND_REJECTS, [&caller.name, &run.id], call).await?;
    let mut reply = Reply::json(200, &());
    reply.body = match kept.into_iter().next() {
        Some(kept) => kept.rejects,
        None => r#"{"items":[],"reasons":[],"omitted":0}"#.to_owned(),
    };
    Ok(reply)
}

async fn find(id: &str, env: &Env, caller: &Caller, call: &mut Call) -> Result<Run, Problem> {
    let id = run_id(id).ok_or(Problem::RunNotFound)?;
    let runs: Vec<Run> = rows(env, ledger::FIND_RUN, [&caller.name, &id], call).await?;
    runs.into_iter().next().ok_or(Problem::RunNotFound)
}

async fn rows<T: DeserializeOwned, const N: usize>(
    env: &Env,
    sql: &'static str,
    params: [&str; N],
    call: &mut Call,
) -> Result<Vec<T>, Problem> {
    let d1 = D1::of(env).map_err(|cause| {
        call.note("cause", cause);
        Problem::Internal
    })?;
    let params = params.map(|param| d1.text(param.to_owned()));
    let rows = store::query(&d1, Statement::new(sql, params), call).await?;
    call.stage("db");
    Ok(rows)
}
