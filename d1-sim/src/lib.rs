//! An in-memory SQLite that behaves like Cloudflare's D1: it has D1's limits, refuses the
//! functions, pragmas and statements that D1 refuses, always enforces foreign keys, and runs a
//! batch as one transaction.
//!
//! It is the only simulator of D1 in this repository: core's tests, the Worker's unit tests and the
//! migration tool all run on it. `tests/real_d1.rs` compares it with workerd's D1.

pub mod limits;
mod refusals;
mod simulator;

/// The migrations folder, whose files most databases begin with.
pub use d1_project::migrations as folder;
pub use refusals::Rule;
/// Re-exported so that users of the simulator need no second version.
pub use rusqlite;
pub use simulator::{BatchStep, Failure, Row, Simulator};
