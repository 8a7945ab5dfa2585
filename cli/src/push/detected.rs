//! The format of a body that names none.

use jobs_ingest_feeds::{Format, detect};

use super::content::Content;
use super::error::Error;

/// What [`detect`] examines.
const HEAD_BYTES: u64 = 1 << 20;

/// The format of a body by its marks.
pub fn detected(name: &str, content: &Content) -> Result<Format, Error> {
    let mapping = |cause| Error::Mapping {
        name: name.to_owned(),
        cause,
    };
    let head = content
        .head(HEAD_BYTES)
        .map_err(|cause| mapping(cause.into()))?;
    detect(&head).map_err(mapping)
}
