//! The declared form of a body, and the limit that follows from it.

use jobs_ingest_core::limits::{MAX_BODY_BYTES, MAX_GZIP_BYTES};
use jobs_ingest_core::problem::Problem;

/// A body as the headers declare it.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    pub is_gzip: bool,
    /// Its Content-Length, where there is one. A wasm `usize` has 32 bits.
    pub declared_bytes: Option<u64>,
}

impl Form {
    /// The declared length, if any.
    pub fn announced_bytes(self) -> Result<Option<usize>, Problem> {
        let limit_bytes = self.limit_bytes();
        self.declared_bytes
            .map(|declared| match usize::try_from(declared) {
                Ok(bytes) if bytes <= limit_bytes => Ok(bytes),
                _ => Err(Problem::BodyTooLarge),
            })
            .transpose()
    }

    pub fn limit_bytes(self) -> usize {
        match self.is_gzip {
            true => MAX_GZIP_BYTES,
            false => MAX_BODY_BYTES,
        }
    }
}

/// The number in a Content-Length header, which has digits only; saturates.
pub fn content_length(header: &str) -> Option<u64> {
    let is_number = !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| header.parse().unwrap_or(u64::MAX))
}
