//! A402: ADD COLUMN with a constraint that it cannot add.

use super::a401_add_not_null as a401;
use crate::check::{Check, Example, Failed, JOBS, Logic, Severity};
use crate::sql::shape::Shape;

/// A402.
pub static CHECK: Check = Check {
    code: "A402",
    severity: Severity::Error,
    why: "ADD COLUMN cannot add UNIQUE, PRIMARY KEY, STORED, or REFERENCES with a default, and a CHECK must hold for the rows that are there",
    instead: "add the column plain and the index apart, or let `generate` write a rebuild",
    logic: &[Logic::Failure(explains)],
    bad: &[
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN a INTEGER NOT NULL DEFAULT 0 CHECK (a > 0);
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN a;
"#,
        ),
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN a INTEGER DEFAULT 1 REFERENCES jobs (id);
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN a;
"#,
        ),
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN a TEXT AS (title) STORED;
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN a;
"#,
        ),
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN a TEXT UNIQUE;
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN a;
"#,
        ),
    ],
    good: &[Example::after(
        JOBS,
        r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN a INTEGER NOT NULL DEFAULT 1 CHECK (a > 0);
ALTER TABLE jobs ADD COLUMN b INTEGER REFERENCES jobs (id);
ALTER TABLE jobs ADD COLUMN c TEXT AS (title) VIRTUAL;
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN c;
-- ALTER TABLE jobs DROP COLUMN b;
-- ALTER TABLE jobs DROP COLUMN a;
"#,
    )],
};

fn explains(failed: &Failed<'_>) -> bool {
    let is_refused = ["annot add", "CHECK constraint failed"]
        .iter()
        .any(|text| failed.says(text));
    failed.shape() == Some(&Shape::AddColumn) && is_refused && !a401::explains(failed)
}
