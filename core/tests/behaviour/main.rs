//! Behaviour of core from the outside: bytes in; parameters, findings and counts out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected is to fail"
)]

mod body_forms;
mod companies;
mod d1_limits;
mod database;
mod diagnosis;
mod docs;
mod duplicates;
mod field_rules;
mod health;
mod invariants;
mod keys;
mod missing;
mod problems;
mod quota;
mod request;
mod row_size;
mod sqlite_round_trip;
mod upsert;
mod verification;
