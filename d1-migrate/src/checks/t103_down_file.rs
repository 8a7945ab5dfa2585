//! T103: a .down.sql file, which wrangler applies like any other.

use crate::check::{Check, Example, Findings, Input, Logic, Severity};
use crate::file::name::is_direction;

/// T103.
pub static CHECK: Check = Check {
    code: "T103",
    severity: Severity::Error,
    why: "wrangler applies every .sql file in the folder, a .down.sql before its .up.sql",
    instead: "keep one file per migration, with DOWN as a commented section in it",
    logic: &[Logic::Folder(check)],
    bad: &[Example::after(
        "CREATE TABLE a (b TEXT);",
        r#"-- migrate:up
DROP TABLE a;
"#,
    )
    .named("0002_a.down.sql")],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
"#,
    )
    .named("0002_shutdown.sql")],
};

fn check(input: &Input<'_>, findings: &mut Findings<'_>) {
    for migration in input.migrations {
        if is_direction(&migration.name) {
            let message = "wrangler applies this file like any other";
            findings.add_to_file(&migration.name, &migration.name, message);
        }
    }
}
