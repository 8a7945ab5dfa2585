//! The project's folders, and how its programs are called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use d1_project::node;
pub use launch::forget_package;

use crate::error::Error;

/// The folder of wrangler.toml.
pub fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Ignored by git: the tools that `setup` installs, and its locks.
pub fn tools_dir() -> PathBuf {
    root().join(".tools")
}

/// The folder of cargo's build output.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// The folder in which cargo keeps the sources of dependencies.
pub fn cargo_home() -> PathBuf {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let in_home = || std::env::home_dir().map(|home| home.join(".cargo"));
    named.or_else(in_home).unwrap_or_default()
}

/// The commands of the Node packages.
pub fn node_bin_dir() -> PathBuf {
    node::bin_dir(root())
}

/// `PATH` with the commands of our Node packages first.
fn path_with_node_bin() -> Result<OsString, Error> {
    node::path_with(&node_bin_dir()).map_err(|cause| {
        Error::other(
            format!("cannot put {} on PATH: {cause}", node_bin_dir().display()),
            "move the project to a folder without ':' in its name",
        )
    })
}

/// A command that runs in the project with our Node packages first on `PATH`.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Result<Command, Error> {
    let mut command = Command::new(program);
    command
        .current_dir(root())
        .env("PATH", path_with_node_bin()?);
    forget_package(&mut command);
    Ok(command)
}

/// `wrangler` of our Node packages, which sends no metrics.
pub fn wrangler() -> Result<Command, Error> {
    let program = node::wrangler(root()).ok_or_else(|| {
        Error::other(
            format!("wrangler is not in {}", node_bin_dir().display()),
            "run: cargo xtask setup",
        )
    })?;
    let mut command = command(program)?;
    command.env("WRANGLER_SEND_METRICS", "false");
    Ok(command)
}

/// The version of a crate in Cargo.lock.
pub fn locked_version(name: &str) -> Result<String, Error> {
    let path = root().join("Cargo.lock");
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    locked_version_in(&text, name).ok_or_else(|| {
        Error::other(
            format!("Cargo.lock has no package {name}"),
            "restore Cargo.lock: git checkout Cargo.lock",
        )
    })
}

/// Cargo writes `name` and `version` of a package on lines that follow each other.
fn locked_version_in(lock: &str, name: &str) -> Option<String> {
    let mut lines = lock.lines();
    lines.find(|line| *line == format!("name = \"{name}\""))?;
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::locked_version_in;

    const LOCK: &str = "[[package]]\nname = \"worker-sys\"\nversion = \"0.8.6\"\n\n\
                        [[package]]\nname = \"worker\"\nversion = \"0.8.7\"\n";

    #[test]
    fn finds_the_version_of_exactly_this_package() {
        assert_eq!(locked_version_in(LOCK, "worker").as_deref(), Some("0.8.7"));
    }

    #[test]
    fn finds_no_version_of_a_missing_package() {
        assert_eq!(locked_version_in(LOCK, "work"), None);
    }
}
