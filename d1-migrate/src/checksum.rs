//! The checksum file: one line a migration, each over the line before it and the file's text.
//!
//! An edit of an old file changes its line and every line below, and two branches that both add a migration
//! conflict in it: on purpose. Line ends and a byte order mark do not count, in the migrations or in the checksum file, so
//! a checkout on Windows agrees.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::error::Error;
use super::file::Migration;

/// Name of the file in the migrations folder.
pub const FILE_NAME: &str = "checksums.txt";

/// Hexadecimal digits of a hash: half of SHA-256, which no edit meets by accident.
const HASH_DIGITS: usize = 32;

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub hash: String,
    pub name: String,
}

/// How the checksum file sees one migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    /// The file is as it was when its line was written.
    Sealed,
    /// The file has no line yet and only files without a line follow.
    New,
    /// The file is not as it was when its line was written.
    Modified,
    /// The file has no line, but files behind it do.
    OutOfOrder,
}

/// What the comparison of folder and checksum file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// One for each migration of the folder, in its order.
    pub seals: Vec<Seal>,
    /// Names in the checksum file without a file in the folder.
    pub missing: Vec<String>,
}

/// The lines of a checksum file. A line that is none is an error, or the markers of a merge would be passed over.
pub fn parse(text: &str) -> Result<Vec<Line>, Error> {
    let is_hash =
        |hash: &str| hash.len() == HASH_DIGITS && hash.chars().all(|c| c.is_ascii_hexdigit());
    text.trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty())
        .map(|(index, line)| match line.split_once("  ") {
            Some((hash, name)) if is_hash(hash) => Ok(Line {
                hash: hash.to_owned(),
                name: name.trim().to_owned(),
            }),
            _ => Err(Error::ChecksumLine {
                line: index + 1,
                text: line.to_owned(),
            }),
        })
        .collect()
}

/// What a line for a squashed file begins with: a comment, so that older versions pass it over.
const SQUASHED: &str = "# squashed: ";

/// The squashed files that a checksum file knows: each with the file that stands for it.
pub fn squashed(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| line.strip_prefix(SQUASHED)?.trim().split_once(" -> "))
        .map(|(old, new)| (old.to_owned(), new.to_owned()))
        .collect()
}

/// The lines that [`squashed`] reads.
pub fn squashed_lines(all: &[(String, String)]) -> String {
    all.iter()
        .map(|(old, new)| format!("{SQUASHED}{old} -> {new}\n"))
        .collect()
}

/// The text of a checksum file that seals these migrations.
pub fn build(migrations: &[Migration]) -> String {
    let mut out = String::from(
        "# Written by d1-migrate. Each line is over the line before it and the file: an edit changes all below.\n",
    );
    let mut previous = String::new();
    for migration in migrations {
        previous = hash(&previous, migration);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{previous}  {}", migration.name);
    }
    out
}

/// SHA-256 over the hash before and the file's text, in hexadecimal, first [`HASH_DIGITS`] digits.
pub fn hash(previous: &str, migration: &Migration) -> String {
    let text = migration.text.replace("\r\n", "\n");
    let text = text.trim_start_matches('\u{feff}');
    let mut sha = Sha256::new();
    sha.update(previous.as_bytes());
    sha.update(b"\n");
    sha.update(migration.name.as_bytes());
    sha.update(b"\n");
    sha.update(text.as_bytes());
    let mut out = String::new();
    for byte in sha.finalize().iter().take(HASH_DIGITS / 2) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Compares the folder with the checksum file. A hash is taken over the recorded hash before it, so that one edited
/// file is named alone and not every file behind it.
pub fn compare(lines: &[Line], migrations: &[Migration]) -> Comparison {
    let missing = lines
        .iter()
        .filter(|line| !migrations.iter().any(|one| one.name == line.name))
        .map(|line| line.name.clone())
        .collect();
    let last_sealed = migrations
        .iter()
        .rposition(|one| lines.iter().any(|line| line.name == one.name));
    let seals = migrations
        .iter()
        .enumerate()
        .map(|(index, migration)| {
            let Some(at) = lines.iter().position(|line| line.name == migration.name) else {
                return if last_sealed.is_some_and(|last| index < last) {
                    Seal::OutOfOrder
                } else {
                    Seal::New
                };
            };
            let previous = at
                .checked_sub(1)
                .and_then(|before| lines.get(before))
                .map_or("", |line| line.hash.as_str());
            let recorded = lines.get(at).map(|line| line.hash.as_str());
            if recorded == Some(hash(previous, migration).as_str()) {
                Seal::Sealed
            } else {
                Seal::Modified
            }
        })
        .collect();
    Comparison { seals, missing }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::{Seal, build, compare, parse};
    use crate::file::Migration;

    fn files(all: &[(&str, &str)]) -> Vec<Migration> {
        all.iter()
            .map(|(name, text)| Migration::parse(name, text))
            .collect()
    }

    #[test]
    fn line_ends_and_byte_order_mark_do_not_count() {
        let a = build(&files(&[("0001_a.sql", "SELECT 1;\nSELECT 2;\n")]));
        let b = build(&files(&[(
            "0001_a.sql",
            "\u{feff}SELECT 1;\r\nSELECT 2;\r\n",
        )]));
        assert_eq!(a, b);
    }

    #[test]
    fn edit_changes_its_line_and_all_below() {
        let a = build(&files(&[
            ("0001_a.sql", "1"),
            ("0002_b.sql", "2"),
            ("0003_c.sql", "3"),
        ]));
        let b = build(&files(&[
            ("0001_a.sql", "1"),
            ("0002_b.sql", "x"),
            ("0003_c.sql", "3"),
        ]));
        let same: Vec<bool> = a.lines().zip(b.lines()).map(|(a, b)| a == b).collect();
        assert_eq!(same, [true, true, false, false]);
    }

    #[test]
    fn only_the_edited_file_is_named() {
        let sealed = parse(&build(&files(&[("0001_a.sql", "1"), ("0002_b.sql", "2")]))).unwrap();
        let now = files(&[
            ("0001_a.sql", "x"),
            ("0002_b.sql", "2"),
            ("0003_c.sql", "3"),
        ]);
        let seals = compare(&sealed, &now).seals;
        assert_eq!(seals, [Seal::Modified, Seal::Sealed, Seal::New]);
    }

    #[test]
    fn deleted_and_inserted_files_are_named() {
        let sealed = parse(&build(&files(&[("0001_a.sql", "1"), ("0003_c.sql", "3")]))).unwrap();
        let now = files(&[("0002_b.sql", "2"), ("0003_c.sql", "3")]);
        let found = compare(&sealed, &now);
        assert_eq!(found.seals, [Seal::OutOfOrder, Seal::Sealed]);
        assert_eq!(found.missing, ["0001_a.sql"]);
    }
}
