//! `POST /jobs/ingest`.

use jobs_ingest_core::auth::Right;
use jobs_ingest_core::outcome::Answer;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::query::IngestQuery;
use jobs_ingest_core::settings::Settings;
use worker::{Env, Request};

use super::submitted::submitted;
use crate::call::Call;
use crate::db::D1;
use crate::http::{Reply, gate, query};
use crate::js::random;
use crate::service::idempotency::Earlier;
use crate::service::{self, Outcome, Refusal};

/// Checks everything that can be refused before the body is read, in this order: token and rate,
/// options, media type, idempotency key.
pub async fn answer(
    request: &Request,
    env: &Env,
    settings: &Settings,
    call: &mut Call,
) -> Result<Reply, Problem> {
    let caller = gate::caller(request, env, Right::Write, call).await?;
    let query = IngestQuery::from_pairs(&mut query(request).into_iter());
    let query = query.map_err(Problem::InvalidOption)?;
    if let Some(source) = &query.source {
        gate::check_source(&caller, source)?;
    }
    if query.list.is_some() {
        gate::check_closing(&caller)?;
    }
    let dry_run = query.options.dry_run;
    let d1 = D1::for_call(env, call)?;
    let as_sent = |problem: Problem| match query.list {
        Some(_) => problem.of_list(),
        None => problem,
    };
    let submitted = submitted(request, &caller, settings, dry_run, call).await;
    let submitted = submitted.map_err(as_sent)?;
    let request_id = call.log.request_id.clone();
    match service::ingest(&d1, submitted, &query, random::hash_key(), call).await {
        Ok(Outcome::Done { prepared, done }) => {
            let run_id = Some(request_id.as_str()).filter(|_| !dry_run);
            let answer = Answer::new(&prepared, done.tally, run_id).with_closing(done.closing);
            Ok(Reply::json_text(answer.status(), answer.to_json()))
        }
        Ok(Outcome::Earlier(earlier)) => Ok(replay(&earlier, call)),
        Err(Refusal::Problem(problem)) => Err(as_sent(problem)),
        Err(Refusal::InvalidItems(refused)) => {
            let body = refused.to_json(&request_id);
            Ok(Reply::problem_json(refused.status(), refused.code(), body))
        }
    }
}

/// The answer that was given before.
fn replay(earlier: &Earlier, call: &mut Call) -> Reply {
    let answer = Answer::replayed(&earlier.run, &earlier.findings);
    let reply = Reply::json_text(answer.status(), answer.to_json());
    reply.replayed(&earlier.run.id, call)
}
