//! The pure part of jobs-ingest: bytes of a request in, SQL parameters and responses out.
//!
//! It knows nothing of Workers, clocks, I/O or randomness; whatever depends on them is passed in.
//! `docs/ARCHITECTURE.md` walks through these modules with one request.

pub mod address;
pub mod auth;
pub mod content_hash;
pub mod cors;
pub mod field;
pub mod finding;
pub mod gzip;
pub mod health;
pub mod idempotency;
pub mod ingest;
mod json;
pub mod limits;
pub mod media;
pub mod options;
pub mod outcome;
pub mod problem;
pub mod quota;
pub mod request_id;
pub mod run;
pub mod settings;
pub mod sql;
pub mod store_error;
