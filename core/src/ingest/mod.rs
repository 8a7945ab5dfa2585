//! From the bytes of a body to the parameters of the upsert, in one pass.

mod body;
mod conflicts;
mod diagnosis;
mod posting;
mod rejects;
mod rows;
mod source;
mod unchanged;

pub use body::{BYTE_ORDER_MARK, BodyError, Prepared, Rules, prepare};
pub use diagnosis::Misplaced;
pub use unchanged::{ChangedRows, Stamps};

use crate::json::escape_non_ascii;
use crate::limits::MAX_ASCII_GROWTH_DIVISOR;

/// A parameter as it is to be bound: characters outside ASCII as escapes, where they are few.
///
/// Apart from [`prepare`], so that a parameter is there twice only for the moment before it becomes
/// a JavaScript string, when the body's memory is free again.
pub fn with_escapes(param: String) -> String {
    escape_non_ascii(&param, MAX_ASCII_GROWTH_DIVISOR).unwrap_or(param)
}
