//! The migrations folder, parsed.

use std::io::ErrorKind;
use std::path::Path;

use glob::{MatchOptions, Pattern};

use super::Migration;
use crate::error::Error;

/// All migrations of `dir`, in wrangler's order: those that `pattern` matches, or the `.sql` files in it. A folder that
/// does not exist has none.
pub fn read(dir: &Path, pattern: Option<&str>) -> Result<Vec<Migration>, Error> {
    let Some(pattern) = pattern else {
        return read_flat(dir);
    };
    let parsed = Pattern::new(pattern)
        .map_err(|error| Error::Refused(format!("migrations_pattern `{pattern}`: {error}")))?;
    let mut names = Vec::new();
    walk(dir, "", &mut names)?;
    // As wrangler's own matching: a star stays within a folder, and hidden files are left out.
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    names.retain(|name| parsed.matches_with(name, options));
    names.sort_by(|a, b| order_key(a).cmp(&order_key(b)));
    names
        .iter()
        .map(|name| {
            let path = dir.join(name);
            let text =
                std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
            Ok(Migration::parse(name, &text))
        })
        .collect()
}

fn read_flat(dir: &Path) -> Result<Vec<Migration>, Error> {
    match d1_project::migrations::read(dir) {
        Ok(files) => Ok(files
            .iter()
            .map(|file| Migration::parse(&file.name, &file.text))
            .collect()),
        Err(error) if error.path == dir && error.source.kind() == ErrorKind::NotFound => {
            Ok(Vec::new())
        }
        Err(error) => Err(Error::Read {
            path: error.path,
            source: error.source,
        }),
    }
}

/// The files below a folder, as paths from the folder of migrations, with slashes.
fn walk(dir: &Path, prefix: &str, names: &mut Vec<String>) -> Result<(), Error> {
    let failed = |source| Error::Read {
        path: dir.to_owned(),
        source,
    };
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other.map_err(failed)?,
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if path.is_dir() {
            walk(&path, &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

/// Folder by folder: the leading number, then text; names without a number last.
fn order_key(name: &str) -> Vec<(u64, &str)> {
    name.split('/')
        .map(|part| {
            (
                d1_project::migrations::number(part).unwrap_or(u64::MAX),
                part,
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::read;

    #[test]
    fn pattern_chooses_files_in_folders() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "10_b/migration.sql",
            "9_a/migration.sql",
            "9_a/snapshot.json",
            "top.sql",
            ".x/migration.sql",
        ] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "SELECT 1;").unwrap();
        }
        let names = |pattern| -> Vec<String> {
            let all = read(dir.path(), pattern).unwrap();
            all.into_iter().map(|one| one.name).collect()
        };
        assert_eq!(
            names(Some("*/migration.sql")),
            ["9_a/migration.sql", "10_b/migration.sql"]
        );
        assert_eq!(names(Some("*.sql")), ["top.sql"]);
        assert_eq!(names(None), ["top.sql"]);
        assert!(read(&dir.path().join("missing"), None).unwrap().is_empty());
    }
}
