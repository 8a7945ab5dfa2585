//! The built `jobs-ingest db` command, driven in folders of its own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panic"
)]

#[path = "db/support.rs"]
mod support;

#[path = "db/validate_codes.rs"]
mod validate_codes;
