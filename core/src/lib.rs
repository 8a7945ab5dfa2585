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
pub mod invalid_items;
pub mod iso_time;
mod json;
pub mod limits;
pub mod list;
pub mod media;
pub mod options;
pub mod outcome;
pub mod problem;
mod problem_body;
pub mod query;
pub mod quota;
pub mod request_id;
pub mod result_row;
pub mod row_size;
pub mod run;
pub mod settings;
pub mod source_status;
pub mod sql;
pub mod store_error;
