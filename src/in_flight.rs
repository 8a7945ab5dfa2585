//! Idempotency keys of requests that are running in this isolate.
//!
//! Only this isolate is known here. Two requests with one key in two isolates are decided by the
//! database: the second one's batch fails on the key, and it answers what the first recorded.

use std::cell::RefCell;
use std::collections::HashMap;

use jobs_ingest_core::limits::IN_FLIGHT_MS;
use jobs_ingest_core::problem::Problem;

thread_local! {
    /// Token name and key, and when the request came in.
    static RUNNING: RefCell<HashMap<(String, String), f64>> = RefCell::new(HashMap::new());
}

/// A key in use, until it is dropped.
pub struct InFlight {
    name_and_key: (String, String),
    started_ms: f64,
}

impl InFlight {
    /// Takes the key, unless another request has it. One that was cut off never drops its entry,
    /// so an entry holds no longer than a request can run.
    pub fn begin(token_name: &str, key: &str, now_ms: f64) -> Result<Self, Problem> {
        let name_and_key = (token_name.to_owned(), key.to_owned());
        RUNNING.with_borrow_mut(|running| {
            running.retain(|_, started_ms| now_ms - *started_ms < IN_FLIGHT_MS);
            if running.contains_key(&name_and_key) {
                return Err(Problem::IdempotencyKeyInUse);
            }
            running.insert(name_and_key.clone(), now_ms);
            Ok(Self {
                name_and_key,
                started_ms: now_ms,
            })
        })
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        RUNNING.with_borrow_mut(|running| {
            // Not that of a later request, which came after this one had run too long.
            if running.get(&self.name_and_key) == Some(&self.started_ms) {
                running.remove(&self.name_and_key);
            }
        });
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
