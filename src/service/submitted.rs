//! What a caller submits.

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::settings::Settings;

/// A body that has been received, and who sent it.
pub struct Submitted<'a> {
    pub caller: &'a Caller,
    pub settings: &'a Settings,
    pub format: BodyFormat,
    /// Decompressed.
    pub body: Vec<u8>,
    /// An idempotency key and the SHA-256 of the body.
    pub key: Option<(String, Vec<u8>)>,
}
