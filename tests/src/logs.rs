//! The log of an instance: kept for assertions, and printed if the test fails.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A log line arrives through its own pipe, shortly before or after the response.
const LINE_WITHIN: Duration = Duration::from_secs(20);

#[derive(Debug, Clone)]
pub struct Line {
    /// Console level `log`, `info`, `warn`, `error` or `debug`; `runtime` for workerd's own
    /// messages.
    pub level: String,
    pub message: String,
}

#[derive(Clone, Default)]
pub struct Logs {
    inner: Arc<(Mutex<Vec<Line>>, Condvar)>,
}

impl Logs {
    pub(crate) fn push(&self, event: &Value) {
        let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
        self.inner.0.lock().unwrap().push(Line {
            level: text("level"),
            message: text("message"),
        });
        self.inner.1.notify_all();
    }

    pub fn lines(&self) -> Vec<Line> {
        // Poisoned if an expected line did not arrive: printing the lines explains why.
        let lines = self.inner.0.lock();
        lines.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the first line for which `wanted` returns true.
    pub fn wait_for(&self, mut wanted: impl FnMut(&Line) -> bool) -> Line {
        let until = Instant::now() + LINE_WITHIN;
        let mut lines = self.inner.0.lock().unwrap();
        let mut seen = 0;
        loop {
            if let Some(line) = lines.iter().skip(seen).find(|line| wanted(line)) {
                return line.clone();
            }
            seen = lines.len();
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no such log line came");
            lines = self.inner.1.wait_timeout(lines, left).unwrap().0;
        }
    }
}
