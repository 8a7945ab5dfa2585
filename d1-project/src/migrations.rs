//! Reads the migrations folder as wrangler does.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file of the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub text: String,
}

/// A file or folder that cannot be read.
#[derive(Debug)]
pub struct ReadError {
    pub path: PathBuf,
    pub source: io::Error,
}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "cannot read {}: {}", self.path.display(), self.source)
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Returns all `.sql` files directly in `dir`, in the order in which wrangler applies them.
pub fn read(dir: &Path) -> Result<Vec<File>, ReadError> {
    let failed = |source| ReadError {
        path: dir.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.ends_with(".sql") || name.starts_with('.') || path.is_dir() {
            continue;
        }
        let name = name.into_owned();
        let text = std::fs::read_to_string(&path).map_err(|source| ReadError { path, source })?;
        files.push(File { name, text });
    }
    files.sort_by(|a, b| order_key(&a.name).cmp(&order_key(&b.name)));
    Ok(files)
}

/// The number by which wrangler orders a file: JavaScript's `parseInt` of the text before the first
/// underscore.
pub fn number(file_name: &str) -> Option<u64> {
    let head = file_name.split('_').next().unwrap_or_default();
    let digits: String = head.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Leading number, then text; files without a number last.
fn order_key(name: &str) -> (u64, &str) {
    (number(name).unwrap_or(u64::MAX), name)
}

#[cfg(test)]
mod tests {
    use super::{number, order_key};

    #[test]
    fn number_is_parsed_like_wrangler() {
        assert_eq!(number("0012_x.sql"), Some(12));
        assert_eq!(number("12abc_x.sql"), Some(12));
        assert_eq!(number("seed.sql"), None);
    }

    #[test]
    fn order_is_number_then_text_then_unnumbered() {
        let mut names = [
            "seed.sql",
            "20260101_t.sql",
            "10_b.sql",
            "0010_a.sql",
            "9_c.sql",
        ];
        names.sort_by_key(|name| order_key(name));
        assert_eq!(
            names,
            [
                "9_c.sql",
                "0010_a.sql",
                "10_b.sql",
                "20260101_t.sql",
                "seed.sql"
            ]
        );
    }
}
