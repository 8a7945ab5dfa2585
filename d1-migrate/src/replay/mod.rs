//! Rows for a replay: made up before a migration, and counted before and after it.

pub mod rows;
pub mod seed;
