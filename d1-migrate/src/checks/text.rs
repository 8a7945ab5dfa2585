//! T1xx that one file's text shows: how wrangler will see it.

use super::Finding;
use crate::codes;
use crate::file::{Migration, Section};
use crate::sql::lex::{Kind, Token, tokens};
use crate::sql::shape::Shape;

/// T101, T102, T104, T107, T108.
pub fn check(migration: &Migration, findings: &mut Vec<Finding>) {
    let mut add = |code, offset, message: String| {
        findings.push(Finding::at(code, migration, offset, message));
    };
    if let Some(offset) = migration.uncommented_down {
        add(
            codes::T101,
            offset,
            "this is in the DOWN section and would run on apply".into(),
        );
    }
    let unclosed = tokens(&migration.text).into_iter().find(is_unclosed);
    if let Some(token) = unclosed {
        add(
            codes::T102,
            token.start,
            format!("this {} does not end", what(&token)),
        );
    }
    if let Some(last) = migration.statements.last()
        && !last.terminated
        && unclosed.is_none()
    {
        add(
            codes::T104,
            last.start,
            "the last statement has no semicolon".into(),
        );
    }
    for statement in &migration.statements {
        if statement.shape == Shape::Transaction {
            add(
                codes::T107,
                statement.start,
                "a transaction statement in a migration".into(),
            );
        }
    }
    // The same search as wrangler's: in capitals, anywhere, strings and comments included.
    if let Some(offset) = migration.text.find("BEGIN TRANSACTION") {
        add(
            codes::T107,
            offset,
            "wrangler acts on the words BEGIN TRANSACTION wherever they are".into(),
        );
    }
    let down = migration.down.iter().flatten();
    for statement in migration.statements.iter().chain(down) {
        if statement.shape == Shape::CreateTrigger
            && let Some(problem) = trigger_problem(migration, statement.section, &statement.sql)
        {
            add(
                codes::T108,
                statement.start,
                format!("this trigger has {problem}"),
            );
        }
    }
    if migration.text.starts_with('\u{feff}')
        && let Some(first) = migration.statements.first()
        && first.shape == Shape::CreateTrigger
    {
        add(
            codes::T108,
            first.start,
            "the file begins with a byte order mark, and a trigger is its first statement".into(),
        );
    }
}

fn is_unclosed(token: &Token<'_>) -> bool {
    matches!(
        token.kind,
        Kind::BlockComment { closed: false }
            | Kind::Text { closed: false }
            | Kind::Quoted { closed: false }
    )
}

fn what(token: &Token<'_>) -> &'static str {
    match token.kind {
        Kind::BlockComment { .. } => "comment",
        Kind::Text { .. } => "string",
        _ => "quoted name",
    }
}

fn trigger_problem(migration: &Migration, section: Section, sql: &str) -> Option<&'static str> {
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
