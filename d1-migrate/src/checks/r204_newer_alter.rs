//! R204: forms of ALTER TABLE that are newer than D1.

use crate::check::{Check, Example, Failed, Findings, JOBS, Logic, Severity};
use crate::file::Migration;
use crate::sql::shape::Shape;

/// R204.
pub static CHECK: Check = Check {
    code: "R204",
    severity: Severity::Error,
    why: "D1 is older than this form of ALTER TABLE",
    instead: "rebuild the table: change schema.sql and let `generate` write it",
    logic: &[Logic::File(check), Logic::Failure(explains)],
    bad: &[Example::after(
        JOBS,
        r#"-- migrate:up
ALTER TABLE jobs ALTER COLUMN pay SET NOT NULL;
-- migrate:down
-- ALTER TABLE jobs ALTER COLUMN pay DROP NOT NULL;
"#,
    )],
    good: &[Example::after(
        JOBS,
        r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN alter_ TEXT;
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN alter_;
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    let down = migration.down.iter().flatten();
    for statement in migration.statements.iter().chain(down) {
        if statement.shape == Shape::NewerAlter {
            findings.add(
                migration,
                statement.start,
                "D1 does not know this ALTER TABLE",
            );
        }
    }
}

fn explains(failed: &Failed<'_>) -> bool {
    failed
        .statement()
        .is_some_and(|one| one.shape == Shape::NewerAlter)
}
