//! A file a resource: what a request asks for, and how the outcome is answered.

pub mod health;
pub mod ingest;
pub mod openapi;
pub mod runs;
pub mod scheduled;
pub mod sources;
mod submitted;
