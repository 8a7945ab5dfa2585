//! S606: real D1 that builds something else than the replay: `validate --real` alone reports it.

use crate::check::{Check, Severity};

/// S606.
pub static CHECK: Check = Check {
    code: "S606",
    severity: Severity::Error,
    why: "wrangler on real D1 builds something else than the replay",
    instead: "please report it; the two are meant to be the same",
    logic: &[],
    bad: &[],
    good: &[],
};
