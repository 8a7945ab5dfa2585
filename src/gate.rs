//! Who gets in: tokens and rate limits.

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::problem::Problem;
use worker::{Env, Request};

use crate::call::Call;
use crate::{config, request};

/// The caller of a request, by its token and within its rate.
pub async fn caller(request: &Request, env: &Env, call: &mut Call) -> Result<Caller, Problem> {
    let tokens = config::tokens(env).map_err(|error| {
        call.note("cause", error.to_string());
        Problem::NotConfigured
    })?;
    let authorization = request::header(request, "Authorization");
    let Some(caller) = tokens.caller(authorization.as_deref()) else {
        // Absent where there is no Cloudflare in front: then all addresses are one.
        let address = request::header(request, "CF-Connecting-IP").unwrap_or_default();
        within_rate(env, config::WRONG_TOKEN_LIMIT, &address, call).await?;
        return Err(Problem::Unauthorized);
    };
    call.note("token", caller.name.as_str());
    within_rate(env, config::TOKEN_LIMIT, &caller.name, call).await?;
    Ok(caller.clone())
}

/// A limiter that is not there or does not answer lets everybody pass, and the log says so.
async fn within_rate(env: &Env, binding: &str, key: &str, call: &mut Call) -> Result<(), Problem> {
    let outcome = match env.rate_limiter(binding) {
        Ok(limiter) => limiter.limit(key.to_owned()).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(outcome) if !outcome.success => Err(Problem::RateLimited),
        Ok(_) => Ok(()),
        Err(_) => {
            call.note("rate_limiter_missing", binding);
            Ok(())
        }
    }
}
