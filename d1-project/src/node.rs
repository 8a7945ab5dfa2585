//! The Node packages of a project, wrangler among them.

use std::env::JoinPathsError;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The name of wrangler's program.
pub const WRANGLER: &str = if cfg!(windows) {
    "wrangler.cmd"
} else {
    "wrangler"
};

/// The folder of the packages' commands.
pub fn bin_dir(root: &Path) -> PathBuf {
    root.join("node_modules").join(".bin")
}

/// The wrangler that is installed in the project, or in the nearest folder above: a workspace of
/// packages may install it there.
pub fn wrangler(root: &Path) -> Option<PathBuf> {
    let mut programs = root
        .ancestors()
        .map(|folder| bin_dir(folder).join(WRANGLER));
    programs.find(|program| program.exists())
}

/// `PATH` with `folder` first. wrangler runs on the `node` that it finds there: beside it is the
/// pinned one, if the project has the package `node`.
///
/// # Errors
///
/// The path of `folder` has a character that separates the folders of `PATH`.
pub fn path_with(folder: &Path) -> Result<OsString, JoinPathsError> {
    let machine = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&machine));
    std::env::join_paths(folders)
}
