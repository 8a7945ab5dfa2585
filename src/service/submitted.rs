//! What a caller submits.

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::settings::Settings;

use super::idempotency::{self, Key};
use crate::call::Call;

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

impl Submitted<'_> {
    /// Takes the key out and holds it, if there is one. `fingerprint` gets the SHA-256 of the body.
    pub fn hold_key(
        &mut self,
        fingerprint: impl FnOnce(&[u8]) -> String,
        call: &mut Call,
    ) -> Result<Option<Key>, Problem> {
        let key = self.key.take().map(|(key, body_sha256)| {
            let fingerprint = fingerprint(&body_sha256);
            idempotency::hold(self.caller, key, fingerprint, call)
        });
        key.transpose()
    }
}
