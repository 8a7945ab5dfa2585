//! Black-box tests: the built Worker on real workerd and real D1, over HTTP. One module per
//! behaviour.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: a panic is how one fails"
)]

mod auth;
mod body_forms;
mod body_size;
mod concurrency;
mod console;
mod database;
mod dev;
mod dry_run;
mod fields;
mod gzip;
mod habits;
mod harness;
mod headers;
mod health;
mod idempotency;
mod interrupted;
mod large_at_once;
mod lists;
mod logging;
mod malformed;
mod media_types;
mod openapi;
mod options;
mod partial;
mod push;
mod quotas;
mod rate_limit;
mod recipes;
mod rejects;
mod release;
mod repost;
mod requests_to_copy;
mod routes;
mod runs;
mod scheduled;
mod settings;
mod smoke;
mod sources;
mod support;
mod texts;
mod trickle;
mod upgrade;
mod upsert;
mod wasm_size;
