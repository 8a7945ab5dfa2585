//! Where wrangler is found.
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fs;
use std::path::Path;

use d1_project::node;
use tempfile::TempDir;

/// Installs a wrangler that does nothing.
fn install(root: &Path) {
    let bin = node::bin_dir(root);
    fs::create_dir_all(&bin).unwrap();
    fs::write(bin.join(node::WRANGLER), "").unwrap();
}

#[test]
fn nearest_wrangler_is_found_here_or_above() {
    let folder = TempDir::new().unwrap();
    let workspace = folder.path();
    let package = workspace.join("packages/worker");
    fs::create_dir_all(&package).unwrap();
    assert_eq!(node::wrangler(&package), None);
    install(workspace);
    let hoisted = node::bin_dir(workspace).join(node::WRANGLER);
    assert_eq!(node::wrangler(&package), Some(hoisted));
    install(&package);
    let own = node::bin_dir(&package).join(node::WRANGLER);
    assert_eq!(node::wrangler(&package), Some(own));
}

#[test]
fn path_begins_with_the_folder() {
    let bin = node::bin_dir(Path::new("/project"));
    let path = node::path_with(&bin).unwrap();
    assert_eq!(std::env::split_paths(&path).next(), Some(bin));
}
