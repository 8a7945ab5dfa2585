//! T107: transaction statements, and words that wrangler takes for some.

use d1_sim::Rule;

use crate::check::{Check, Example, Failed, Findings, Logic, Severity};
use crate::file::Migration;
use crate::sql::shape::Shape;

/// T107.
pub static CHECK: Check = Check {
    code: "T107",
    severity: Severity::Error,
    why: "D1 runs the file in a transaction of its own: transaction statements are refused, and wrangler cuts the words `BEGIN TRANSACTION` out of the text, even out of a string",
    instead: "remove them; a migration is one transaction already",
    logic: &[Logic::File(check), Logic::Failure(explains)],
    bad: &[
        Example::new(
            r#"-- migrate:up
BEGIN;
CREATE TABLE a (b TEXT);
-- migrate:down
-- DROP TABLE a;
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT DEFAULT 'BEGIN TRANSACTION');
-- migrate:down
-- DROP TABLE a;
"#,
        ),
        Example::new(
            r#"-- migrate:up
BEGIN TRANSACTION;
CREATE TABLE a (b TEXT);
COMMIT;
-- migrate:down
-- DROP TABLE a;
"#,
        ),
    ],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT DEFAULT 'Begin transaction; COMMIT;');
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    for statement in &migration.statements {
        if statement.shape == Shape::Transaction {
            let message = "a transaction statement in a migration";
            findings.add(migration, statement.start, message);
        }
    }
    // The same search as wrangler's: in capitals, anywhere, strings and comments included.
    if let Some(offset) = migration.text.find("BEGIN TRANSACTION") {
        if migration.is_trimmed {
            let message = "wrangler cuts BEGIN TRANSACTION and COMMIT out of the file";
            findings.add_as(Severity::Warning, migration, offset, message);
        } else {
            let message = "wrangler refuses the words BEGIN TRANSACTION wherever they are";
            findings.add(migration, offset, message);
        }
    }
}

fn explains(failed: &Failed<'_>) -> bool {
    failed.is_refused_by(Rule::Transaction) || failed.shape() == Some(&Shape::Transaction)
}
