//! Migrations run on the imitation of D1.

pub mod rows;
pub mod seed;

pub use d1_sim::{D1, Failure, Place};
