//! F503: files without DOWN.

use crate::check::{Check, Example, Findings, Input, Logic, Severity};
use crate::checksum::Seal;

/// F503.
pub static CHECK: Check = Check {
    code: "F503",
    severity: Severity::Note,
    why: "without a DOWN section `rollback` refuses",
    instead: "write DOWN, or silence this with the reason why there is no way back",
    logic: &[Logic::Folder(check)],
    bad: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
"#,
    )],
    good: &[
        Example::new(
            r#"-- allow F503: a fixture of something else
-- migrate:up
CREATE TABLE a (b TEXT);
"#,
        ),
        // A file of another tool.
        Example::new("CREATE TABLE a (b TEXT);\n"),
    ],
};

/// Of files in this tool's form, and of new ones only: a file that is sealed was applied, and is not edited any more.
fn check(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (migration, seal) in input.migrations.iter().zip(&input.checksums.seals) {
        let is_ours = !migration.marks.is_empty();
        let has_down = migration.down.is_some() || migration.uncommented_down.is_some();
        if is_ours && !has_down && *seal == Seal::New {
            findings.add(migration, migration.text.len(), "the file has no DOWN");
        }
    }
}
