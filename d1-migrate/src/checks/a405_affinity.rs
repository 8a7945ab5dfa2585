//! A405: a change of affinity, which rewrites values.

use crate::check::{Check, Example, Findings, JOBS, Logic, Severity, Step};
use crate::schema::Table;

/// A405.
pub static CHECK: Check = Check {
    code: "A405",
    severity: Severity::Warning,
    why: "a column of another type affinity rewrites its values: the text '0123' becomes the number 123",
    instead: "check the values in VERIFY, then silence this with a reason",
    logic: &[Logic::Step(check)],
    bad: &[Example::after(
        JOBS,
        r#"-- migrate:up
CREATE TABLE rows AS SELECT * FROM jobs;
DROP TABLE jobs;
CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay INTEGER);
INSERT INTO jobs SELECT * FROM rows;
DROP TABLE rows;
-- migrate:down
-- CREATE TABLE rows AS SELECT * FROM jobs;
-- DROP TABLE jobs;
-- CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);
-- INSERT INTO jobs SELECT * FROM rows;
-- DROP TABLE rows;
"#,
    )],
    good: &[Example::after(
        JOBS,
        r#"-- migrate:up
CREATE TABLE rows AS SELECT * FROM jobs;
DROP TABLE jobs;
CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay VARCHAR(20));
INSERT INTO jobs SELECT * FROM rows;
DROP TABLE rows;
-- migrate:down
-- CREATE TABLE rows AS SELECT * FROM jobs;
-- DROP TABLE jobs;
-- CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);
-- INSERT INTO jobs SELECT * FROM rows;
-- DROP TABLE rows;
"#,
    )],
};

fn check(step: &Step<'_>, findings: &mut Findings<'_>) {
    for table in step.after.into_iter().flat_map(|after| after.tables()) {
        if let Some(before) = step.before.table(&table.name) {
            compare(step, before, table, findings);
        }
    }
}

fn compare(step: &Step<'_>, before: &Table, after: &Table, findings: &mut Findings<'_>) {
    for column in &after.columns {
        let Some(old) = before.column(&column.name) else {
            continue;
        };
        let (from, to) = (
            old.affinity(before.is_strict()),
            column.affinity(after.is_strict()),
        );
        if from != to {
            let message = format!(
                "{}.{} goes from {} to {}",
                after.name,
                column.name,
                shown(&old.declared),
                shown(&column.declared)
            );
            findings.add(step.migration, step.first_naming(&after.name), message);
        }
    }
}

fn shown(declared: &str) -> &str {
    if declared.is_empty() {
        "no type"
    } else {
        declared
    }
}
