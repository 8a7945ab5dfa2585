//! F504: silenced checks without a code or a reason.

use crate::check::{Check, Example, Findings, Logic, Severity};
use crate::file::Migration;

/// F504.
pub static CHECK: Check = Check {
    code: "F504",
    severity: Severity::Warning,
    why: "a silenced check needs its code and a reason",
    instead: "write `-- allow CODE: reason`, or `-- allow CODE table, table.column: reason` when a code finds several losses",
    logic: &[Logic::File(check)],
    bad: &[Example::new(
        r#"-- allow A408:
-- allow X999: no such code
-- migrate:up
CREATE VIRTUAL TABLE words USING fts5 (word);
-- migrate:down
-- DROP TABLE words;
"#,
    )
    .also(&["A408"])],
    good: &[Example::new(
        r#"-- allow nulls in b
-- migrate:up
CREATE TABLE a (b TEXT);
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    for allow in &migration.allows {
        if allow.code == super::S608.code {
            let message = "S608 cannot be silenced";
            findings.add(migration, allow.start, message);
        } else if super::find(&allow.code).is_none() {
            let message = format!("there is no code {}", allow.code);
            findings.add(migration, allow.start, message);
        } else if allow.reason.is_empty() {
            let message = format!("{} is silenced without a reason", allow.code);
            findings.add(migration, allow.start, message);
        }
    }
}
