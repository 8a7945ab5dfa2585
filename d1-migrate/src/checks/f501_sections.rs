//! F501: sections that are unknown, repeated or out of order.

use crate::check::{Check, Example, Findings, Logic, Severity};
use crate::file::{Migration, Section};

/// F501.
pub static CHECK: Check = Check {
    code: "F501",
    severity: Severity::Warning,
    why: "the sections are -- migrate:up, data, verify, backfill BATCH=n and down, each at most once, in this order",
    instead: "compare the file with migrations/template",
    logic: &[Logic::File(check)],
    bad: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:verify
-- migrate:data
-- migrate:dta
-- migrate:down
-- DROP TABLE a;
"#,
    )],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:data
-- migrate:verify
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    let mut last: Option<Section> = None;
    for mark in &migration.marks {
        match mark.section {
            None => findings.add(migration, mark.start, "this section is unknown"),
            Some(section) if last.is_some_and(|last| last >= section) => {
                let label = section.label();
                let message = format!("{label} is here a second time or behind a later section");
                findings.add(migration, mark.start, message);
            }
            Some(section) => last = Some(section),
        }
    }
}
