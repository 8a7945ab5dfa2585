//! What a posting states about a field.

/// What a posting states about a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stated {
    /// Not mentioned, or a value that counts as missing.
    Absent,
    /// Explicitly no value: null or an empty text.
    Null,
    /// A value, which has been written to the row.
    Value,
}
