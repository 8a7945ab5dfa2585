//! T104: a last statement without a semicolon.

use crate::check::{Check, Example, Findings, Logic, Severity};
use crate::file::Migration;
use crate::sql::lex::unclosed;

/// T104.
pub static CHECK: Check = Check {
    code: "T104",
    severity: Severity::Error,
    why: "wrangler appends its own INSERT to the file: without a semicolon the two become one broken statement",
    instead: "end the last statement with `;`",
    logic: &[Logic::File(check)],
    bad: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT)
-- migrate:down
-- DROP TABLE a;
"#,
    )],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT DEFAULT ';'); -- ends
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    if let Some(last) = migration.statements.last()
        && !last.terminated
        && unclosed(&migration.text).is_none()
    {
        findings.add(migration, last.start, "the last statement has no semicolon");
    }
}
