//! R202: pragmas that D1 refuses.

use d1_sim::Rule;

use crate::check::{Check, Example, Failed, Logic, Severity};

/// R202.
pub static CHECK: Check = Check {
    code: "R202",
    severity: Severity::Error,
    why: "D1 refuses all but a few pragmas",
    instead: "leave it out; for foreign keys use `PRAGMA defer_foreign_keys = ON`",
    logic: &[Logic::Failure(explains)],
    bad: &[Example::new(
        r#"-- migrate:up
PRAGMA journal_mode = WAL;
"#,
    )],
    good: &[Example::new(
        r#"-- migrate:up
PRAGMA defer_foreign_keys = ON;
CREATE TABLE a (b TEXT);
PRAGMA optimize;
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

fn explains(failed: &Failed<'_>) -> bool {
    failed.is_refused_by(Rule::Pragma)
}
