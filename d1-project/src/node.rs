//! The Node packages of a project, wrangler among them.

use std::env::JoinPathsError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The folder of the packages' commands.
pub fn bin_dir(root: &Path) -> PathBuf {
    root.join("node_modules").join(".bin")
}

/// The project's wrangler, if it is installed.
pub fn wrangler(root: &Path) -> Option<PathBuf> {
    let name = if cfg!(windows) {
        "wrangler.cmd"
    } else {
        "wrangler"
    };
    Some(bin_dir(root).join(name)).filter(|program| program.exists())
}

/// `PATH` with the packages' commands first. wrangler runs on the `node` that it finds there, which is the pinned one
/// where the project has the package `node`.
///
/// # Errors
///
/// The path of the project has a character that separates the folders of `PATH`.
pub fn path(root: &Path) -> Result<OsString, JoinPathsError> {
    let machine = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(bin_dir(root)).chain(std::env::split_paths(&machine)))
}
