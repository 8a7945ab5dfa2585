//! S607: tables for which no rows could be invented.

use crate::check::{Check, Example, Findings, Logic, Severity, Step};
use crate::sql::name::mentions;

/// S607.
pub static CHECK: Check = Check {
    code: "S607",
    severity: Severity::Warning,
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
    good: &[
        Example::after(
            r#"CREATE TABLE odd (a TEXT NOT NULL CHECK (a GLOB 'zq[3-4]?-[x]'));"#,
            r#"-- migrate:up
CREATE TABLE other (b TEXT);
-- migrate:down
-- DROP TABLE other;
"#,
        ),
        // Rows that the folder itself puts in are as good as invented ones.
        Example::after(
            r#"CREATE TABLE odd (a TEXT NOT NULL CHECK (a GLOB 'zq[3-4]?-[x]'));
INSERT INTO odd VALUES ('zq3_-x');"#,
            r#"-- migrate:up
ALTER TABLE odd ADD COLUMN b TEXT;
-- migrate:down
-- ALTER TABLE odd DROP COLUMN b;
"#,
        ),
        Example::after(
            r#"CREATE TABLE odd (a TEXT NOT NULL CHECK (a IN ('p', 'q')));"#,
            r#"-- migrate:up
ALTER TABLE odd ADD COLUMN b TEXT;
-- migrate:down
-- ALTER TABLE odd DROP COLUMN b;
"#,
        ),
    ],
};

/// Whether the migration names the table, or one that it refers to: then its rows matter.
fn concerns(step: &Step<'_>, name: &str) -> bool {
    let is_named = |name: &str| {
        let mut statements = step.migration.statements.iter();
        statements.any(|one| mentions(&one.sql, name))
    };
    let table = step.before.table(name);
    is_named(name)
        || table.is_none_or(|table| table.foreign_keys.iter().any(|key| is_named(&key.parent)))
}

fn check(step: &Step<'_>, findings: &mut Findings<'_>) {
    // When the migration fails without rows, rows do not matter yet.
    if step.after.is_none() {
        return;
    }
    for (table, objection) in step.unseeded {
        if !concerns(step, table) {
            continue;
        }
        let message = format!("no row of {table} could be invented: {objection}");
        findings.add(step.migration, 0, message);
    }
}
