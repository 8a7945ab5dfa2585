//! From the bytes of a body to the parameters of the upsert, in one pass.

mod body;
mod posting;
mod rows;

pub use body::{BodyError, Misplaced, Prepared, prepare};
