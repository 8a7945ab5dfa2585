//! S602: migrations that fail on tables with rows.

use crate::check::{Check, Example, Failed, JOBS, Logic, Severity};

/// S602.
pub static CHECK: Check = Check {
    code: "S602",
    severity: Severity::Error,
    why: "the migration fails as soon as its tables have rows",
    instead: "make it work on rows: DATA can fill a column before a constraint needs it",
    logic: &[Logic::OtherFailure(explains)],
    bad: &[Example::after(
        JOBS,
        r#"-- migrate:up
CREATE TABLE b (title TEXT CHECK (length(title) = 1));
INSERT INTO b SELECT title FROM jobs;
"#,
    )],
    good: &[Example::after(
        JOBS,
        r#"-- migrate:up
CREATE TABLE b (title TEXT CHECK (length(title) > 1));
INSERT INTO b SELECT title FROM jobs;
-- migrate:down
-- DROP TABLE b;
"#,
    )],
};

fn explains(failed: &Failed<'_>) -> bool {
    failed.has_rows
}
