//! Black-box tests: the built Worker on real workerd and real D1, over HTTP. A module a behaviour.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: a panic is how one fails"
)]

mod dev;
mod habits;
mod harness;
mod health;
mod smoke;
