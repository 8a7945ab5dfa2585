//! What the rules conclude about a posting and its fields.

use serde_json::Value;

/// Why there is no row.
pub enum No {
    /// The posting is invalid.
    Rejected,
    /// The oracle abstains.
    Abstain,
}

/// What a posting states about a field.
pub enum Stated {
    /// Not mentioned, or a value that counts as missing.
    Absent,
    Null,
    Value(Value),
}

/// Expected number of warnings by code.
#[derive(Default)]
pub struct Warnings {
    pub n_empty_titles: usize,
    pub n_truncated: usize,
    pub n_replaced: usize,
}
