//! The built `d1-migrate` command, driven in folders of its own, on databases made by real wrangler.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panic"
)]

mod support;

mod backfill;
mod baseline;
mod checksums;
mod command_line;
mod environments;
mod fix;
mod generate;
mod large_tables;
mod migrate;
mod production;
mod pull_and_push;
mod questions;
mod real_d1;
mod repository;
mod rollback;
mod squash;
mod status;
mod strangers;
mod studio;
mod validate_folder;
