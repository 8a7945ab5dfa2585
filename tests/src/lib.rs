//! Harness of the black-box tests: each test gets its own Worker, on real workerd and real D1.
//!
//! ```no_run
//! use jobs_ingest_tests::{TOKEN, Worker};
//!
//! let worker = Worker::start();
//! let answer = worker.post("/jobs/ingest").token(TOKEN).json(r#"{"items":[]}"#).send();
//! assert_eq!(answer.status, 400);
//! assert_eq!(worker.n_rows(), 0);
//! ```
//!
//! Anything that does not work here fails the test; nothing is skipped.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a harness: a panic is how a test fails"
)]

pub mod commands;
mod host;
pub mod http;
mod logs;
pub mod raw;
mod sql;
mod template;
mod worker;

pub use template::{Migrations, migration_names};
pub use worker::{Builder, TOKEN, TOKEN_NAME, Worker};
