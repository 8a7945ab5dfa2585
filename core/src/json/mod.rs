//! JSON at the byte level: a scanner that checks the grammar and returns the raw text of values,
//! and properties of a raw string that can be computed without decoding it.
//!
//! The rest of the project uses serde_json. Here a posting's texts are copied unchanged into a
//! parameter that is JSON too, so decoding and encoding them would be wasted; docs/PERFORMANCE.md
//! compares the two. A property test checks that the scanner accepts the same grammar as
//! serde_json.

mod ascii;
mod members;
mod number;
mod position;
mod quote;
mod raw_string;
mod read;
mod scan_bytes;
mod scanner;

pub use ascii::escape_non_ascii;
pub use members::with_members;
pub use number::{is_integer_literal, is_short_whole, js_string, shortest, value_of};
pub use position::position_of;
pub use quote::{escaped, push_json};
pub use raw_string::{NotText, RawString};
pub use read::{elements, member};
pub use scanner::{Expected, Raw, Scanner, SyntaxError};
