//! F502: statements of VERIFY that cannot fail.

use crate::check::{Check, Example, Findings, Logic, Severity};
use crate::file::{Migration, Section};
use crate::sql::shape::is_assertion;

/// F502.
pub static CHECK: Check = Check {
    code: "F502",
    severity: Severity::Warning,
    why: "a statement of VERIFY that cannot fail verifies nothing",
    instead: "write SELECT json_extract('{}', CASE WHEN condition THEN '$' ELSE 'verify: what should hold' END);",
    logic: &[Logic::File(check)],
    bad: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:verify
SELECT count(*) = 1 FROM a;
-- migrate:down
-- DROP TABLE a;
"#,
    )],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:verify
SELECT json_extract('{}', CASE WHEN (SELECT count(*) FROM a) = 0 THEN '$' ELSE 'verify: a is empty' END);
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    for statement in &migration.statements {
        if statement.section == Section::Verify && !is_assertion(&statement.sql) {
            let message = "this statement in VERIFY cannot fail, or it changes something";
            findings.add(migration, statement.start, message);
        }
    }
}
