//! From the bytes of a body to the parameters of the upsert, in one pass.

mod body;
mod diagnosis;
mod ids;
mod ignored;
mod posting;
mod rejects;
mod rows;
mod source;
mod unchanged;

pub use body::{BYTE_ORDER_MARK, BodyError, Prepared, prepare};
pub use diagnosis::Diagnosis;
pub use ids::{IdListError, read_ids};
pub use posting::KEEP_JSON;
pub(crate) use posting::{TIME_EXPECTED, time_millis};
pub use rows::Param;
pub use source::{DEFAULT_SOURCE, default_source};
pub use unchanged::{ChangedRows, Stamps};

use crate::json::escape_non_ascii;
use crate::limits::{MAX_ASCII_GROWTH_DIVISOR, MAX_PARAM_BYTES};
use crate::options::{Defaults, Missing, OnError, Unknown};

/// Rules that depend on the caller and the options.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules<'a> {
    /// The sources that may be posted; `None` allows all.
    pub sources: Option<&'a [String]>,
    /// The values of `companyId` that may be posted; `None` allows all.
    pub companies: Option<&'a [u64]>,
    /// Whether to keep the reasons of rejected postings and, with `on_error=skip`, the postings.
    pub keep_rejects: bool,
    pub on_error: OnError,
    pub unknown: Unknown,
    pub defaults: Defaults,
    pub missing: Missing,
    /// Whether the body is the complete list of a source: it may be empty, and the ids of rejected
    /// postings count.
    pub is_list: bool,
    /// Secret random key for hash tables over what the client sends.
    pub hash_key: [u64; 2],
}

/// Returns a parameter in the form to bind: non-ASCII characters as escapes, if there are few.
///
/// Separate from [`prepare`] so that a parameter exists twice only for the moment before it becomes
/// a JavaScript string, when the body's memory is already free.
pub fn with_escapes(param: String) -> String {
    escape_non_ascii(&param, MAX_ASCII_GROWTH_DIVISOR, MAX_PARAM_BYTES).unwrap_or(param)
}
