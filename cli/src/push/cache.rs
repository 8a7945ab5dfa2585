//! The last body of each URL with its ETag, so that an unchanged feed is not transferred again.
//!
//! A cache only: without it, everything is fetched.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use url::Url;

use super::api::hex;
use super::content::Content;
use super::error::Error;

#[derive(Debug)]
pub struct Cache {
    folder: Option<PathBuf>,
}

/// What a conditional request sends.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

/// A body in the cache: a line of JSON with its validators, then the body as received.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    skip_bytes: u64,
    pub validators: Validators,
}

/// A body that is being received.
#[derive(Debug)]
pub struct Spool {
    file: NamedTempFile,
    skip_bytes: u64,
    folder: Option<PathBuf>,
}

impl Cache {
    /// The user's cache folder; without one, nothing is kept.
    pub fn of_user() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let parent = match (variable("XDG_CACHE_HOME"), variable("LOCALAPPDATA")) {
            (Some(folder), _) | (None, Some(folder)) => Some(PathBuf::from(folder)),
            (None, None) => variable("HOME").map(|home| PathBuf::from(home).join(".cache")),
        };
        let folder = parent.map(|parent| parent.join("jobs-ingest"));
        let folder = folder.filter(|folder| fs::create_dir_all(folder).is_ok());
        Self { folder }
    }

    pub fn get(&self, url: &Url) -> Option<Kept> {
        let path = self.folder.as_ref()?.join(name(url));
        let mut line = String::new();
        BufReader::new(File::open(&path).ok()?)
            .read_line(&mut line)
            .ok()?;
        Some(Kept {
            validators: serde_json::from_str(&line).ok()?,
            skip_bytes: line.len() as u64,
            path,
        })
    }

    pub fn spool(&self, validators: &Validators) -> Result<Spool, Error> {
        let is_kept = *validators != Validators::default();
        let folder = self.folder.clone().filter(|_| is_kept);
        let file = match &folder {
            Some(folder) => NamedTempFile::new_in(folder),
            None => NamedTempFile::new(),
        };
        let mut file = file.map_err(Error::Spool)?;
        // Two texts: serialisation cannot fail.
        let line = serde_json::to_string(validators).unwrap_or_default() + "\n";
        file.write_all(line.as_bytes()).map_err(Error::Spool)?;
        Ok(Spool {
            file,
            skip_bytes: line.len() as u64,
            folder,
        })
    }
}

impl Kept {
    pub fn content(self, max_bytes: u64) -> Result<Content, Error> {
        Ok(Content::of_file(self.path)?.part(self.skip_bytes, max_bytes))
    }
}

impl Spool {
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(Error::Spool)
    }

    /// The received body. It replaces the one in the cache if it has validators.
    pub fn keep(self, url: &Url, max_bytes: u64) -> Result<Content, Error> {
        let content = match self.folder {
            None => Content::of_temporary(self.file.into_temp_path())?,
            Some(folder) => {
                let path = folder.join(name(url));
                let persisted = self.file.persist(&path);
                persisted.map_err(|error| Error::Spool(error.error))?;
                Content::of_file(path)?
            }
        };
        Ok(content.part(self.skip_bytes, max_bytes))
    }
}

/// A URL may have secrets, so its digest.
fn name(url: &Url) -> String {
    hex(&Sha256::digest(url.as_str().as_bytes()))
}
