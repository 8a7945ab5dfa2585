//! Who may call: tokens, rights and rate limits.

use jobs_ingest_core::address::limit_key;
use jobs_ingest_core::auth::{Caller, Right, Tokens};
use jobs_ingest_core::limits::RATE_LIMIT_PERIOD_SECONDS;
use jobs_ingest_core::problem::Problem;
use worker::{Env, Request};

use super::request::header;
use crate::call::Call;
use crate::config;
use crate::isolate::blocked;

/// The caller of a request by its token, with this right and within its rate.
pub async fn caller(
    request: &Request,
    env: &Env,
    right: Right,
    call: &mut Call,
) -> Result<Caller, Problem> {
    let tokens = tokens(env, call)?;
    // Absent where there is no Cloudflare in front: then all callers share one address.
    let address = header(request, "CF-Connecting-IP").unwrap_or_default();
    let address = limit_key(&address);
    // Before the token is looked at, or a guesser would learn which one was right.
    if let Some(retry_after_seconds) = blocked::seconds_left(&address, call.log.now_ms()) {
        return Err(Problem::AddressBlocked {
            retry_after_seconds,
        });
    }
    let authorization = header(request, "Authorization");
    let Some(caller) = tokens.caller(authorization.as_deref()) else {
        return Err(wrong_token(&address, env, call).await);
    };
    call.log.note("token", caller.name.as_str());
    if !caller.rights.include(right) {
        return Err(Problem::Forbidden(right));
    }
    match is_within(env, config::TOKEN_LIMIT, &caller.name, call).await {
        true => Ok(caller.clone()),
        false => Err(Problem::RateLimited),
    }
}

/// Refuses a source that the token may not use.
pub fn check_source(caller: &Caller, source: &str) -> Result<(), Problem> {
    let source = source.to_owned();
    match caller.may_see(&source) {
        true => Ok(()),
        false => Err(Problem::SourceNotAllowed { source }),
    }
}

/// Refuses a token that may not close postings.
pub fn check_closing(caller: &Caller) -> Result<(), Problem> {
    match caller.may_close() {
        true => Ok(()),
        false => Err(Problem::ClosingNotAllowed),
    }
}

/// The configured tokens.
pub fn tokens(env: &Env, call: &mut Call) -> Result<Tokens, Problem> {
    config::tokens(env).map_err(|error| {
        call.log.note("cause", error.to_string());
        Problem::NotConfigured
    })
}

/// Counts a wrong token of an address.
async fn wrong_token(address: &str, env: &Env, call: &mut Call) -> Problem {
    if is_within(env, config::WRONG_TOKEN_LIMIT, address, call).await {
        return Problem::Unauthorized;
    }
    blocked::block(address, call.log.now_ms());
    Problem::AddressBlocked {
        retry_after_seconds: RATE_LIMIT_PERIOD_SECONDS,
    }
}

/// Counts one request under a key of a limiter. In production the counters are on the same machine, so
/// this is not a remote call. A limiter that does not exist or does not answer lets everybody pass, and
/// the log reports it.
async fn is_within(env: &Env, binding: &str, key: &str, call: &mut Call) -> bool {
    let outcome = match env.rate_limiter(binding) {
        Ok(limiter) => limiter.limit(key.to_owned()).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(outcome) => outcome.success,
        Err(_) => {
            call.log.note("rate_limiter_missing", binding);
            true
        }
    }
}
