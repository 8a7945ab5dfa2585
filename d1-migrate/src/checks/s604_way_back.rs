//! S604: DOWN that does not lead back.

use d1_sim::{BatchStep, Failure};

use crate::check::{Check, Example, JOBS, Logic, Severity, WayBack};
use crate::diff::schema_diff;
use crate::file::Statement;

/// S604.
pub static CHECK: Check = Check {
    code: "S604",
    severity: Severity::Warning,
    why: "DOWN does not lead back to the schema before, or UP cannot run again after it",
    instead: "correct DOWN",
    logic: &[Logic::WayBack(check)],
    bad: &[
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN a TEXT;
CREATE INDEX jobs_a ON jobs (a);
-- migrate:down
-- DROP INDEX jobs_a;
"#,
        ),
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN a TEXT;
-- migrate:down
-- DROP TABLE nothing;
"#,
        ),
    ],
    good: &[Example::after(
        JOBS,
        r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN a TEXT;
CREATE INDEX jobs_a ON jobs (a);
-- migrate:down
-- DROP INDEX jobs_a;
-- ALTER TABLE jobs DROP COLUMN a;
"#,
    )],
};

fn check(way: &WayBack<'_>) -> Option<String> {
    let restored = match &way.restored {
        Ok(restored) => restored,
        Err(failure) => return Some(format!("DOWN fails: {}", described(failure, way.down))),
    };
    match &way.again {
        None => {
            let diff = schema_diff(way.step.before, restored);
            Some(format!(
                "DOWN leads to another schema than before the migration:\n{diff}"
            ))
        }
        Some(Err(failure)) => {
            let described = described(failure, &way.step.migration.statements);
            Some(format!("UP fails after DOWN: {described}"))
        }
        Some(Ok(again)) if way.step.after.is_some_and(|after| !again.same_as(after)) => {
            Some("UP after DOWN leads to another schema than UP alone".to_owned())
        }
        Some(Ok(_)) => None,
    }
}

fn described(failure: &Failure, statements: &[Statement]) -> String {
    match failure.step {
        BatchStep::Commit => format!("{} at the end of the transaction", failure.message),
        BatchStep::Statement(index) => {
            let sql = statements.get(index).map_or("", |one| one.sql.as_str());
            let first = sql.lines().next().unwrap_or_default();
            format!("{} in `{first}`", failure.message)
        }
    }
}
