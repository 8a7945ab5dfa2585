//! S605: migrations that do not end in schema.sql.

use crate::check::{Check, Example, Findings, Input, Logic, Severity};
use crate::diff::schema_diff;
use crate::error::Error;
use crate::schema::{self, Schema};

/// S605.
pub static CHECK: Check = Check {
    code: "S605",
    severity: Severity::Error,
    why: "migrations/ does not end in schema.sql",
    instead: "run `{program} generate NAME`, or correct schema.sql",
    logic: &[Logic::End(check)],
    bad: &[
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:down
-- DROP TABLE a;
"#,
        )
        .beside("CREATE TABLE a (b TEXT, c TEXT);"),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:down
-- DROP TABLE a;
"#,
        )
        .beside("CREATE TABLE a (b TEXT"),
    ],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:down
-- DROP TABLE a;
"#,
    )
    .beside("create table a (b TEXT)")],
};

fn check(input: &Input<'_>, end: &Schema, findings: &mut Findings<'_>) -> Result<(), Error> {
    let Some(schema_sql) = input.schema_sql else {
        return Ok(());
    };
    let wanted = match schema::of_file(schema_sql, input.ledger) {
        Ok(wanted) => wanted,
        Err(Error::SchemaFile { line, message }) => {
            let message = format!("schema.sql does not run: {message}");
            let excerpt = schema_sql.lines().nth(line - 1).unwrap_or_default();
            findings.add_at_line("schema.sql", line, excerpt, message);
            return Ok(());
        }
        Err(other) => return Err(other),
    };
    if !wanted.same_as(end) {
        let diff = schema_diff(end, &wanted);
        let message = format!(
            "schema.sql is not what the migrations build (- migrations, + schema.sql):\n{diff}"
        );
        findings.add_to_file("schema.sql", "", message);
    }
    Ok(())
}
