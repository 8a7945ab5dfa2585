//! What the batch of a request needs to know besides its postings.

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::options::Options;

use super::idempotency::Key;

/// A request besides its postings.
pub struct Context<'a> {
    pub caller: &'a Caller,
    /// The source of postings that name none.
    pub default_source: &'a str,
    pub options: Options,
    pub run_id: &'a str,
    pub body_bytes: usize,
    /// When the request started, ISO 8601 in UTC with milliseconds.
    pub now: &'a str,
    pub key: Option<&'a Key>,
}
