//! What a check gets to see.

use d1_sim::Rule;

use super::rebuild::{RenameRebuild, rename_rebuilds};
use crate::checksum::Comparison;
use crate::file::{Migration, Statement};
use crate::replay::rows::Loss;
use crate::schema::{ForeignKey, Schema, Table};
use crate::sql::name::{mentions, same};
use crate::sql::shape::Shape;
use d1_sim::{BatchStep, Failure};

/// The folder.
pub struct Input<'a> {
    pub migrations: &'a [Migration],
    /// The text of schema.sql; `None` when there is none, and nothing to compare with.
    pub schema_sql: Option<&'a str>,
    /// Name of wrangler's ledger table.
    pub ledger: &'a str,
    pub checksums: &'a Comparison,
    /// The codes of all checks.
    pub codes: Vec<&'static str>,
    /// A migration without a line in the checksum file is a finding, not news.
    pub is_ci: bool,
}

/// One migration between two schemas.
pub struct Step<'a> {
    pub migration: &'a Migration,
    pub before: &'a Schema,
    /// `None` when the migration fails.
    pub after: Option<&'a Schema>,
    /// Tables of `before` for which no rows could be invented, with SQLite's last objection.
    pub unseeded: &'a [(String, String)],
}

impl Step<'_> {
    /// Byte offset of the first statement that names a table, to show a finding at.
    pub fn first_naming(&self, table: &str) -> usize {
        let mut statements = self.migration.statements.iter();
        statements
            .find(|one| mentions(&one.sql, table))
            .map_or(0, |one| one.start)
    }

    /// The foreign keys that the migration adds between tables that were there, each with its table as it was.
    pub fn new_references(&self) -> Vec<(&Table, &ForeignKey)> {
        let mut out = Vec::new();
        for table in self.after.into_iter().flat_map(Schema::tables) {
            let Some(old) = self.before.table(&table.name) else {
                continue;
            };
            for key in &table.foreign_keys {
                let is_same = |one: &ForeignKey| {
                    same(&one.parent, &key.parent) && one.from == key.from && one.to == key.to
                };
                let had_columns = key.from.iter().all(|name| old.column(name).is_some());
                let had_parent = self.before.table(&key.parent).is_some();
                if had_columns && had_parent && !old.foreign_keys.iter().any(is_same) {
                    out.push((old, key));
                }
            }
        }
        out
    }
}

/// A migration that fails.
pub struct Failed<'a> {
    pub step: &'a Step<'a>,
    pub failure: &'a Failure,
    /// Whether its tables have rows.
    pub has_rows: bool,
    pub rebuilds: Vec<RenameRebuild<'a>>,
}

impl<'a> Failed<'a> {
    pub fn new(step: &'a Step<'a>, failure: &'a Failure, has_rows: bool) -> Self {
        Self {
            step,
            failure,
            has_rows,
            rebuilds: rename_rebuilds(step.migration),
        }
    }

    /// The statement that failed, or after which the transaction did: the first rebuild's, or the first of all.
    pub fn statement(&self) -> Option<&'a Statement> {
        let statements = &self.step.migration.statements;
        match self.failure.step {
            BatchStep::Statement(index) => statements.get(index),
            BatchStep::Commit => match self.rebuilds.first() {
                Some(rebuild) => Some(rebuild.drop),
                None => statements.first(),
            },
        }
    }

    /// What failed, for a reader.
    pub fn message(&self) -> String {
        match self.failure.step {
            BatchStep::Statement(_) => self.failure.message.clone(),
            BatchStep::Commit => format!("{} at the end of the transaction", self.failure.message),
        }
    }

    /// Whether the migration failed at the end of its transaction.
    pub fn is_at_commit(&self) -> bool {
        self.failure.step == BatchStep::Commit
    }

    /// Whether D1 refuses the statement by this rule. An ALTER TABLE that D1 does not know is no case of any.
    pub fn is_refused_by(&self, rule: Rule) -> bool {
        let is_newer = self
            .statement()
            .is_some_and(|one| one.shape == Shape::NewerAlter);
        self.failure.rule == Some(rule) && !is_newer
    }

    /// The shape of a statement that fails for a reason of its own, and not because of a rule of D1.
    pub fn shape(&self) -> Option<&'a Shape> {
        if self.failure.rule.is_some() || self.is_at_commit() {
            return None;
        }
        self.statement().map(|one| &one.shape)
    }

    /// Whether SQLite's message has this text.
    pub fn says(&self, text: &str) -> bool {
        self.failure.message.contains(text)
    }

    /// Whether a view or trigger that names something missing is in the way.
    pub fn is_in_dependent(&self) -> bool {
        self.says("error in view") || self.says("error in trigger")
    }
}

/// Rows or references that were there before a migration and are not after it.
pub struct Lost<'a> {
    pub step: &'a Step<'a>,
    /// The statements that ran: UP, DATA and VERIFY, or DOWN.
    pub statements: &'a [Statement],
    /// The schema after them.
    pub schema: &'a Schema,
    pub loss: &'a Loss,
}

/// DOWN on tables with rows, and UP after it.
pub struct WayBack<'a> {
    pub step: &'a Step<'a>,
    pub down: &'a [Statement],
    /// The schema after DOWN, or why DOWN failed.
    pub restored: Result<Schema, Failure>,
    /// The schema after UP again, or why it failed. `None` when DOWN does not lead to the schema before.
    pub again: Option<Result<Schema, Failure>>,
}
