//! A408: virtual tables, which block the export.

use crate::check::{Check, Example, Findings, Logic, Severity};
use crate::file::Migration;
use crate::sql::shape::Shape;

/// A408.
pub static CHECK: Check = Check {
    code: "A408",
    severity: Severity::Note,
    why: "a virtual table blocks `wrangler d1 export` of the whole database",
    instead: "use an ordinary table if you rely on export; otherwise silence this with a reason",
    logic: &[Logic::File(check)],
    bad: &[Example::new(
        r#"-- migrate:up
CREATE VIRTUAL TABLE words USING fts5 (word);
-- migrate:down
-- DROP TABLE words;
"#,
    )],
    good: &[Example::new(
        r#"-- allow A408: this board never exports
-- migrate:up
CREATE VIRTUAL TABLE words USING fts5 (word);
-- migrate:down
-- DROP TABLE words;
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    let down = migration.down.iter().flatten();
    for statement in migration.statements.iter().chain(down) {
        if statement.shape == Shape::CreateVirtualTable {
            findings.add(migration, statement.start, "a virtual table");
        }
    }
}
