//! A409: a stored column that becomes a computed one.

use crate::check::{Check, Example, Findings, JOBS, Logic, Severity, Step};

/// A409.
pub static CHECK: Check = Check {
    code: "A409",
    severity: Severity::Warning,
    why: "a stored column that becomes a computed one loses its values: from now on it has those of the expression",
    instead: "keep the values in a column of another name, or allow this with a reason",
    logic: &[Logic::Step(check)],
    bad: &[Example::after(
        JOBS,
        r#"-- migrate:up
ALTER TABLE jobs DROP COLUMN pay;
ALTER TABLE jobs ADD COLUMN pay TEXT AS (title) VIRTUAL;
"#,
    )],
    good: &[Example::after(
        JOBS,
        r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN label TEXT AS (title || pay) VIRTUAL;
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN label;
"#,
    )],
};

fn check(step: &Step<'_>, findings: &mut Findings<'_>) {
    for table in step.after.into_iter().flat_map(|after| after.tables()) {
        let Some(before) = step.before.table(&table.name) else {
            continue;
        };
        for column in table.columns.iter().filter(|one| one.generated) {
            if before
                .column(&column.name)
                .is_some_and(|one| !one.generated)
            {
                let message = format!(
                    "{}.{} was stored and becomes computed",
                    table.name, column.name
                );
                findings.add(step.migration, step.first_naming(&table.name), message);
            }
        }
    }
}
