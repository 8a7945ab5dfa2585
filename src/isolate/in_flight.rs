//! Idempotency keys of requests that are running in this isolate.
//!
//! Only this isolate is known here. Two requests with one key in two isolates are decided by the
//! database: the second one's batch fails on the key, and it answers what the first recorded.

use std::cell::RefCell;

use jobs_ingest_core::limits::IN_FLIGHT_MS;
use jobs_ingest_core::problem::Problem;

thread_local! {
    static RUNNING: RefCell<Running> = const {
        RefCell::new(Running { n_begun: 0, entries: Vec::new() })
    };
}

struct Running {
    n_begun: u64,
    entries: Vec<Entry>,
}

struct Entry {
    number: u64,
    token_name: String,
    key: String,
    /// When its request began or was last renewed.
    at_ms: f64,
}

/// A key in use, until it is dropped.
pub struct InFlight {
    number: u64,
}

impl InFlight {
    /// Takes the key, unless another request has it. A request that was cut off never drops its entry,
    /// so an entry expires [`IN_FLIGHT_MS`] after it was last renewed.
    pub fn begin(token_name: &str, key: &str, now_ms: f64) -> Result<Self, Problem> {
        RUNNING.with_borrow_mut(|running| {
            let entries = &mut running.entries;
            entries.retain(|entry| now_ms - entry.at_ms < IN_FLIGHT_MS);
            let is_same = |entry: &Entry| entry.token_name == token_name && entry.key == key;
            if entries.iter().any(is_same) {
                return Err(Problem::IdempotencyKeyInUse);
            }
            running.n_begun += 1;
            let number = running.n_begun;
            entries.push(Entry {
                number,
                token_name: token_name.to_owned(),
                key: key.to_owned(),
                at_ms: now_ms,
            });
            Ok(Self { number })
        })
    }

    /// Reports that its request is still running.
    pub fn renew(&self, now_ms: f64) {
        RUNNING.with_borrow_mut(|running| {
            let mut entries = running.entries.iter_mut();
            if let Some(entry) = entries.find(|entry| entry.number == self.number) {
                entry.at_ms = now_ms;
            }
        });
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        // By number: once this entry has expired the key may belong to a later request.
        RUNNING.with_borrow_mut(|running| {
            running.entries.retain(|entry| entry.number != self.number);
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
    fn inactive_request_loses_its_key() {
        let first = InFlight::begin("c", "k", 0.0);
        assert!(!is_free("c", "k", IN_FLIGHT_MS - 1.0));
        let second = InFlight::begin("c", "k", IN_FLIGHT_MS);
        assert!(second.is_ok());
        // If the first request continues after all, it does not free the key of the second.
        drop(first);
        assert!(!is_free("c", "k", IN_FLIGHT_MS));
    }

    #[test]
    fn a_renewed_request_keeps_its_key() {
        let slow = InFlight::begin("d", "k", 0.0).unwrap();
        slow.renew(IN_FLIGHT_MS - 1.0);
        assert!(!is_free("d", "k", 2.0 * IN_FLIGHT_MS - 2.0));
        assert!(is_free("d", "k", 2.0 * IN_FLIGHT_MS - 1.0));
    }
}
