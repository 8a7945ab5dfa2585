//! T108: triggers that older wranglers and the remote path cut apart.

use crate::check::{Check, Example, Findings, Logic};
use crate::file::{Migration, Section};
use crate::sql::lex::{Token, tokens};
use crate::sql::shape::Shape;

/// T108.
pub static CHECK: Check = Check {
    code: "T108",
    why: "triggers with CASE, a lower-case `end`, carriage returns or a byte order mark before them are cut apart by older wranglers and on the remote path",
    instead: "use WHEN (or iif) instead of CASE, write END in capitals, save the file with LF line ends and without a byte order mark",
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
            && let Some(problem) = problem(migration, statement.section, &statement.sql)
        {
            findings.add(
                migration,
                statement.start,
                format!("this trigger has {problem}"),
            );
        }
    }
    if migration.text.starts_with('\u{feff}')
        && let Some(first) = migration.statements.first()
        && first.shape == Shape::CreateTrigger
    {
        let message =
            "the file begins with a byte order mark, and a trigger is its first statement";
        findings.add(migration, first.start, message);
    }
}

fn problem(migration: &Migration, section: Section, sql: &str) -> Option<&'static str> {
    let useful: Vec<Token<'_>> = tokens(sql).into_iter().filter(Token::is_useful).collect();
    if useful.iter().any(|token| token.is("case")) {
        Some("a CASE")
    } else if useful
        .last()
        .is_some_and(|token| token.is("end") && token.text != "END")
    {
        Some("an `end` that is not in capitals")
    } else if sql.contains('\r') || (section == Section::Down && migration.text.contains('\r')) {
        Some("carriage returns")
    } else {
        None
    }
}
