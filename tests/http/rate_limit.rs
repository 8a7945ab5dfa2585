//! Rate limits: requests per token name, and failed authentications per address.

use jobs_ingest_core::limits::RATE_LIMIT_PERIOD_SECONDS;
use jobs_ingest_tests::http::{Answer, Request};
use jobs_ingest_tests::{Builder, Worker};
use serde_json::json;
use toml::{Table, Value};

use crate::support::{INGEST, assert_problem, items, log_of, refused};

const ONE: &str = "token-of-one-0f1e2d3c4b5a";
const ONE_ROTATED: &str = "new-token-of-one-0f1e2d3c";
const OTHER: &str = "token-of-other-0f1e2d3c4b5a";

/// Small enough that even a slow machine sends more within a period.
const LIMIT: u32 = 5;

fn builder() -> Builder {
    let tokens = format!("one:{ONE},one:{ONE_ROTATED},other:{OTHER}");
    Worker::builder().ingest_tokens(&tokens)
}

fn wrangler_toml() -> Table {
    let text = std::fs::read_to_string(xtask::project::root().join("wrangler.toml"));
    let text = text.expect("read wrangler.toml");
    text.parse().expect("wrangler.toml is TOML")
}

/// The rate limits of all environments.
fn rate_limits() -> Vec<Value> {
    let config = wrangler_toml();
    let environments = config["env"].as_table().expect("environments");
    let environments = environments.values().filter_map(Value::as_table);
    [&config]
        .into_iter()
        .chain(environments)
        .flat_map(|environment| environment["ratelimits"].as_array().expect("rate limits"))
        .cloned()
        .collect()
}

/// Requests per period, in the environment that the tests run.
fn limit(binding: &str) -> u32 {
    let limits = rate_limits();
    let limit = limits
        .iter()
        .find(|limit| limit["name"].as_str() == Some(binding))
        .unwrap_or_else(|| panic!("{binding} in wrangler.toml"));
    let limit = limit["simple"]["limit"].as_integer().expect("a number");
    u32::try_from(limit).expect("a number of requests")
}

