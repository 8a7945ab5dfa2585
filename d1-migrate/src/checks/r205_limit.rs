//! R205: statements over D1's limits.

use d1_sim::Rule;
use d1_sim::limits::MAX_PATTERN_BYTES;

use crate::check::{Check, Example, Failed, Findings, Logic, Severity};
use crate::file::Migration;
use crate::sql::lex::{Token, TokenKind, tokens};
use crate::sql::name::unquote;

/// R205.
pub static CHECK: Check = Check {
    code: "R205",
    severity: Severity::Error,
    why: "D1 has limits: 100,000 bytes a statement, 100 columns, 5 terms of a compound SELECT, 127 arguments of a function, 50 bytes of a LIKE pattern, 100 levels of an expression, 10 nested triggers; a migration has no parameters",
    instead: "split it into several statements",
    logic: &[Logic::File(check), Logic::Failure(explains)],
    bad: &[
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
INSERT INTO a SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6;
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
INSERT INTO a VALUES (?1);
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
DELETE FROM a WHERE b LIKE 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx';
"#,
        ),
    ],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
DELETE FROM a WHERE b LIKE 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx';
INSERT INTO a SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5;
INSERT INTO a VALUES (1), (2), (3), (4), (5), (6), (7);
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

/// A pattern is compared only where there are rows, so that its text has to be looked at.
fn check(migration: &Migration, findings: &mut Findings<'_>) {
    let down = migration.down.iter().flatten();
    for statement in migration.statements.iter().chain(down) {
        if let Some(bytes) = longest_pattern(&statement.sql)
            && bytes > MAX_PATTERN_BYTES
        {
            let message = format!("a pattern of {bytes} bytes, the limit is {MAX_PATTERN_BYTES}");
            findings.add(migration, statement.start, message);
        }
    }
}

fn longest_pattern(sql: &str) -> Option<usize> {
    let useful: Vec<Token<'_>> = tokens(sql).into_iter().filter(Token::is_useful).collect();
    useful
        .iter()
        .zip(useful.iter().skip(1))
        .filter(|(word, pattern)| {
            (word.is("like") || word.is("glob")) && matches!(pattern.kind, TokenKind::Text { .. })
        })
        .map(|(_, pattern)| unquote(pattern.text).len())
        .max()
}

fn explains(failed: &Failed<'_>) -> bool {
    failed.is_refused_by(Rule::Limit)
}
