//! F504: silenced checks without a code or a reason.

use super::s608_not_checked;
use crate::check::{Check, Example, Findings, Input, Logic, Severity};

/// F504.
pub static CHECK: Check = Check {
    code: "F504",
    severity: Severity::Warning,
    why: "a silenced check needs its code and a reason",
    instead: "write `-- allow CODE: reason`, or `-- allow CODE table, table.column: reason` when a code finds several losses",
    logic: &[Logic::Folder(check)],
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

fn check(input: &Input<'_>, findings: &mut Findings<'_>) {
    let files = input.migrations.iter();
    for (migration, allow) in files.flat_map(|one| one.allows.iter().map(move |allow| (one, allow)))
    {
        let code = &allow.code;
        let message = if *code == s608_not_checked::CHECK.code {
            format!("{code} cannot be silenced")
        } else if !input.codes.contains(&code.as_str()) {
            format!("there is no code {code}")
        } else if allow.reason.is_empty() {
            format!("{code} is silenced without a reason")
        } else {
            continue;
        };
        findings.add(migration, allow.start, message);
    }
}