/// Sends requests until one is refused. Periods start at full minutes, so the count may restart
/// once.
fn until_limited(limit: u32, request: impl Fn() -> Request, status: u16) -> Answer {
    for n_answered in 0..=2 * limit {
        let answer = request().send();
        if answer.status == 429 {
            assert!(n_answered >= limit, "only {n_answered} of {limit}");
            return answer;
        }
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    panic!("{limit} requests in a period, and one more is not refused")
}

fn assert_is_limited(answer: &Answer) {
    assert_problem(answer, 429, "rate_limited");
    let seconds = RATE_LIMIT_PERIOD_SECONDS.to_string();
    assert_eq!(answer.header("retry-after"), Some(seconds.as_str()));
}

#[test]
fn requests_per_token_name_are_limited() {
    let worker = builder().rate_limit(LIMIT).start();
    let runs = |token: &str| worker.get("/runs/x").token(token);
    let tokens = [ONE, ONE_ROTATED];
    let n_sent = std::cell::Cell::new(0);
    let answer = until_limited(
        LIMIT,
        || {
            // Two tokens of a name share its limit, like its runs and keys.
            n_sent.set(n_sent.get() + 1);
            runs(tokens[n_sent.get() % 2])
        },
        404,
    );
    assert_is_limited(&answer);
    // Other names, and requests that need no token, are not affected.
    assert_eq!(runs(OTHER).send().status, 404);
    let body = items(&json!([{ "externalId": "a" }]));
    let ingest = worker.post(INGEST).token(OTHER).json(body);
    assert_eq!(ingest.send().status, 200);
    assert_eq!(worker.get("/health").send().status, 200);
}

#[test]
fn rate_limited_ingest_writes_nothing() {
    let worker = builder().rate_limit(LIMIT).start();
    let n_sent = std::cell::Cell::new(0);
    let ingest = || {
        n_sent.set(n_sent.get() + 1);
        let body = items(&json!([{ "externalId": n_sent.get() }]));
        worker.post(INGEST).token(ONE).json(body)
    };
    assert_is_limited(&until_limited(LIMIT, ingest, 200));
    // All except the last, which was refused.
    assert_eq!(worker.n_rows(), n_sent.get() - 1);
    let runs = worker.sql("SELECT count(*) AS n FROM ingest_runs");
    assert_eq!(runs[0]["n"], n_sent.get() - 1);
}

#[test]
fn failed_authentications_per_address_are_limited() {
    let worker = builder().start();
    let wrong = |address: &str| {
        // Cloudflare sets this header, whatever a client sends.
        let request = worker.post(INGEST).header("cf-connecting-ip", address);
        request.token("wrong").json("{}")
    };
    let limit = limit("WRONG_TOKEN_LIMIT");
    let answer = until_limited(limit, || wrong("192.0.2.1"), 401);
    assert_is_limited(&answer);
    insta::assert_snapshot!(answer.json()["detail"].as_str().unwrap_or_default(), @"too many requests with a missing or unknown token from this address; all of its requests are refused until Retry-After has passed");
    refused(&worker, wrong("192.0.2.2"), 401, "unauthorized");
}

/// Otherwise someone guessing tokens would still learn which guess was right.
#[test]
fn address_over_the_limit_is_refused_with_a_valid_token_too() {
    let worker = builder().rate_limit(LIMIT).start();
    let from = |address: &str, token: &str| {
        let request = worker.get("/runs").token(token);
        request.header("cf-connecting-ip", address)
    };
    // A valid token does not count as a failure.
    for _ in 0..LIMIT {
        assert_eq!(from("192.0.2.1", ONE).send().status, 200);
    }
    let wrong = || from("192.0.2.1", "wrong");
    assert_is_limited(&until_limited(LIMIT, wrong, 401));
    let body = items(&json!([{ "externalId": "a" }]));
    let ingest = worker.post(INGEST).token(OTHER).json(body);
    let ingest = ingest.header("cf-connecting-ip", "192.0.2.1");
    for request in [from("192.0.2.1", OTHER), ingest, wrong()] {
        let answer = refused(&worker, request, 429, "rate_limited");
        let seconds: u32 = answer
            .header("retry-after")
            .and_then(|seconds| seconds.parse().ok())
            .expect("a number of seconds");
        assert!((1..=RATE_LIMIT_PERIOD_SECONDS).contains(&seconds));
        assert_eq!(log_of(&worker, &answer).get("token"), None);
    }
    // Other addresses, and requests that need no token, are not affected.
    assert_eq!(from("192.0.2.2", OTHER).send().status, 200);
    let health = worker
        .get("/health")
        .header("cf-connecting-ip", "192.0.2.1");
    assert_eq!(health.send().status, 200);
}

#[test]
fn ipv6_addresses_of_one_64_share_the_limit() {
    let worker = builder().rate_limit(LIMIT).start();
    let from = |address: &str, token: &str| {
        let request = worker.get("/runs").token(token);
        request.header("cf-connecting-ip", address)
    };
    let n_sent = std::cell::Cell::new(0);
    let wrong = || {
        n_sent.set(n_sent.get() + 1);
        from(&format!("2001:db8:0:1::{:x}", n_sent.get()), "wrong")
    };
    assert_is_limited(&until_limited(LIMIT, wrong, 401));
    let neighbour = from("2001:db8:0:1:ffff::1", ONE);
    refused(&worker, neighbour, 429, "rate_limited");
    assert_eq!(from("2001:db8:0:2::1", ONE).send().status, 200);
}

#[test]
fn missing_token_counts_as_a_failure() {
    let worker = builder().rate_limit(LIMIT).start();
    let request = || worker.get("/runs");
    let answer = until_limited(LIMIT, request, 401);
    assert_is_limited(&answer);
}

#[test]
fn retry_after_matches_wrangler_toml() {
    let limits = rate_limits();
    // Both limits in each of three environments.
    assert_eq!(limits.len(), 6);
    for limit in limits {
        let period = limit["simple"]["period"].as_integer();
        assert_eq!(period, Some(RATE_LIMIT_PERIOD_SECONDS.into()), "{limit}");
    }
}
