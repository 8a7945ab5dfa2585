//! An in-memory SQLite that behaves like Cloudflare's D1: D1's limits, the functions, pragmas and statements that D1
//! refuses, foreign keys always on, and a batch that is one transaction.
//!
//! It is the only imitation of D1 in this repository. The product's SQL, the Worker's unit tests and the migration tool
//! run on it, so all of them meet the same refusals. `tests/real_d1.rs` compares it with workerd's D1.

mod database;
pub mod limits;
mod refusals;

/// The migrations folder, whose files most databases begin with.
pub use d1_project::migrations as folder;
pub use database::{D1, Failure, Place, Row};
pub use refusals::Rule;
/// The SQLite that the database runs on, so that its users need no second version of it.
pub use rusqlite;
