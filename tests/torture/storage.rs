//! A database that outlives the instances that use it, and this run if a promise is broken.

use std::fs;
use std::path::{Path, PathBuf};

use jobs_ingest_tests::{Builder, Worker};
use tempfile::TempDir;

pub struct Storage {
    parent: Option<TempDir>,
    folder: PathBuf,
}

impl Storage {
    pub fn new(part: &str) -> Self {
        let parent = TempDir::with_prefix(format!("jobs-ingest-torture-{part}-"))
            .expect("a temporary folder");
        // Does not exist yet: the harness creates it with a migrated database.
        let folder = parent.path().join("storage");
        Self {
            parent: Some(parent),
            folder,
        }
    }

    /// Starts an instance on it.
    pub fn start(&self) -> Worker {
        self.builder().start()
    }

    /// Starts an instance with this value of the secret `INGEST_TOKENS`.
    pub fn start_with(&self, ingest_tokens: &str) -> Worker {
        self.builder().ingest_tokens(ingest_tokens).start()
    }

    fn builder(&self) -> Builder {
        Worker::builder().folder(&self.folder).without_rate_limits()
    }

    /// Copies the current database files, so that inspecting them changes nothing: opening the
    /// database itself would perform the recovery that workerd is supposed to do.
    pub fn copy(&self) -> (TempDir, PathBuf) {
        let copy = TempDir::with_prefix("jobs-ingest-torture-copy-").expect("a temporary folder");
        let folder = self.folder.join("v3/d1/miniflare-D1DatabaseObject");
        let mut database = None;
        for entry in fs::read_dir(&folder).expect("the D1 files") {
            let path = entry.expect("the D1 files").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            if name.starts_with("metadata") {
                continue;
            }
            let target = copy.path().join(&name);
            fs::copy(&path, &target).expect("copy a file");
            if name.ends_with(".sqlite") {
                database = Some(target);
            }
        }
        (copy, database.expect("a database"))
    }

    /// The folder that contains it.
    pub fn parent(&self) -> &Path {
        self.folder.parent().unwrap_or(&self.folder)
    }

    pub fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(parent) = self.parent.take()
        {
            eprintln!("the storage is kept in {}", parent.keep().display());
        }
    }
}
