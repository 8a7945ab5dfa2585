//! R203: functions that D1 does not have.

use d1_sim::Rule;

use crate::check::{Check, Example, Failed, Logic, Severity};

/// R203.
pub static CHECK: Check = Check {
    code: "R203",
    severity: Severity::Error,
    why: "D1 refuses functions that are not on its list",
    instead: "write it with functions that D1 has: iif for if, json for json_pretty, LIKE or GLOB for REGEXP",
    logic: &[Logic::Failure(explains)],
    bad: &[
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
INSERT INTO a SELECT json_pretty('{}');
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
DELETE FROM a WHERE b REGEXP 'x';
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
INSERT INTO a SELECT sqlite_version();
"#,
        ),
    ],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
INSERT INTO a SELECT iif(1, json('{}'), upper('x'));
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

fn explains(failed: &Failed<'_>) -> bool {
    failed.is_refused_by(Rule::Function)
}
