//! FK304: rebuilds that rename the old table first.

use crate::check::{Check, Example, Findings, Logic, Severity, Step};
use crate::sql::name::same;
use crate::sql::shape::Shape;

/// FK304.
pub static CHECK: Check = Check {
    code: "FK304",
    severity: Severity::Error,
    why: "renaming a table rewrites the REFERENCES of its children to the new name",
    instead: "rebuild under the same name: change schema.sql and let `generate` write it",
    logic: &[Logic::Step(check)],
    bad: &[Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE);"#,
            r#"-- migrate:up
ALTER TABLE parent RENAME TO parent_old;
CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO parent SELECT id, name FROM parent_old;
DROP TABLE parent_old;
"#,
        ).also(&["FK301", "A407"]),],
    good: &[Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE);"#,
            r#"-- migrate:up
ALTER TABLE parent RENAME TO company;
-- migrate:down
-- ALTER TABLE company RENAME TO parent;
"#,
        ),],
};

fn check(step: &Step<'_>, findings: &mut Findings<'_>) {
    let statements = &step.migration.statements;
    for (index, statement) in statements.iter().enumerate() {
        let Shape::RenameTable { table, .. } = &statement.shape else {
            continue;
        };
        let is_made_again = statements.iter().skip(index + 1).any(
            |one| matches!(&one.shape, Shape::CreateTable { table: made, .. } if same(made, table)),
        );
        let child = step.before.children(table).next();
        if let Some((child, _)) = child.filter(|_| is_made_again) {
            let message = format!(
                "after this rename {} refers to the renamed table, not to the new {table}",
                child.name
            );
            findings.add(step.migration, statement.start, message);
        }
    }
}
