//! T106: a file that is not the one that the checksum file knows.

use crate::check::{Check, Example, Findings, Input, Logic, Severity};
use crate::checksum::{FILE_NAME, Seal};
use crate::program;

/// T106.
pub static CHECK: Check = Check {
    code: "T106",
    severity: Severity::Error,
    why: "wrangler knows an applied migration by its file name only: an edit is silent, a renamed file runs again, an older new file is applied out of order",
    instead: "restore the file from version control and write a new migration; if no database has it yet, delete its line and those below from the checksum file",
    logic: &[Logic::Folder(check)],
    bad: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT, c TEXT);
"#,
    )
    .edited_from(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
"#,
    )],
    good: &[
        Example::new("-- migrate:up\r\nCREATE TABLE a (b TEXT);\r\n")
            .edited_from("-- migrate:up\nCREATE TABLE a (b TEXT);\n"),
    ],
};

fn check(input: &Input<'_>, findings: &mut Findings<'_>) {
    for (migration, seal) in input.migrations.iter().zip(&input.checksums.seals) {
        let message = match seal {
            Seal::Sealed => continue,
            Seal::New if !input.is_ci => continue,
            Seal::New => format!(
                "the file has no line in {FILE_NAME}: run {} and commit the line",
                program::call("validate")
            ),
            Seal::Modified => format!("the file is not the one that {FILE_NAME} knows"),
            Seal::OutOfOrder => format!(
                "the file is new, but {FILE_NAME} knows later ones: it would be applied after them"
            ),
        };
        findings.add_to_file(&migration.name, &migration.name, message);
    }
    for name in &input.checksums.missing {
        let message = format!("{FILE_NAME} knows this file, but it is gone or has another name");
        findings.add_to_file(name, name, message);
    }
}
