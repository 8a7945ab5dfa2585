//! From the bytes of a body to the parameters of the upsert, in one pass.

mod body;
mod diagnosis;
mod ids;
mod ignored;
mod posting;
mod rejects;
mod rows;
mod rules;
mod source;
mod unchanged;

pub use body::{BodyError, Prepared, prepare};
pub use diagnosis::Diagnosis;
pub use ids::{IdListError, read_ids};
pub(crate) use posting::{TIME_EXPECTED, time_millis};
pub use rows::Param;
pub use rules::Rules;
pub use source::{DEFAULT_SOURCE, default_source};
pub use unchanged::{ChangedRows, Stamps};

use crate::json::escape_non_ascii;
use crate::limits::{MAX_ASCII_GROWTH_DIVISOR, MAX_PARAM_BYTES};

/// Returns a parameter in the form to bind: non-ASCII characters as escapes, if there are few.
///
/// Separate from [`prepare`] so that a parameter exists twice only for the moment before it becomes
/// a JavaScript string, when the body's memory is already free.
pub fn with_escapes(param: String) -> String {
    escape_non_ascii(&param, MAX_ASCII_GROWTH_DIVISOR, MAX_PARAM_BYTES).unwrap_or(param)
}
