//! Behaviour of the mapping from the outside: bytes in; postings and findings out.
//!
//! The fixtures are written for these tests, following the documented structure and quirks of each
//! format.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets the unexpected is to fail"
)]

mod ashby;
mod completeness;
mod csv;
mod detect;
mod docs;
mod greenhouse;
mod indeed;
mod job_posting;
mod laws;
mod lever;
mod merging;
mod own_json;
mod pages;
mod personio;
mod recruitee;
mod rules;
mod smartrecruiters;
mod support;
mod teamtailor;
mod workable;
