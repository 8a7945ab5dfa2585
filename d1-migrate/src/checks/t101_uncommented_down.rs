//! T101: SQL in the DOWN section that is not a comment.

use crate::check::{Check, Example, Findings, Logic, Severity};
use crate::file::{Migration, Section};

/// T101.
pub static CHECK: Check = Check {
    code: "T101",
    severity: Severity::Error,
    why: "SQL below the down or backfill marker that is not a comment runs right after UP, and wrangler reports success",
    instead: "put `-- ` before every line of the DOWN and BACKFILL sections",
    logic: &[Logic::File(check)],
    bad: &[
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:down
DROP TABLE a;
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- +goose Down
DROP TABLE a;
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:backfill BATCH=10
UPDATE a SET b = '' WHERE b IS NULL;
"#,
        ),
    ],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:down
-- DROP TABLE a; -- */ /* '
-- 
-- -- a comment in DOWN
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    if let Some(offset) = migration.uncommented_down {
        let message = "this is in the DOWN section and would run on apply";
        findings.add(migration, offset, message);
    }
    for statement in &migration.statements {
        if statement.section == Section::Backfill {
            let message = "this is in the BACKFILL section and would run on apply, at once";
            findings.add(migration, statement.start, message);
        }
    }
}
