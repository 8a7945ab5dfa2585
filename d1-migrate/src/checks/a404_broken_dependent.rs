//! A404: a rename that a broken view or trigger blocks.

use crate::check::{Check, Example, Failed, Logic, Severity};
use crate::sql::name::same;
use crate::sql::shape::Shape;

/// A404.
pub static CHECK: Check = Check {
    code: "A404",
    severity: Severity::Error,
    why: "a view or trigger that names something missing blocks every rename",
    instead: "drop it first and create it again after the rename",
    logic: &[Logic::Failure(explains)],
    bad: &[Example::after(
        r#"CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);
CREATE VIEW broken AS SELECT gone FROM nowhere;"#,
        r#"-- migrate:up
ALTER TABLE jobs RENAME COLUMN pay TO salary;
-- migrate:down
-- ALTER TABLE jobs RENAME COLUMN salary TO pay;
"#,
    )],
    good: &[Example::after(
        r#"CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);
CREATE VIEW broken AS SELECT gone FROM nowhere;"#,
        r#"-- migrate:up
DROP VIEW broken;
ALTER TABLE jobs RENAME COLUMN pay TO salary;
-- migrate:down
-- ALTER TABLE jobs RENAME COLUMN salary TO pay;
-- CREATE VIEW broken AS SELECT gone FROM nowhere;
"#,
    )],
};

fn explains(failed: &Failed<'_>) -> bool {
    // The rename at the end of a rebuild is FK306.
    let ends_rebuild = |to: &str| failed.rebuilds.iter().any(|one| same(one.table, to));
    let is_rename = match failed.shape() {
        Some(Shape::RenameTable { to, .. }) => !ends_rebuild(to),
        Some(Shape::RenameColumn { .. }) => true,
        _ => false,
    };
    is_rename && failed.is_in_dependent()
}
