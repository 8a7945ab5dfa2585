//! What a migration file consists of.

use crate::sql::shape::{self, Shape};

/// A section of a migration file, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Up,
    Data,
    Verify,
    /// Changes of rows in batches, after the migration is applied; behind `--` like DOWN.
    Backfill,
    Down,
}

impl Section {
    pub const ALL: [Self; 5] = [
        Self::Up,
        Self::Data,
        Self::Verify,
        Self::Backfill,
        Self::Down,
    ];

    /// The section's name in messages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Up => "UP",
            Self::Data => "DATA",
            Self::Verify => "VERIFY",
            Self::Backfill => "BACKFILL",
            Self::Down => "DOWN",
        }
    }
}

/// One statement of a migration.
#[derive(Debug, Clone)]
pub struct Statement {
    pub section: Section,
    /// Without its semicolon.
    pub sql: String,
    /// Byte offset in the file's text.
    pub start: usize,
    pub terminated: bool,
    pub shape: Shape,
}

impl Statement {
    pub(super) fn new(section: Section, sql: String, start: usize, terminated: bool) -> Self {
        let shape = shape::of(&sql);
        Self {
            section,
            sql,
            start,
            terminated,
            shape,
        }
    }
}

/// A comment that silences one check in its file: `-- allow CODE: reason`, or `-- allow CODE name, name: reason`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    pub code: String,
    /// What may be lost; empty when the comment names nothing.
    pub names: Vec<String>,
    pub reason: String,
    pub start: usize,
}
