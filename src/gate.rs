//! Who gets in: tokens and rate limits.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use jobs_ingest_core::address::limit_key;
use jobs_ingest_core::auth::{Caller, Right, Tokens};
use jobs_ingest_core::limits::RATE_LIMIT_PERIOD_SECONDS;
use jobs_ingest_core::problem::Problem;
use worker::{Env, Request};

use crate::call::Call;
use crate::clock::now_ms;
use crate::{blocked, config, request};

/// What a rate limiter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    Within,
    Over,
    /// It is not there or does not answer.
    Unknown,
}

/// The caller of a request, by its token, with this right and within its rate.
pub async fn caller(
    request: &Request,
    env: &Env,
    right: Right,
    call: &mut Call,
) -> Result<Caller, Problem> {
    let caller = authenticated(request, env, right, call).await?;
    let rate = rate(env, config::TOKEN_LIMIT, &caller.name).await;
    admit(rate, config::TOKEN_LIMIT, call)?;
    Ok(caller)
}

/// The configured tokens.
pub fn tokens(env: &Env, call: &mut Call) -> Result<Tokens, Problem> {
    config::tokens(env).map_err(|error| {
        call.note("cause", error.to_string());
        Problem::NotConfigured
    })
}

/// The caller of a request by its token, with this right; the rate is still to be checked.
pub async fn authenticated(
    request: &Request,
    env: &Env,
    right: Right,
    call: &mut Call,
) -> Result<Caller, Problem> {
    let tokens = tokens(env, call)?;
    // Absent where there is no Cloudflare in front: then all addresses are one.
    let address = request::header(request, "CF-Connecting-IP").unwrap_or_default();
    let address = limit_key(&address);
    // Before the token is looked at, or a guesser would learn which one was right.
    if let Some(retry_after_seconds) = blocked::seconds_left(&address, now_ms()) {
        return Err(Problem::AddressBlocked {
            retry_after_seconds,
        });
    }
    let authorization = request::header(request, "Authorization");
    let Some(caller) = tokens.caller(authorization.as_deref()) else {
        return Err(wrong_token(&address, env, call).await);
    };
    call.note("token", caller.name.as_str());
    match caller.rights.include(right) {
        true => Ok(caller.clone()),
        false => Err(Problem::Forbidden(right)),
    }
}

/// Counts a wrong token of an address.
async fn wrong_token(address: &str, env: &Env, call: &mut Call) -> Problem {
    let rate = rate(env, config::WRONG_TOKEN_LIMIT, address).await;
    match admit(rate, config::WRONG_TOKEN_LIMIT, call) {
        Ok(()) => Problem::Unauthorized,
        Err(_) => {
            blocked::block(address, now_ms());
            Problem::AddressBlocked {
                retry_after_seconds: RATE_LIMIT_PERIOD_SECONDS,
            }
        }
    }
}

/// Counts one request under a key of a limiter.
pub async fn rate(env: &Env, binding: &str, key: &str) -> Rate {
    let outcome = match env.rate_limiter(binding) {
        Ok(limiter) => limiter.limit(key.to_owned()).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(outcome) if outcome.success => Rate::Within,
        Ok(_) => Rate::Over,
        Err(_) => Rate::Unknown,
    }
}

/// A limiter that is not there or does not answer lets everybody pass, and the log says so.
pub fn admit(rate: Rate, binding: &str, call: &mut Call) -> Result<(), Problem> {
    match rate {
        Rate::Within => Ok(()),
        Rate::Over => Err(Problem::RateLimited),
        Rate::Unknown => {
            call.note("rate_limiter_missing", binding);
            Ok(())
        }
    }
}

/// What `work` comes to, done while the limiter is asked: that is another machine's turn, and so is a
/// body. An error for who is over the rate, as soon as that is known: the work is then given up.
pub async fn unless_over<T>(
    rate: impl Future<Output = Rate>,
    work: impl Future<Output = T>,
) -> Result<(Rate, T), Problem> {
    let (mut rate, mut work) = (pin!(rate), pin!(work));
    let (mut said, mut done) = (None, None);
    poll_fn(|context| {
        if said.is_none()
            && let Poll::Ready(rate) = rate.as_mut().poll(context)
        {
            if rate == Rate::Over {
                return Poll::Ready(Err(Problem::RateLimited));
            }
            said = Some(rate);
        }
        if done.is_none()
            && let Poll::Ready(result) = work.as_mut().poll(context)
        {
            done = Some(result);
        }
        match (said, done.take()) {
            (Some(rate), Some(result)) => Poll::Ready(Ok((rate, result))),
            (_, unfinished) => {
                done = unfinished;
                Poll::Pending
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{pending, ready};

    use super::*;

    /// Ready when it is polled for the second time.
    async fn later<T>(value: T) -> T {
        let mut is_first = true;
        poll_fn(|context| {
            if std::mem::take(&mut is_first) {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        value
    }

    fn both(
        rate: impl Future<Output = Rate>,
        work: impl Future<Output = u8>,
    ) -> Option<(Rate, u8)> {
        match pollster::block_on(unless_over(rate, work)) {
            Ok(both) => Some(both),
            Err(problem) => {
                assert!(matches!(problem, Problem::RateLimited));
                None
            }
        }
    }

    #[test]
    fn waits_for_both() {
        for rate in [Rate::Within, Rate::Unknown] {
            assert_eq!(both(ready(rate), ready(1)), Some((rate, 1)));
            assert_eq!(both(later(rate), ready(1)), Some((rate, 1)));
            assert_eq!(both(ready(rate), later(1)), Some((rate, 1)));
            assert_eq!(both(later(rate), later(1)), Some((rate, 1)));
        }
    }

    #[test]
    fn gives_up_the_work_of_who_is_over() {
        assert_eq!(both(later(Rate::Over), pending()), None);
        assert_eq!(both(later(Rate::Over), ready(1)), None);
        let has_begun = Cell::new(false);
        let work = async {
            has_begun.set(true);
            1
        };
        assert_eq!(both(ready(Rate::Over), work), None);
        assert!(!has_begun.get());
    }
}
