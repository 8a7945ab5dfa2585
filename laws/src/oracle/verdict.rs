//! What the rules say of a posting and of its fields.

use serde_json::Value;

/// Why there is no row.
pub enum No {
    /// The posting is invalid.
    Rejected,
    /// The rule cannot be followed here.
    Opinion,
}

/// What a posting says of a field.
pub enum Said {
    /// Nothing, or what counts as nothing.
    Nothing,
    Null,
    Value(Value),
}

/// How many warnings of each code there should be.
#[derive(Default)]
pub struct Warnings {
    pub n_empty_titles: usize,
    pub n_truncated: usize,
    pub n_replaced: usize,
}
