//! The migrations folder, parsed.

use std::path::Path;

use super::Migration;
use crate::error::Error;

/// All migrations of `dir`, in wrangler's order.
pub fn read(dir: &Path) -> Result<Vec<Migration>, Error> {
    let files = d1_project::migrations::read(dir).map_err(|error| Error::Read {
        path: error.path,
        source: error.source,
    })?;
    Ok(files
        .iter()
        .map(|file| Migration::parse(&file.name, &file.text))
        .collect())
}
