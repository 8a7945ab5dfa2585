//! F505: backfills that cannot run in batches, or never end.

use d1_sim::Simulator;

use crate::check::{Check, Example, JOBS, Logic, Severity};
use crate::file::Statement;
use crate::sql::batch;

/// F505.
pub static CHECK: Check = Check {
    code: "F505",
    severity: Severity::Error,
    why: "a backfill runs batch by batch until no row satisfies its condition",
    instead: "write `-- UPDATE table SET column = … WHERE column IS NULL;`, a condition that the change makes false",
    logic: &[Logic::Backfill(check)],
    bad: &[
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN slug TEXT;
-- migrate:backfill BATCH=1000
-- UPDATE jobs SET slug = title;
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN slug;
"#,
        ),
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN slug TEXT;
-- migrate:backfill BATCH=1000
-- UPDATE jobs SET slug = title WHERE title <> '';
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN slug;
"#,
        ),
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN slug TEXT;
-- migrate:backfill BATCH=1000
-- UPDATE jobs SET slug = name WHERE slug IS NULL;
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN slug;
"#,
        ),
    ],
    good: &[Example::after(
        JOBS,
        r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN slug TEXT;
-- migrate:backfill BATCH=1000
-- UPDATE jobs SET slug = lower(title) WHERE slug IS NULL;
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN slug;
"#,
    )],
};

/// Runs the statement on rows, all of them at once.
fn check(database: &Simulator, statement: &Statement) -> Option<String> {
    let Some(batched) = batch::of(&statement.sql) else {
        return Some("only UPDATE and DELETE of one table with WHERE run in batches".to_owned());
    };
    if let Err(failure) = database.run([statement.sql.as_str()]) {
        return Some(format!("the backfill fails: {}", failure.message));
    }
    let count = database
        .connection()
        .query_row(&batched.count(), [], |row| row.get::<_, i64>(0));
    match count {
        Ok(0) => None,
        Ok(n) => Some(format!(
            "its condition still holds for {n} rows after it, so it would never end"
        )),
        Err(error) => Some(error.to_string()),
    }
}
