//! F503: files without DOWN.

use crate::check::{Check, Example, Findings, Logic};
use crate::file::Migration;

/// F503.
pub static CHECK: Check = Check {
    code: "F503",
    why: "without a DOWN section `rollback` refuses",
    instead: "write DOWN, or silence this with the reason why there is no way back",
    logic: &[Logic::File(check)],
    bad: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
"#,
    )],
    good: &[Example::new(
        r#"-- allow F503: a fixture of something else
-- migrate:up
CREATE TABLE a (b TEXT);
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    if migration.down.is_none() && migration.uncommented_down.is_none() {
        findings.add(migration, migration.text.len(), "the file has no DOWN");
    }
}
