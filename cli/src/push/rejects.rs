//! Rejected postings with their reasons: a file that can be fixed and pushed again.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write};
use std::path::{Path, PathBuf};

use jobs_ingest_core::finding::Finding;
use serde_json::json;

use super::error::Error;
use super::row::Row;

/// The file, in the current folder. A later push that rejects postings replaces it.
pub const FILE_NAME: &str = "rejected.json";

/// A posting that the Worker rejected although it is valid by core's rules: its source or company
/// is not allowed, or the Worker is of another version.
#[derive(Debug)]
pub struct Rejected {
    pub ordinal: u32,
    pub json: String,
    /// As in the answer.
    pub errors: Vec<serde_json::Value>,
}

/// Postings and reasons, in files so that any number of them fits.
#[derive(Debug, Default)]
pub struct Rejects {
    files: Option<(BufWriter<File>, BufWriter<File>)>,
    /// The first failure; it is reported at the end.
    failure: Option<io::Error>,
}

impl Rejects {
    pub fn add(&mut self, row: &Row) {
        if row.is_rejected() {
            self.write(
                &row.json,
                &json!(row.errors.iter().map(reason).collect::<Vec<_>>()),
            );
        }
    }

    pub fn extend(&mut self, rejected: Vec<Rejected>) {
        for posting in rejected {
            self.write(&posting.json, &json!(posting.errors));
        }
    }

    fn write(&mut self, item: &str, reasons: &serde_json::Value) {
        if self.failure.is_none() {
            self.failure = self.try_write(item, reasons).err();
        }
    }

    fn try_write(&mut self, item: &str, reasons: &serde_json::Value) -> io::Result<()> {
        let separator = if self.files.is_some() { ",\n" } else { "" };
        if self.files.is_none() {
            let file = || tempfile::tempfile().map(BufWriter::new);
            self.files = Some((file()?, file()?));
        }
        let Some((items, all_reasons)) = &mut self.files else {
            return Ok(());
        };
        write!(items, "{separator}{item}")?;
        write!(all_reasons, "{separator}{reasons}")
    }

    /// Writes the file. `None` if nothing was rejected.
    pub fn save(self, folder: &Path) -> Result<Option<PathBuf>, Error> {
        if let Some(cause) = self.failure {
            return Err(Error::Spool(cause));
        }
        let Some((items, reasons)) = self.files else {
            return Ok(None);
        };
        let path = folder.join(FILE_NAME);
        join(items, reasons, &path).map_err(|cause| Error::Unwritable {
            path: path.clone(),
            cause,
        })?;
        Ok(Some(path))
    }
}

fn join(items: BufWriter<File>, reasons: BufWriter<File>, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for (before, part) in [
        ("{\"items\":[\n", items),
        ("\n],\n\"reasons\":[\n", reasons),
    ] {
        out.write_all(before.as_bytes())?;
        let mut part = part.into_inner().map_err(io::IntoInnerError::into_error)?;
        part.rewind()?;
        io::copy(&mut part, &mut out)?;
    }
    out.write_all(b"\n]}\n")?;
    out.flush()
}

/// A reason without the index, which was that of a request of one.
fn reason(finding: &Finding) -> serde_json::Value {
    json!({
        "externalId": finding.external_id,
        "field": finding.field,
        "code": finding.code,
        "message": message(finding),
    })
}

/// The message of a finding about a single posting.
pub fn message(finding: &Finding) -> String {
    let message = finding
        .message
        .strip_prefix("items[0]")
        .unwrap_or(&finding.message);
    message.trim_start_matches(['.', ' ']).to_owned()
}
