//! D1: its binding, and running batches with bounded retries.

mod binding;
mod store;
#[cfg(test)]
pub mod tests;

pub use binding::D1;
pub use store::{Interruption, Store, read, rows, run};
