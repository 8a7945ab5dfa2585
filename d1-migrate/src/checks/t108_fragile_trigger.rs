//! T108: triggers that older wranglers and the remote path cut apart.

use crate::check::{Check, Example, Findings, Logic, Severity};
use crate::file::{Migration, Section};
use crate::sql::lex::{Token, tokens};
use crate::sql::shape::Shape;

/// T108.
pub static CHECK: Check = Check {
    code: "T108",
    severity: Severity::Error,
    why: "triggers with CASE, a lower-case `begin` or `end`, carriage returns or a byte order mark before them are cut apart by older wranglers and on the remote path",
    instead: "use WHEN (or iif) instead of CASE, write BEGIN and END in capitals, save the file with LF line ends and without a byte order mark",
    logic: &[Logic::File(check)],
    bad: &[
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT, c TEXT);
CREATE TRIGGER t AFTER INSERT ON a  BEGIN UPDATE a SET c = CASE WHEN NEW.b = 'x' THEN 1 ELSE 2 END; END;
-- migrate:down
-- DROP TABLE a;
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT, c TEXT);
CREATE TRIGGER t AFTER INSERT ON a  BEGIN UPDATE a SET c = 1; end;
-- migrate:down
-- DROP TABLE a;
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT, c TEXT);
CREATE TRIGGER t AFTER INSERT ON a begin UPDATE a SET c = 1; END;
-- migrate:down
-- DROP TABLE a;
"#,
        ),
    ],
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT, c TEXT);
CREATE TRIGGER t AFTER INSERT ON a WHEN NEW.b = 'x' BEGIN UPDATE a SET c = 1; END;
-- migrate:down
-- DROP TABLE a;
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    let down = migration.down.iter().flatten();
    for statement in migration.statements.iter().chain(down) {
        if statement.shape == Shape::CreateTrigger
            && let Some((severity, problem)) = problem(migration, statement.section, &statement.sql)
        {
            let message = format!("this trigger has {problem}");
            findings.add_as(severity, migration, statement.start, message);
        }
    }
    if migration.text.starts_with('\u{feff}')
        && let Some(first) = migration.statements.first()
        && first.shape == Shape::CreateTrigger
    {
        let message =
            "the file begins with a byte order mark, and a trigger is its first statement";
        findings.add_as(Severity::Warning, migration, first.start, message);
    }
}

/// What is wrong with a trigger. Remote D1 refuses lower-case words (reports of 2026); the others fail in older
/// wranglers only, as far as it is known.
fn problem(migration: &Migration, section: Section, sql: &str) -> Option<(Severity, &'static str)> {
    let useful: Vec<Token<'_>> = tokens(sql).into_iter().filter(Token::is_useful).collect();
    let is_small =
        |token: &Token<'_>, word: &str| token.is(word) && token.text != word.to_uppercase();
    if useful.iter().any(|token| is_small(token, "begin")) {
        Some((Severity::Error, "a `begin` that is not in capitals"))
    } else if useful.last().is_some_and(|token| is_small(token, "end")) {
        Some((Severity::Error, "an `end` that is not in capitals"))
    } else if useful.iter().any(|token| token.is("case")) {
        Some((Severity::Warning, "a CASE"))
    } else if sql.contains('\r') || (section == Section::Down && migration.text.contains('\r')) {
        Some((Severity::Warning, "carriage returns"))
    } else {
        None
    }
}
