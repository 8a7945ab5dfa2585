//! When to repeat a request: 429, 503 and broken connections, with exponential backoff and jitter.

use std::thread::sleep;
use std::time::{Duration, SystemTime};

/// Attempts in total. With the waits between them they last for about two minutes.
pub const MAX_ATTEMPTS: u32 = 8;

const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A server that asks for a longer wait, such as until its quota is reset, is not waited for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// Codes of a 503 that another attempt does not change: the operator has to act.
const PERMANENT_CODES: [&str; 3] = ["not_configured", "misconfigured", "database_not_ready"];

/// Waits before the next attempt. Returns false if there should be none.
pub fn wait(attempt: u32, retry_after: Option<&str>) -> bool {
    match pause(attempt, retry_after, fastrand::f64()) {
        Some(pause) => {
            sleep(pause);
            true
        }
        None => false,
    }
}

/// How long to wait after attempt number `attempt`, from 1. `random` is from 0 to 1.
fn pause(attempt: u32, retry_after: Option<&str>, random: f64) -> Option<Duration> {
    if attempt >= MAX_ATTEMPTS {
        return None;
    }
    let doubled = FIRST_WAIT.saturating_mul(1 << (attempt - 1).min(16));
    let backoff = doubled.min(LONGEST_WAIT);
    // Between half and all of it, so that clients that failed together do not return together.
    let backoff = backoff.mul_f64(0.5 + random / 2.0);
    match retry_after.and_then(delay) {
        Some(asked) if asked > LONGEST_RETRY_AFTER => None,
        Some(asked) => Some(asked + FIRST_WAIT.mul_f64(random)),
        None => Some(backoff),
    }
}

/// The value of `Retry-After`: seconds or a date.
fn delay(value: &str) -> Option<Duration> {
    let value = value.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = httpdate::parse_http_date(value).ok()?;
            Some(date.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

/// Whether another attempt may succeed.
pub fn is_transient(status: u16, code: Option<&str>) -> bool {
    match status {
        429 => true,
        503 => !code.is_some_and(|code| PERMANENT_CODES.contains(&code)),
        409 => code == Some("idempotency_key_in_use"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(attempt: u32, retry_after: Option<&str>, random: f64) -> Option<u128> {
        pause(attempt, retry_after, random).map(|pause| pause.as_millis())
    }

    #[test]
    fn doubles_up_to_30_seconds_with_jitter() {
        let longest = [1, 2, 3, 6, 7].map(|attempt| ms(attempt, None, 1.0));
        assert_eq!(longest, [500, 1_000, 2_000, 16_000, 30_000].map(Some));
        assert_eq!(ms(1, None, 0.0), Some(250));
        assert_eq!(ms(MAX_ATTEMPTS, None, 0.0), None);
    }

    #[test]
    fn retry_after_is_obeyed_up_to_5_minutes() {
        assert_eq!(ms(1, Some("7"), 0.0), Some(7_000));
        assert_eq!(ms(1, Some("300"), 0.0), Some(300_000));
        assert_eq!(ms(1, Some("301"), 0.0), None);
        assert_eq!(ms(1, Some("Sun, 06 Nov 1994 08:49:37 GMT"), 0.0), Some(0));
        assert_eq!(ms(1, Some("soon"), 0.0), Some(250));
    }

    #[test]
    fn only_what_may_pass_is_repeated() {
        assert!(is_transient(429, Some("rate_limited")));
        assert!(is_transient(503, Some("worker_busy")));
        assert!(is_transient(503, None));
        assert!(is_transient(409, Some("idempotency_key_in_use")));
        assert!(!is_transient(503, Some("not_configured")));
        assert!(!is_transient(409, Some("snapshot_incomplete")));
        assert!(!is_transient(500, None));
    }
}
