//! FK305: rebuilds of a table that refers to itself.

use crate::check::{Check, Example, Findings, Logic, Severity, Step, rename_rebuilds};
use crate::sql::name::same;
use crate::sql::shape::Shape;

/// FK305.
pub static CHECK: Check = Check {
    code: "FK305",
    severity: Severity::Error,
    why: "the new table still references the old one, which is dropped: its rows vanish with it",
    instead: "let the new table reference its own name, or let `generate` write the rebuild",
    logic: &[Logic::Step(check)],
    bad: &[Example::after(
            r#"CREATE TABLE node (id INTEGER PRIMARY KEY, up INTEGER REFERENCES node (id) ON DELETE CASCADE);"#,
            r#"-- migrate:up
PRAGMA defer_foreign_keys = ON;
CREATE TABLE node_new (id INTEGER PRIMARY KEY, up INTEGER REFERENCES node (id) ON DELETE CASCADE, extra TEXT);
INSERT INTO node_new (id, up) SELECT id, up FROM node;
DROP TABLE node;
ALTER TABLE node_new RENAME TO node;
"#,
        ).also(&["FK301"]),],
    good: &[Example::after(
            r#"CREATE TABLE node (id INTEGER PRIMARY KEY, up INTEGER REFERENCES node (id) ON DELETE CASCADE);"#,
            r#"-- migrate:up
PRAGMA defer_foreign_keys = ON;
CREATE TABLE node_new (id INTEGER PRIMARY KEY, up INTEGER REFERENCES node_new (id) ON DELETE CASCADE, extra TEXT);
INSERT INTO node_new (id, up) SELECT id, up FROM node;
DROP TABLE node;
ALTER TABLE node_new RENAME TO node;
-- migrate:down
-- ALTER TABLE node DROP COLUMN extra;
"#,
        ),],
};

fn check(step: &Step<'_>, findings: &mut Findings<'_>) {
    for rebuild in rename_rebuilds(step.migration) {
        for statement in &step.migration.statements {
            if let Shape::CreateTable { table, references } = &statement.shape
                && same(table, rebuild.temporary)
                && references.iter().any(|one| same(one, rebuild.table))
            {
                let message = format!(
                    "{table} refers to {0}, and {0} is dropped before {table} takes its name",
                    rebuild.table
                );
                findings.add(step.migration, statement.start, message);
            }
        }
    }
}
