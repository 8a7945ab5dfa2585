//! Black-box tests: the built Worker on real workerd and real D1, over HTTP. A module a behaviour.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: a panic is how one fails"
)]

mod auth;
mod body_forms;
mod dev;
mod dry_run;
mod fields;
mod habits;
mod harness;
mod health;
mod media_types;
mod options;
mod partial;
mod routes;
mod support;
mod texts;
mod upsert;
