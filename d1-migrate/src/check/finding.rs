//! What a check reports.

use serde::Serialize;

use crate::file::Migration;
use crate::program;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is wrong; somebody may want to know.
    Note,
    /// May go wrong, depending on the rows that are there.
    Warning,
    /// Fails or loses rows.
    Error,
}

impl Severity {
    pub fn label(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One broken rule at one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub code: &'static str,
    pub severity: Severity,
    /// What is lost: a table, or a column as `table.column`. `allow` has to name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The migration fails on an empty database: no new one can be built.
    #[serde(skip)]
    pub is_failure: bool,
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
    pub(super) code: &'static str,
    pub(super) severity: Severity,
    pub(super) why: &'static str,
    pub(super) instead: &'static str,
    pub(super) all: &'a mut Vec<Finding>,
}

impl Findings<'_> {
    /// Adds a finding at a byte offset of a migration.
    pub fn add(&mut self, migration: &Migration, offset: usize, message: impl Into<String>) {
        self.add_as(self.severity, migration, offset, message);
    }

    /// [`Self::add`] with another severity than the check's.
    pub fn add_as(
        &mut self,
        severity: Severity,
        migration: &Migration,
        offset: usize,
        message: impl Into<String>,
    ) {
        let line = migration.line(offset);
        let excerpt = migration.text.lines().nth(line - 1).unwrap_or_default();
        self.push(severity, &migration.name, line, excerpt, message.into());
    }

    /// Adds a finding that a migration fails on an empty database.
    pub fn add_failure(&mut self, migration: &Migration, offset: usize, message: String) {
        self.add(migration, offset, message);
        if let Some(last) = self.all.last_mut() {
            last.is_failure = true;
        }
    }

    /// Adds a finding that something is lost.
    pub fn add_loss(
        &mut self,
        severity: Severity,
        migration: &Migration,
        offset: usize,
        subject: String,
        message: impl Into<String>,
    ) {
        self.add_as(severity, migration, offset, message);
        if let Some(last) = self.all.last_mut() {
            last.subject = Some(subject);
        }
    }

    /// Adds a finding about a file as a whole; `excerpt` is shown as its first line.
    pub fn add_to_file(&mut self, file: &str, excerpt: &str, message: impl Into<String>) {
        self.add_at_line(file, 1, excerpt, message);
    }

    /// Adds a finding about a line of a file that is no migration.
    pub fn add_at_line(
        &mut self,
        file: &str,
        line: usize,
        excerpt: &str,
        message: impl Into<String>,
    ) {
        self.push(self.severity, file, line, excerpt, message.into());
    }

    fn push(
        &mut self,
        severity: Severity,
        file: &str,
        line: usize,
        excerpt: &str,
        message: String,
    ) {
        self.all.push(Finding {
            code: self.code,
            severity,
            subject: None,
            is_failure: false,
            file: file.to_owned(),
            line,
            excerpt: shortened(excerpt.trim_start_matches('\u{feff}').trim_end()),
            message,
            why: self.why,
            instead: self.instead.replace("{program}", program::name()),
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
