//! Migrations run on an in-memory `SQLite` that holds D1's rules.

mod authorizer;
mod d1;
pub mod rows;
pub mod seed;

pub use d1::{D1, Failure, Place};
