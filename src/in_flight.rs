//! Idempotency keys of requests that are running in this isolate.
//!
//! Only this isolate is known here. Two requests with one key in two isolates are decided by the
//! database: the second one's batch fails on the key, and it answers what the first recorded.

use std::cell::RefCell;

use jobs_ingest_core::limits::IN_FLIGHT_MS;
use jobs_ingest_core::problem::Problem;

thread_local! {
    static RUNNING: RefCell<Vec<Entry>> = const { RefCell::new(Vec::new()) };
}

/// A key in use, until it is dropped.
pub struct InFlight(Entry);

#[derive(Clone, PartialEq)]
struct Entry {
    token_name: String,
    key: String,
    /// When the request came in.
    started_ms: f64,
}

impl InFlight {
    /// Takes the key, unless another request has it. One that was cut off never drops its entry,
    /// so an entry holds no longer than a request can run.
    pub fn begin(token_name: &str, key: &str, now_ms: f64) -> Result<Self, Problem> {
        RUNNING.with_borrow_mut(|running| {
            running.retain(|entry| now_ms - entry.started_ms < IN_FLIGHT_MS);
            let is_it = |entry: &Entry| entry.token_name == token_name && entry.key == key;
            if running.iter().any(is_it) {
                return Err(Problem::IdempotencyKeyInUse);
            }
            let entry = Entry {
                token_name: token_name.to_owned(),
                key: key.to_owned(),
                started_ms: now_ms,
            };
            running.push(entry.clone());
            Ok(Self(entry))
        })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // Not that of a later request, which came after this one had run too long.
        RUNNING.with_borrow_mut(|running| running.retain(|entry| *entry != self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_free(name: &str, key: &str, now_ms: f64) -> bool {
        InFlight::begin(name, key, now_ms).is_ok()
    }

    #[test]
    fn a_key_is_in_use_until_its_request_ends() {
        let first = InFlight::begin("a", "k", 0.0);
        assert!(!is_free("a", "k", 1.0));
        assert!(is_free("b", "k", 1.0));
        assert!(is_free("a", "other", 1.0));
        drop(first);
        assert!(is_free("a", "k", 2.0));
    }

    #[test]
    fn one_that_was_cut_off_does_not_hold_its_key_for_ever() {
        std::mem::forget(InFlight::begin("c", "k", 0.0));
        assert!(!is_free("c", "k", IN_FLIGHT_MS - 1.0));
        let second = InFlight::begin("c", "k", IN_FLIGHT_MS);
        assert!(second.is_ok());
    }
}
