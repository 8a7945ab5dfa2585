//! R204, R205 and A408: what the text alone shows of D1's refusals. The others come out of the replay.

use d1_sim::limits::MAX_PATTERN_BYTES;

use super::Finding;
use crate::codes;
use crate::file::Migration;
use crate::sql::lex::{Kind, Token, tokens};
use crate::sql::name::unquote;
use crate::sql::shape::Shape;

/// Forms that the replay's newer `SQLite` accepts, and limits that only show with rows.
pub fn check(migration: &Migration, findings: &mut Vec<Finding>) {
    let down = migration.down.iter().flatten();
    for statement in migration.statements.iter().chain(down) {
        let mut add = |code, message: String| {
            findings.push(Finding::at(code, migration, statement.start, message));
        };
        match statement.shape {
            Shape::NewerAlter => add(codes::R204, "D1 does not know this ALTER TABLE".into()),
            Shape::CreateVirtualTable => add(codes::A408, "a virtual table".into()),
            _ => {}
        }
        if let Some(bytes) = longest_pattern(&statement.sql)
            && bytes > MAX_PATTERN_BYTES
        {
            let message = format!("a pattern of {bytes} bytes, the limit is {MAX_PATTERN_BYTES}");
            add(codes::R205, message);
        }
    }
}

fn longest_pattern(sql: &str) -> Option<usize> {
    let useful: Vec<Token<'_>> = tokens(sql).into_iter().filter(Token::is_useful).collect();
    useful
        .iter()
        .zip(useful.iter().skip(1))
        .filter(|(word, pattern)| {
            (word.is("like") || word.is("glob")) && matches!(pattern.kind, Kind::Text { .. })
        })
        .map(|(_, pattern)| unquote(pattern.text).len())
        .max()
}
