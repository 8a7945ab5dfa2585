//! `POST /jobs/ingest`.

use jobs_ingest_core::auth::Right;
use jobs_ingest_core::idempotency::KeptFindings;
use jobs_ingest_core::outcome::Answer;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::query::IngestQuery;
use jobs_ingest_core::settings::Settings;
use worker::{Env, Request};

use crate::call::Call;
use crate::db::D1;
use crate::http::{Head, Reply, gate, idempotency_key, query, receive};
use crate::js::{digest, random};
use crate::service::idempotency::Earlier;
use crate::service::{self, Outcome, Refusal, Submission};

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
    if let Some(source) = query
        .source
        .as_ref()
        .filter(|source| !caller.may_see(source))
    {
        let source = source.clone();
        return Err(Problem::SourceNotAllowed { source });
    }
    if query.list.is_some() && !caller.may_close() {
        return Err(Problem::ClosingNotAllowed);
    }
    let options = query.options;
    let head = Head::of(request)?;
    let key = idempotency_key(request)?.filter(|_| !options.dry_run);
    let d1 = D1::for_call(env, call)?;
    let as_sent = |problem: Problem| match query.list {
        Some(_) => problem.of_list(),
        None => problem,
    };
    let received = receive(request, &head, &caller, call).await;
    let (body, format) = received.map_err(as_sent)?;
    let key = match key {
        Some(key) => Some((key, digest::sha256(&body).await?)),
        None => None,
    };
    let submission = Submission {
        caller: &caller,
        settings,
        query: &query,
        format,
        body,
        key,
        hash_key: random::hash_key(),
    };
    let request_id = call.log.request_id.clone();
    match service::ingest(&d1, submission, call).await {
        Ok(Outcome::Done { prepared, done }) => {
            let run_id = Some(request_id.as_str()).filter(|_| !options.dry_run);
            let answer = Answer::new(&prepared, done.tally, run_id).with_closing(done.closing);
            Ok(Reply::json(answer.status(), &answer))
        }
        Ok(Outcome::Earlier(earlier)) => replay(&earlier, call),
        Err(Refusal::Problem(problem)) => Err(as_sent(problem)),
        Err(Refusal::InvalidItems(refused)) => {
            let body = refused.to_json(&request_id);
            Ok(Reply::problem_json(refused.status(), refused.code(), body))
        }
    }
}

/// The answer that was given before.
fn replay(earlier: &Earlier, call: &mut Call) -> Result<Reply, Problem> {
    call.log.note("replayed_run", earlier.run.id.as_str());
    let findings: KeptFindings = serde_json::from_str(&earlier.findings).map_err(|error| {
        call.log.note("cause", error.to_string());
        Problem::Internal
    })?;
    let answer = Answer::replayed(&earlier.run, &findings);
    let mut reply = Reply::json(answer.status(), &answer);
    let replayed = ("Idempotency-Replayed", "true".to_owned());
    reply.headers.push(replayed);
    Ok(reply)
}
