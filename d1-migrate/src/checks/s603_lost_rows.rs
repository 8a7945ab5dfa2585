//! S603: rows or references that are gone.

use crate::check::{Check, Example, JOBS, Logic, Lost, Severity};
use crate::sql::name::mentions;

/// S603.
pub static CHECK: Check = Check {
    code: "S603",
    severity: Severity::Error,
    why: "rows or references of a table are gone after the migration",
    instead: "keep them; if they are meant to go, silence this with a reason",
    logic: &[Logic::OtherLoss(place)],
    bad: &[Example::after(
        JOBS,
        r#"-- migrate:up
DELETE FROM jobs WHERE pay IS NOT NULL;
"#,
    )],
    good: &[Example::after(
        JOBS,
        r#"-- allow S603: postings without pay were a mistake
-- migrate:up
DELETE FROM jobs WHERE pay IS NULL;
"#,
    )],
};

/// The first statement that names the table.
fn place(lost: &Lost<'_>) -> usize {
    let mut statements = lost.statements.iter();
    statements
        .find(|one| mentions(&one.sql, &lost.loss.table))
        .map_or(0, |one| one.start)
}
