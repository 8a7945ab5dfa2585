//! The command that is measured.

use std::path::PathBuf;

/// Built with this program into the same folder.
pub fn program() -> PathBuf {
    let this = std::env::current_exe().expect("the path of this program");
    this.with_file_name("jobs-ingest")
}
