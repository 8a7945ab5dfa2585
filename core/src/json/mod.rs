//! JSON at the level of bytes: a scanner that checks the grammar and hands out the raw text of
//! values, and what can be known of a raw string without decoding it.
//!
//! serde_json is what the rest of the project uses. Here each posting's texts are copied as they
//! stand into a parameter that is JSON again, so decoding them would be work done to be undone;
//! docs/PERFORMANCE.md has the comparison. A property test holds the scanner to serde_json's
//! grammar.

mod ascii;
mod number;
mod position;
mod raw_string;
mod scan_bytes;
mod scanner;

pub use ascii::escape_non_ascii;
pub use number::{is_integer_literal, js_string};
pub use position::position_of;
pub use raw_string::{NotText, RawString};
pub use scanner::{Expected, Raw, Scanner, SyntaxError};
