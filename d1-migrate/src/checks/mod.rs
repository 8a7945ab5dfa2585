//! What `validate` checks: text, history, replay. One file a family of codes.

mod alter;
mod foreign_keys;
mod form;
mod history;
mod limits;
mod real;
mod replayed;
mod text;

pub use real::check as real;

use serde::Serialize;

use super::checksum::Comparison;
use super::codes::{self, Code};
use super::error::Error;
use super::file::{Migration, Statement};
use super::program;
use super::replay::D1;
use super::schema::{self, Schema};
use super::sql::name::same;
use super::sql::shape::Shape;

/// One broken rule at one place.
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

impl Finding {
    /// A finding at a byte offset of a migration.
    pub fn at(
        code: Code,
        migration: &Migration,
        offset: usize,
        message: impl Into<String>,
    ) -> Self {
        let line = migration.line(offset);
        let excerpt = migration.text.lines().nth(line - 1).unwrap_or_default();
        Self::of_file(code, &migration.name, line, excerpt, message)
    }

    /// A finding in any file.
    pub fn of_file(
        code: Code,
        file: &str,
        line: usize,
        excerpt: &str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code: code.code,
            file: file.to_owned(),
            line,
            excerpt: shortened(excerpt.trim_start_matches('\u{feff}').trim_end()),
            message: message.into(),
            why: code.why,
            instead: code.instead.replace("{program}", program::name()),
        }
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

/// What the checks look at.
pub struct Input<'a> {
    pub migrations: &'a [Migration],
    /// The text of schema.sql.
    pub schema_sql: &'a str,
    /// Name of wrangler's ledger table.
    pub ledger: &'a str,
    pub checksums: &'a Comparison,
    /// A migration without a line in the checksum file is a finding, not news.
    pub is_ci: bool,
}

/// One migration between two schemas.
pub struct Step<'a> {
    pub migration: &'a Migration,
    pub before: &'a Schema,
    /// `None` when the migration fails.
    pub after: Option<&'a Schema>,
}

/// Runs every check. Findings come in the order of files and lines, silenced ones left out.
pub fn run(input: &Input<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    history::check(input, &mut findings);
    for migration in input.migrations {
        text::check(migration, &mut findings);
        form::check(migration, &mut findings);
        limits::check(migration, &mut findings);
    }
    replayed::check(input, &mut findings)?;
    Ok(sorted(input.migrations, findings))
}

/// The schema that schema.sql describes.
pub fn wanted_schema(schema_sql: &str, ledger: &str) -> Result<Schema, Error> {
    let database = D1::empty()?;
    let statements = super::sql::split::statements(schema_sql);
    database
        .run(statements.iter().map(|one| one.sql.as_str()))
        .map_err(|failure| Error::SchemaFile {
            message: failure.message,
        })?;
    schema::read(database.connection(), ledger)
}

fn sorted(migrations: &[Migration], mut findings: Vec<Finding>) -> Vec<Finding> {
    let place = |name: &str| migrations.iter().position(|one| one.name == name);
    findings.retain(|finding| {
        let file = migrations.iter().find(|one| one.name == finding.file);
        !file.is_some_and(|file| {
            file.allows
                .iter()
                .any(|allow| allow.code == finding.code && !allow.reason.is_empty())
        })
    });
    findings.sort_by_key(|one| (place(&one.file).unwrap_or(usize::MAX), one.line, one.code));
    findings.dedup_by(|a, b| a.code == b.code && a.file == b.file && a.line == b.line);
    findings
}

/// A rebuild by drop and rename: `DROP TABLE table`, later `ALTER TABLE temporary RENAME TO table`.
pub struct RenameRebuild<'a> {
    pub table: &'a str,
    pub temporary: &'a str,
    pub drop: &'a Statement,
    pub rename: &'a Statement,
}

/// The rebuilds by drop and rename in a migration.
pub fn rename_rebuilds(migration: &Migration) -> Vec<RenameRebuild<'_>> {
    let mut out = Vec::new();
    for (index, drop) in migration.statements.iter().enumerate() {
        let Shape::DropTable { table } = &drop.shape else {
            continue;
        };
        for rename in migration.statements.iter().skip(index + 1) {
            if let Shape::RenameTable { table: from, to } = &rename.shape
                && same(to, table)
            {
                out.push(RenameRebuild {
                    table,
                    temporary: from,
                    drop,
                    rename,
                });
            }
        }
    }
    out
}

/// The code with this name, for findings of allow comments.
pub fn is_code(code: &str) -> bool {
    codes::find(code).is_some()
}
