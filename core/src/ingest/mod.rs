//! From the bytes of a body to the parameters of the upsert, in one pass.

mod body;
mod conflicts;
mod posting;
mod rejects;
mod rows;
mod source;

pub use body::{BodyError, Misplaced, Prepared, Rules, prepare};
