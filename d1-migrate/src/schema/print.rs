//! A schema as SQL: one object a statement, one column a line, no comments.

use super::object::{Kind, Object, Schema};
use super::table::body;
use crate::sql::lex::tokens;
use crate::sql::name::{ident, one_line};

/// The schema as SQL text that builds it: tables, then indexes, views, triggers, each in the order of creation.
pub fn print(schema: &Schema) -> String {
    let mut out = String::new();
    for kind in [Kind::Table, Kind::Index, Kind::View, Kind::Trigger] {
        for object in schema.of(kind) {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&object.print());
            out.push_str(";\n");
        }
    }
    out
}

impl Object {
    /// The CREATE statement, laid out, without a semicolon.
    pub fn print(&self) -> String {
        if self.detail.is_none() {
            let sql = one_line(&self.sql);
            return if self.kind == Kind::Trigger {
                in_capitals(&sql)
            } else {
                sql
            };
        }
        let body = body(&self.sql);
        let columns = body.columns.iter().map(|(name, definition)| {
            format!("{} {}", ident(name), one_line(definition))
                .trim()
                .to_owned()
        });
        let constraints = body.constraints.iter().map(|one| one_line(one));
        let lines: Vec<String> = columns
            .chain(constraints)
            .map(|line| format!("  {line}"))
            .collect();
        let options = body.options.to_ascii_uppercase().replace(" ,", ",");
        let close = if options.is_empty() { ")" } else { ") " };
        format!(
            "CREATE TABLE {} (\n{}\n{close}{options}",
            ident(&self.name),
            lines.join(",\n")
        )
    }
}

/// A trigger with BEGIN and END in capitals: remote D1 and older wranglers know them in no other form.
fn in_capitals(sql: &str) -> String {
    let tokens = tokens(sql);
    let begin = tokens.iter().position(|token| token.is("begin"));
    let end = tokens.iter().rposition(|token| token.is("end"));
    let words = tokens.iter().enumerate().map(|(index, token)| {
        if Some(index) == begin || Some(index) == end {
            token.text.to_ascii_uppercase()
        } else {
            token.text.to_owned()
        }
    });
    words.collect()
}
