//! S601: migrations that fail on an empty database.

use crate::check::{Check, Example, Failed, JOBS, Logic, Severity};

/// S601.
pub static CHECK: Check = Check {
    code: "S601",
    severity: Severity::Error,
    why: "the migration fails on an empty database",
    instead: "correct the statement",
    logic: &[Logic::OtherFailure(explains)],
    bad: &[
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT,);
-- migrate:down
-- DROP TABLE a;
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:verify
SELECT json_extract('{}', CASE WHEN (SELECT count(*) FROM a) = 1 THEN '$' ELSE 'verify: a has a row' END);
-- migrate:down
-- DROP TABLE a;
"#,
        ),
        Example::new(
            r#"-- migrate:up
ALTER TABLE nowhere ADD COLUMN a TEXT;
"#,
        ),
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs DROP COLUMN nothing;
"#,
        ),
    ],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

fn explains(failed: &Failed<'_>) -> bool {
    !failed.has_rows
}
