//! The built `jobs-ingest db` command, driven in folders of its own, on databases made by real wrangler.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panic"
)]

#[path = "db/support.rs"]
mod support;

#[path = "db/baseline.rs"]
mod baseline;
#[path = "db/checksums.rs"]
mod checksums;
#[path = "db/command_line.rs"]
mod command_line;
#[path = "db/environments.rs"]
mod environments;
#[path = "db/generate.rs"]
mod generate;
#[path = "db/large_tables.rs"]
mod large_tables;
#[path = "db/migrate.rs"]
mod migrate;
#[path = "db/production.rs"]
mod production;
#[path = "db/pull_and_push.rs"]
mod pull_and_push;
#[path = "db/questions.rs"]
mod questions;
#[path = "db/real_d1.rs"]
mod real_d1;
#[path = "db/repository.rs"]
mod repository;
#[path = "db/rollback.rs"]
mod rollback;
#[path = "db/status.rs"]
mod status;
#[path = "db/studio.rs"]
mod studio;
#[path = "db/validate_codes.rs"]
mod validate_codes;
#[path = "db/validate_folder.rs"]
mod validate_folder;
