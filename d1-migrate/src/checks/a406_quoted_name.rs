//! A406: a misspelt name in double quotes, which becomes a string.

use d1_sim::Simulator;

use crate::check::{Check, Example, JOBS, Logic, Severity};
use crate::file::Statement;

/// A406.
pub static CHECK: Check = Check {
    code: "A406",
    severity: Severity::Warning,
    why: "a name in double quotes that does not exist is taken for a string, even in CREATE INDEX",
    instead: "correct the name, or write a string in single quotes",
    logic: &[Logic::Statement(check)],
    bad: &[
        Example::after(
            JOBS,
            r#"-- migrate:up
CREATE INDEX jobs_missing ON jobs ("missing");
-- migrate:down
-- DROP INDEX jobs_missing;
"#,
        ),
        Example::after(
            JOBS,
            r#"-- migrate:up
UPDATE jobs SET pay = "none";
"#,
        ),
    ],
    good: &[Example::after(
        JOBS,
        r#"-- migrate:up
CREATE INDEX jobs_pay ON jobs ("pay");
UPDATE jobs SET pay = 'none' WHERE "title" = '';
-- migrate:down
-- DROP INDEX jobs_pay;
"#,
    )],
};

fn check(database: &Simulator, statement: &Statement) -> Option<String> {
    let message = database.has_quoted_string(&statement.sql)?;
    Some(format!("{message}: taken for a string"))
}
