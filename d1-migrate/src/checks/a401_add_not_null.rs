//! A401: ADD COLUMN NOT NULL without a constant default.

use crate::check::{Check, Example, Failed, JOBS, Logic, Severity};
use crate::sql::shape::Shape;

/// A401.
pub static CHECK: Check = Check {
    code: "A401",
    severity: Severity::Error,
    why: "ADD COLUMN with NOT NULL needs a constant default as soon as the table has rows",
    instead: "give it a constant default, or let `generate` write a rebuild",
    logic: &[Logic::Failure(explains)],
    bad: &[
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN a TEXT NOT NULL;
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN a;
"#,
        ),
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN a TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP;
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN a;
"#,
        ),
    ],
    good: &[Example::after(
        JOBS,
        r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN a TEXT NOT NULL DEFAULT '';
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN a;
"#,
    )],
};

pub(super) fn explains(failed: &Failed<'_>) -> bool {
    failed.shape() == Some(&Shape::AddColumn)
        && (failed.says("NOT NULL column") || failed.says("non-constant default"))
}
