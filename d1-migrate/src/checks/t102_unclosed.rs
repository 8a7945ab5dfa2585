//! T102: a comment, string or quoted name without an end.

use crate::check::{Check, Example, Findings, Logic, Severity};
use crate::file::Migration;
use crate::sql::lex::{TokenKind, unclosed};

/// T102.
pub static CHECK: Check = Check {
    code: "T102",
    severity: Severity::Error,
    why: "a comment or string that does not end swallows the line with which wrangler records the migration, so it runs again later",
    instead: "close it",
    logic: &[Logic::File(check)],
    bad: &[
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
/* and that was it
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT DEFAULT 'x);
"#,
        )
        .also(&["S601"]),
    ],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
/* ; and that was it */
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    if let Some(token) = unclosed(&migration.text) {
        let what = match token.kind {
            TokenKind::BlockComment { .. } => "comment",
            TokenKind::Text { .. } => "string",
            _ => "quoted name",
        };
        findings.add(migration, token.start, format!("this {what} does not end"));
    }
}
