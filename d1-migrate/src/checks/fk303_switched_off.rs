//! FK303: defer_foreign_keys switched off before the end.

use crate::check::{Check, Example, Findings, Logic, Severity, Step};
use crate::file::Section;
use crate::sql::name::mentions;
use crate::sql::shape::Shape;

/// FK303.
pub static CHECK: Check = Check {
    code: "FK303",
    severity: Severity::Warning,
    why: "switching defer_foreign_keys off sets the count of violations to zero, and orphans are committed",
    instead: "leave it on until the end; if it must be off, assert in VERIFY that pragma_foreign_key_check is empty",
    logic: &[Logic::Step(check)],
    bad: &[Example::new(
        r#"-- migrate:up
PRAGMA defer_foreign_keys = ON;
CREATE TABLE a (b TEXT);
PRAGMA defer_foreign_keys = OFF;
-- migrate:down
-- DROP TABLE a;
"#,
    )],
    good: &[Example::new(
        r#"-- migrate:up
PRAGMA defer_foreign_keys = ON;
CREATE TABLE a (b TEXT);
PRAGMA defer_foreign_keys = OFF;
-- migrate:verify
SELECT json_extract('{}', CASE WHEN (SELECT count(*) FROM pragma_foreign_key_check) = 0 THEN '$' ELSE 'verify: no dangling reference' END);
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

fn check(step: &Step<'_>, findings: &mut Findings<'_>) {
    let is_checked = step.migration.statements.iter().any(|one| {
        one.section == Section::Verify && mentions(&one.sql, "pragma_foreign_key_check")
    });
    for statement in &step.migration.statements {
        if let Shape::Pragma {
            name,
            value: Some(value),
        } = &statement.shape
            && name == "defer_foreign_keys"
            && ["off", "0", "false", "no"].contains(&value.as_str())
            && !is_checked
        {
            let message = "defer_foreign_keys is switched off, and VERIFY does not look at pragma_foreign_key_check";
            findings.add(step.migration, statement.start, message);
        }
    }
}
