//! What every part is told.

use std::time::Duration;

/// A key whose first request was dropped, or died with workerd, may be said to be in use, but not for
/// ever.
pub const KEY_FREE_WITHIN: Duration = Duration::from_secs(120);

/// How much of it: all, or what fits into CI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Full,
    Short,
}

/// What every part is told.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub form: Form,
    /// Of all random choices, so that a run can be repeated. (When the system switches between
    /// threads cannot.)
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
