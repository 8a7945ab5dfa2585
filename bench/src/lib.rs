//! Measures the Worker beside what a user would pick instead, in one run and in turns.
//!
//! `cargo xtask bench` runs it; docs/PERFORMANCE.md summarises the last run.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark: a panic is how it fails"
)]

mod against;
mod batch;
pub mod cli;
mod cost;
mod document;
mod floor;
mod goals;
mod instructions;
mod lists;
mod machine;
mod markdown;
mod memory;
pub mod passes;
mod peer;
mod peers_code;
mod plot;
mod push;
mod result;
mod rows;
mod size;
mod speed;
mod stages;
mod stats;
mod table;
mod turns;
pub mod workload;
