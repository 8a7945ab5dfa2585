//! What every part is told.

use std::time::Duration;

/// A key whose first request was dropped, or died with workerd, may be reported as in use, but only
/// for so long.
pub const KEY_FREE_WITHIN: Duration = Duration::from_secs(120);

/// How much to run: everything, or what fits into CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Full,
    Short,
}

/// Parameters of every part.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub form: Form,
    /// Seed of all random choices, so that a run can be repeated. (Thread scheduling cannot.)
    pub seed: u64,
}

impl Plan {
    pub fn pick<T>(&self, full: T, short: T) -> T {
        match self.form {
            Form::Full => full,
            Form::Short => short,
        }
    }
}
