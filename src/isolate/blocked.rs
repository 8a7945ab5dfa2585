//! Addresses that have sent too many wrong tokens, as far as this isolate knows.
//!
//! A rate limiter counts whenever it is asked, so requests with a valid token must not ask this one.
//! Instead each isolate remembers the refusals that it has seen and then checks no token of the address:
//! otherwise a guesser over the limit would still learn which guess was right. An isolate that has not
//! seen a refusal checks one guess, and sees the refusal then.

use std::cell::RefCell;

use jobs_ingest_core::limits::{MAX_BLOCKED_ADDRESSES, RATE_LIMIT_PERIOD_SECONDS};

const PERIOD_MS: f64 = RATE_LIMIT_PERIOD_SECONDS as f64 * 1_000.0;

thread_local! {
    static BLOCKED: RefCell<Blocked> = const { RefCell::new(Blocked(Vec::new())) };
}

/// Address keys, sorted, and until when each is blocked.
struct Blocked(Vec<(String, f64)>);

/// Blocks an address for a period.
pub fn block(key: &str, now_ms: f64) {
    BLOCKED.with_borrow_mut(|blocked| blocked.block(key, now_ms));
}

/// Whole seconds until a blocked address is no longer blocked.
pub fn seconds_left(key: &str, now_ms: f64) -> Option<u32> {
    BLOCKED.with_borrow(|blocked| blocked.seconds_left(key, now_ms))
}

impl Blocked {
    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0
            .binary_search_by(|(blocked, _)| blocked.as_str().cmp(key))
    }

    fn block(&mut self, key: &str, now_ms: f64) {
        if self.0.len() >= MAX_BLOCKED_ADDRESSES {
            self.0.retain(|(_, until_ms)| *until_ms > now_ms);
        }
        let until_ms = now_ms + PERIOD_MS;
        match self.find(key) {
            Ok(index) => {
                if let Some((_, blocked_until_ms)) = self.0.get_mut(index) {
                    *blocked_until_ms = until_ms;
                }
            }
            // Not remembered; the limiter still refuses its wrong tokens.
            Err(_) if self.0.len() >= MAX_BLOCKED_ADDRESSES => {}
            Err(index) => self.0.insert(index, (key.to_owned(), until_ms)),
        }
    }

    fn seconds_left(&self, key: &str, now_ms: f64) -> Option<u32> {
        let (_, until_ms) = self.0.get(self.find(key).ok()?)?;
        let ms = until_ms - now_ms;
        // More than a period if the clock was set back: nobody is blocked for longer than a period.
        (0.0 < ms && ms <= PERIOD_MS).then(|| (ms / 1_000.0).ceil() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_blocked_for_a_period() {
        let mut blocked = Blocked(Vec::new());
        blocked.block("b", 1_000.0);
        blocked.block("a", 1_000.0);
        for (now_ms, seconds) in [
            (1_000.0, Some(RATE_LIMIT_PERIOD_SECONDS)),
            (1_001.0, Some(RATE_LIMIT_PERIOD_SECONDS)),
            (1_000.0 + PERIOD_MS - 1.0, Some(1)),
            (1_000.0 + PERIOD_MS, None),
            // The clock was set back.
            (999.0, None),
        ] {
            assert_eq!(blocked.seconds_left("a", now_ms), seconds, "{now_ms}");
            assert_eq!(blocked.seconds_left("b", now_ms), seconds, "{now_ms}");
            assert_eq!(blocked.seconds_left("c", now_ms), None);
        }
        blocked.block("a", 2_000.0);
        assert_eq!(blocked.seconds_left("a", 1_000.0 + PERIOD_MS), Some(1));
        assert_eq!(blocked.0.len(), 2);
    }

    #[test]
    fn remembers_at_most_the_maximum_number_of_addresses() {
        let mut blocked = Blocked(Vec::new());
        for number in 0..=MAX_BLOCKED_ADDRESSES {
            blocked.block(&format!("{number:05}"), 0.0);
        }
        let last = format!("{MAX_BLOCKED_ADDRESSES:05}");
        assert_eq!(blocked.0.len(), MAX_BLOCKED_ADDRESSES);
        assert_eq!(blocked.seconds_left(&last, 1.0), None);
        assert!(blocked.seconds_left("00000", 1.0).is_some());
        // Expired entries make room.
        blocked.block(&last, PERIOD_MS);
        assert_eq!(blocked.0.len(), 1);
        assert!(blocked.seconds_left(&last, PERIOD_MS).is_some());
    }
}
