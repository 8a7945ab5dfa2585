//! Where wrangler is found.

use std::fs;
use std::path::Path;

use d1_project::node;
use tempfile::TempDir;

#[test]
fn wrangler_is_found_only_where_it_is_installed() {
    let folder = TempDir::new().unwrap();
    assert_eq!(node::wrangler(folder.path()), None);
    let bin = node::bin_dir(folder.path());
    fs::create_dir_all(&bin).unwrap();
    for name in ["wrangler", "wrangler.cmd"] {
        fs::write(bin.join(name), "").unwrap();
    }
    let found = node::wrangler(folder.path()).unwrap();
    assert_eq!(found.parent(), Some(bin.as_path()));
}

#[test]
fn path_begins_with_the_commands_of_the_packages() {
    let root = Path::new("/project");
    let path = node::path(root).unwrap();
    let first = std::env::split_paths(&path).next();
    assert_eq!(first, Some(node::bin_dir(root)));
}
