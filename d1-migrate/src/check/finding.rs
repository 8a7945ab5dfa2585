//! What a check reports.

use serde::Serialize;

use super::Check;
use crate::file::Migration;
use crate::program;

/// One broken rule at one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub code: &'static str,
    pub file: String,
    /// One-based.
    pub line: usize,
    /// The line's text.
    pub excerpt: String,
    pub message: String,
    pub why: &'static str,
    pub instead: String,
}

/// Findings of one check, added to those of all.
pub struct Findings<'a> {
    check: &'static Check,
    all: &'a mut Vec<Finding>,
}

impl<'a> Findings<'a> {
    pub fn of(check: &'static Check, all: &'a mut Vec<Finding>) -> Self {
        Self { check, all }
    }

    /// Adds a finding at a byte offset of a migration.
    pub fn add(&mut self, migration: &Migration, offset: usize, message: impl Into<String>) {
        let line = migration.line(offset);
        let excerpt = migration.text.lines().nth(line - 1).unwrap_or_default();
        self.push(&migration.name, line, excerpt, message.into());
    }

    /// Adds a finding about a file as a whole; `excerpt` is shown as its first line.
    pub fn add_to_file(&mut self, file: &str, excerpt: &str, message: impl Into<String>) {
        self.push(file, 1, excerpt, message.into());
    }

    fn push(&mut self, file: &str, line: usize, excerpt: &str, message: String) {
        self.all.push(Finding {
            code: self.check.code,
            file: file.to_owned(),
            line,
            excerpt: shortened(excerpt.trim_start_matches('\u{feff}').trim_end()),
            message,
            why: self.check.why,
            instead: self.check.instead.replace("{program}", program::name()),
        });
    }
}

/// A line may have 100,000 bytes; nobody reads them.
fn shortened(line: &str) -> String {
    const MAX_CHARS: usize = 200;
    if line.chars().count() <= MAX_CHARS {
        return line.to_owned();
    }
    let head: String = line.chars().take(MAX_CHARS).collect();
    format!("{head}…")
}
