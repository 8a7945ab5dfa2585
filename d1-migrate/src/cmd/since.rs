//! The files that a branch has changed, asked of Git.

use std::path::Path;
use std::process::Command;

use crate::error::Error;

/// Names of the migrations that are new or changed since `revision` parted from this branch, uncommitted ones included.
pub fn changed(dir: &Path, revision: &str) -> Result<Vec<String>, Error> {
    let base = git(dir, &["merge-base", revision, "HEAD"])?;
    let base = base.first().map_or(revision, String::as_str);
    // Relative to the folder, as migrations are named.
    let mut names = git(
        dir,
        &[
            "diff",
            "--name-only",
            "--relative",
            "--diff-filter=ACMR",
            base,
            "--",
            ".",
        ],
    )?;
    names.extend(git(dir, &["ls-files", "--others", "--exclude-standard"])?);
    Ok(names)
}

/// The lines that Git prints.
fn git(dir: &Path, args: &[&str]) -> Result<Vec<String>, Error> {
    let command = format!("git {}", args.join(" "));
    let output = Command::new("git")
        .args(["-c", "core.quotePath=false"])
        .args(args)
        .current_dir(dir)
        .output()
        .map_err(|source| Error::Spawn {
            command: command.clone(),
            source,
        })?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(Error::Refused(format!("{command}: {}", complaint.trim())));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(ToOwned::to_owned).collect())
}
