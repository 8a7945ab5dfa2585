//! S602: migrations that fail on tables with rows.

use crate::check::{Check, Example, Failed, JOBS, Logic, Severity};

/// S602.
pub static CHECK: Check = Check {
    code: "S602",
    severity: Severity::Error,
    why: "the migration fails as soon as its tables have rows",
    instead: "make it work on rows: give a column that must not be NULL a default, or fill it in an earlier migration, since DATA runs after UP",
    logic: &[Logic::OtherFailure(explains)],
    bad: &[
        // A NULL in the way hides no loss.
        Example::after(
            r#"CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE c (p INTEGER REFERENCES p ON DELETE CASCADE);"#,
            r#"-- migrate:up
CREATE TABLE p_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO p_new SELECT id, name FROM p;
DROP TABLE p;
ALTER TABLE p_new RENAME TO p;
"#,
        )
        .also(&["FK301"]),
        Example::after(
            JOBS,
            r#"-- migrate:up
CREATE TABLE b (title TEXT CHECK (length(title) = 1));
INSERT INTO b SELECT title FROM jobs;
"#,
        ),
    ],
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
