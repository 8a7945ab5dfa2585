//! S607: tables for which no rows could be invented.

use crate::check::{Check, Example, Findings, Logic, Step};

/// S607.
pub static CHECK: Check = Check {
    code: "S607",
    why: "no rows could be invented for a table, so nothing is known about the migration on a table with rows",
    instead: "try the migration on a copy of real rows and silence this with a reason",
    logic: &[Logic::Step(check)],
    bad: &[Example::after(
        r#"CREATE TABLE odd (a TEXT NOT NULL CHECK (a GLOB 'zq[3-4]?-[x]'));"#,
        r#"-- migrate:up
ALTER TABLE odd ADD COLUMN b TEXT;
-- migrate:down
-- ALTER TABLE odd DROP COLUMN b;
"#,
    )],
    good: &[Example::after(
        r#"CREATE TABLE odd (a TEXT NOT NULL CHECK (a IN ('p', 'q')));"#,
        r#"-- migrate:up
ALTER TABLE odd ADD COLUMN b TEXT;
-- migrate:down
-- ALTER TABLE odd DROP COLUMN b;
"#,
    )],
};

fn check(step: &Step<'_>, findings: &mut Findings<'_>) {
    // When the migration fails without rows, rows do not matter yet.
    if step.after.is_none() {
        return;
    }
    for (table, objection) in step.unseeded {
        let message = format!("no row of {table} could be invented: {objection}");
        findings.add(step.migration, 0, message);
    }
}
