//! A403: DROP COLUMN of a column that something uses.

use crate::check::{Check, Example, Failed, Logic, Severity};
use crate::sql::shape::Shape;

/// A403.
pub static CHECK: Check = Check {
    code: "A403",
    severity: Severity::Error,
    why: "DROP COLUMN fails for a column of a key, an index, a view, a trigger, a CHECK or a generated column",
    instead: "drop what uses it first, or let `generate` write a rebuild",
    logic: &[Logic::Failure(explains)],
    bad: &[
        Example::after(
            r#"CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);
CREATE INDEX jobs_pay ON jobs (pay);"#,
            r#"-- migrate:up
ALTER TABLE jobs DROP COLUMN pay;
"#,
        ),
        Example::after(
            r#"CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);
CREATE VIEW pays AS SELECT pay FROM jobs;"#,
            r#"-- migrate:up
ALTER TABLE jobs DROP COLUMN pay;
"#,
        ),
    ],
    good: &[Example::after(
        r#"CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);
CREATE INDEX jobs_pay ON jobs (pay);"#,
        r#"-- migrate:up
DROP INDEX jobs_pay;
ALTER TABLE jobs DROP COLUMN pay;
-- migrate:down
-- ALTER TABLE jobs ADD COLUMN pay TEXT;
-- CREATE INDEX jobs_pay ON jobs (pay);
"#,
    )],
};

fn explains(failed: &Failed<'_>) -> bool {
    let is_used = failed.says("cannot drop") || failed.says("error in ");
    failed.shape() == Some(&Shape::DropColumn) && is_used
}
