//! From the bytes of a body to the parameters of the upsert, in one pass.

mod body;
mod diagnosis;
mod ignored;
mod posting;
mod rejects;
mod rows;
mod source;
mod unchanged;

pub use body::{BYTE_ORDER_MARK, BodyError, Prepared, prepare};
pub use diagnosis::Misplaced;
pub use ignored::IgnoredField;
pub use posting::KEEP_JSON;
pub use rows::Param;
pub use source::{DEFAULT_SOURCE, default_source};
pub use unchanged::{ChangedRows, SOURCE_CHARS_DIGITS, Stamps};

use crate::json::escape_non_ascii;
use crate::limits::{MAX_ASCII_GROWTH_DIVISOR, MAX_PARAM_BYTES};
use crate::options::{Defaults, Missing, Unknown};

/// What depends on who posts and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules<'a> {
    /// The sources that may be posted; `None` is all.
    pub sources: Option<&'a [String]>,
    /// Whether rejected postings are to be kept.
    pub keep_rejects: bool,
    pub unknown: Unknown,
    pub defaults: Defaults,
    pub missing: Missing,
    /// A secret of the runtime's random numbers, for a table of what the client sends.
    pub hash_key: [u64; 2],
}

/// A parameter as it is to be bound: characters outside ASCII as escapes, where they are few.
///
/// Apart from [`prepare`], so that a parameter is there twice only for the moment before it becomes
/// a JavaScript string, when the body's memory is free again.
pub fn with_escapes(param: String) -> String {
    escape_non_ascii(&param, MAX_ASCII_GROWTH_DIVISOR, MAX_PARAM_BYTES).unwrap_or(param)
}
