//! What a CREATE TABLE means, in one form for all its spellings. Tables are compared by it.
//!
//! `DEFAULT 0 NOT NULL` and `NOT NULL DEFAULT 0`, `NO ACTION` and nothing, a constraint in the column or behind the
//! columns: each pair builds the same table, so none of them is worth a rebuild.

use std::collections::BTreeSet;

use super::table::{Body, Table};
use crate::sql::lex::{Token, TokenKind};
use crate::sql::name::{same, unquote};
use crate::sql::reader::Reader;

/// Returns the one form. `key_of` gives the primary key of another table, which REFERENCES without columns means.
pub fn of(table: &Table, body: &Body, key_of: &dyn Fn(&str) -> Vec<String>) -> String {
    let mut meaning = Meaning {
        table,
        key_of,
        columns: Vec::new(),
        constraints: BTreeSet::new(),
    };
    for (name, definition) in &body.columns {
        meaning.column(name, definition);
    }
    for text in &body.constraints {
        meaning.table_constraint(text);
    }
    if let Some(alias) = &table.rowid_alias {
        let alias = alias.to_ascii_lowercase();
        meaning.constraints.insert(format!("rowid {alias}"));
    }
    let mut options: Vec<&str> = body.options.split(" , ").collect();
    options.sort_unstable();
    let constraints = meaning.constraints.into_iter();
    let parts: Vec<String> = meaning.columns.into_iter().chain(constraints).collect();
    format!("({}) {}", parts.join(", "), options.join(", "))
}

struct Meaning<'a> {
    table: &'a Table,
    key_of: &'a dyn Fn(&str) -> Vec<String>,
    columns: Vec<String>,
    constraints: BTreeSet<String>,
}

/// Words that end the type of a column.
const CONSTRAINT: &[&str] = &[
    "constraint",
    "primary",
    "not",
    "null",
    "unique",
    "check",
    "default",
    "collate",
    "references",
    "generated",
    "as",
    "deferrable",
];

impl Meaning<'_> {
    fn column(&mut self, name: &str, definition: &str) {
        let mut reader = Reader::new(definition);
        let mut kind = Vec::new();
        while let Some(token) = reader.peek().copied() {
            if CONSTRAINT.iter().any(|word| token.is(word)) {
                break;
            }
            reader.take();
            kind.push(unquote(token.text).to_ascii_lowercase());
        }
        let mut parts = BTreeSet::new();
        let own = format!("({})", name.to_ascii_lowercase());
        while reader.peek().is_some() {
            if reader.eat(&["constraint"]) {
                reader.name();
            } else if reader.eat(&["primary", "key"]) {
                let order = self.order(&mut reader);
                let conflict = conflict(&mut reader);
                let auto = if reader.eat(&["autoincrement"]) {
                    " autoincrement"
                } else {
                    ""
                };
                let key = format!("primary key {own}{order}{auto}{conflict}");
                self.constraints.insert(key);
            } else if reader.eat(&["not", "null"]) {
                let conflict = conflict(&mut reader);
                if !self.is_never_null(name) || !conflict.is_empty() {
                    parts.insert(format!("not null{conflict}"));
                }
            } else if reader.eat(&["null"]) {
                conflict(&mut reader);
            } else if reader.eat(&["unique"]) {
                let conflict = conflict(&mut reader);
                self.constraints.insert(format!("unique {own}{conflict}"));
            } else if reader.eat(&["check"]) {
                self.check(&mut reader);
            } else if reader.eat(&["default"]) {
                parts.extend(
                    self.default(&mut reader)
                        .map(|one| format!("default {one}")),
                );
            } else if reader.eat(&["collate"]) {
                let collation = reader.name().to_ascii_lowercase();
                if collation != "binary" {
                    parts.insert(format!("collate {collation}"));
                }
            } else if reader.eat(&["references"]) {
                self.reference(&own, &mut reader);
            } else if reader.eat(&["generated", "always", "as"]) || reader.eat(&["as"]) {
                let value = self.expression(&reader.group().unwrap_or_default());
                let stored = if reader.eat(&["stored"]) {
                    " stored"
                } else {
                    ""
                };
                reader.eat(&["virtual"]);
                parts.insert(format!("as ({value}){stored}"));
            } else if let Some(token) = reader.take() {
                parts.insert(token.text.to_ascii_lowercase());
            }
        }
        let parts: Vec<String> = parts.into_iter().collect();
        let line = format!("{name} {} {}", kind.join(" "), parts.join(" "));
        self.columns.push(line.trim_end().to_owned());
    }

    fn table_constraint(&mut self, text: &str) {
        let mut reader = Reader::new(text);
        while reader.peek().is_some() {
            if reader.eat(&["constraint"]) {
                reader.name();
            } else if reader.eat(&["primary", "key"]) {
                let (key, auto) = self.key_columns(&mut reader);
                let conflict = conflict(&mut reader);
                let auto = if auto { " autoincrement" } else { "" };
                self.constraints
                    .insert(format!("primary key {key}{auto}{conflict}"));
            } else if reader.eat(&["unique"]) {
                let (key, _) = self.key_columns(&mut reader);
                let conflict = conflict(&mut reader);
                self.constraints.insert(format!("unique {key}{conflict}"));
            } else if reader.eat(&["check"]) {
                self.check(&mut reader);
                conflict(&mut reader);
            } else if reader.eat(&["foreign", "key"]) {
                let from = names(&mut reader);
                reader.eat(&["references"]);
                self.reference(&from, &mut reader);
            } else if let Some(token) = reader.take() {
                self.constraints.insert(token.text.to_ascii_lowercase());
            }
        }
    }

    /// Whether NOT NULL adds nothing: the rowid, and keys of STRICT and WITHOUT ROWID tables, are never NULL.
    fn is_never_null(&self, column: &str) -> bool {
        let is_alias = self
            .table
            .rowid_alias
            .as_deref()
            .is_some_and(|one| same(one, column));
        let is_key = self
            .table
            .column(column)
            .is_some_and(|one| one.key_place > 0);
        is_alias || (is_key && (self.table.is_strict() || self.table.is_without_rowid()))
    }

    /// ASC is the default. DESC has no meaning for the rowid itself.
    fn order(&self, reader: &mut Reader<'_>) -> &'static str {
        if reader.eat(&["desc"]) && self.table.rowid_alias.is_none() {
            return " desc";
        }
        reader.eat(&["asc"]);
        ""
    }

    /// The columns of PRIMARY KEY or UNIQUE in parentheses, and whether AUTOINCREMENT is among them.
    fn key_columns(&self, reader: &mut Reader<'_>) -> (String, bool) {
        let mut reader = Reader::of(reader.group().unwrap_or_default());
        let (mut columns, mut auto) = (Vec::new(), false);
        while reader.peek().is_some() {
            let mut column = reader.name().to_ascii_lowercase();
            if reader.eat(&["collate"]) {
                let collation = reader.name().to_ascii_lowercase();
                column.push_str(&format!(" collate {collation}"));
            }
            column.push_str(self.order(&mut reader));
            auto |= reader.eat(&["autoincrement"]);
            reader.eat(&[","]);
            columns.push(column);
        }
        (format!("({})", columns.join(", ")), auto)
    }

    fn check(&mut self, reader: &mut Reader<'_>) {
        let condition = self.expression(&reader.group().unwrap_or_default());
        self.constraints.insert(format!("check ({condition})"));
    }

    /// What follows REFERENCES.
    fn reference(&mut self, from: &str, reader: &mut Reader<'_>) {
        let parent = reader.name().to_ascii_lowercase();
        let to = match reader.peek() {
            Some(token) if token.text == "(" => names(reader),
            _ => {
                let key = (self.key_of)(&parent);
                format!("({})", key.join(", ").to_ascii_lowercase())
            }
        };
        let mut actions = BTreeSet::new();
        loop {
            if reader.eat(&["on"]) {
                let event = reader.name().to_ascii_lowercase();
                let first = reader.name().to_ascii_lowercase();
                let action = match first.as_str() {
                    "no" | "set" => format!("{first} {}", reader.name().to_ascii_lowercase()),
                    _ => first,
                };
                if action != "no action" {
                    actions.insert(format!("on {event} {action}"));
                }
            } else if reader.eat(&["match"]) {
                // SQLite reads it and does nothing with it.
                reader.name();
            } else if reader.eat(&["not", "deferrable"]) {
                initially_deferred(reader);
            } else if reader.eat(&["deferrable"]) {
                if initially_deferred(reader) {
                    actions.insert("deferred".to_owned());
                }
            } else {
                break;
            }
        }
        let actions: Vec<String> = actions.into_iter().collect();
        let key = format!(
            "foreign key {from} references {parent} {to} {}",
            actions.join(" ")
        );
        self.constraints.insert(key.trim_end().to_owned());
    }

    /// What follows DEFAULT; `None` for NULL, which is the default of the default.
    fn default(&self, reader: &mut Reader<'_>) -> Option<String> {
        if let Some(group) = reader.group() {
            return self.value(&group);
        }
        let mut value = Vec::new();
        if reader
            .peek()
            .is_some_and(|one| matches!(one.text, "+" | "-"))
        {
            value.extend(reader.take());
        }
        value.extend(reader.take());
        while let (Some(last), Some(next)) = (value.last(), reader.peek()) {
            // A number such as 1.5, or a blob literal: tokens that touch.
            let is_number = last.text == "." || last.text.starts_with(|c: char| c.is_ascii_digit());
            let is_blob = last.is("x") && matches!(next.kind, TokenKind::Text { .. });
            if last.end() != next.start || !(is_number || is_blob) {
                break;
            }
            value.extend(reader.take());
        }
        self.value(&value)
    }

    /// A value, without needless parentheses and signs.
    fn value(&self, tokens: &[Token<'_>]) -> Option<String> {
        let bare = strip(tokens);
        match bare {
            [one] if one.is("null") => None,
            [one] if one.is("true") => Some("1".to_owned()),
            [one] if one.is("false") => Some("0".to_owned()),
            [plus, number] if plus.text == "+" && is_digit(number) => {
                Some(number.text.to_ascii_lowercase())
            }
            // A name that is no value of its own is a string.
            [one] if matches!(one.kind, TokenKind::Quoted { .. }) => Some(text(one)),
            [one] if one.kind == TokenKind::Word && !is_digit(one) && !is_time(one) => {
                Some(text(one))
            }
            _ => Some(self.expression(bare)),
        }
    }

    /// An expression: names without quotes and case, strings as they are, one spelling for each operator.
    fn expression(&self, tokens: &[Token<'_>]) -> String {
        let mut out: Vec<String> = Vec::new();
        for token in strip(tokens) {
            let name = unquote(token.text);
            let is_string = token.text.starts_with('"') && self.table.column(&name).is_none();
            let word = match token.kind {
                TokenKind::Text { .. } => token.text.to_owned(),
                // A name in double quotes that is no column is a string.
                TokenKind::Quoted { .. } if is_string => text(token),
                _ => name.to_ascii_lowercase(),
            };
            let joined = match (out.last().map(String::as_str), word.as_str()) {
                (Some("="), "=") => Some("="),
                (Some("!"), "=") | (Some("<"), ">") => Some("<>"),
                _ => None,
            };
            match (joined, out.last_mut()) {
                (Some(operator), Some(last)) => operator.clone_into(last),
                _ => out.push(word),
            }
        }
        out.join(" ")
    }
}

/// The string that a name is taken for.
fn text(token: &Token<'_>) -> String {
    format!("'{}'", unquote(token.text).replace('\'', "''"))
}

fn is_digit(token: &Token<'_>) -> bool {
    token.text.starts_with(|c: char| c.is_ascii_digit())
}

fn is_time(token: &Token<'_>) -> bool {
    ["current_time", "current_date", "current_timestamp"]
        .iter()
        .any(|word| token.is(word))
}

/// The tokens without parentheses around all of them.
fn strip<'a, 'b>(tokens: &'b [Token<'a>]) -> &'b [Token<'a>] {
    let [first, inner @ .., last] = tokens else {
        return tokens;
    };
    let mut depth = 0_i64;
    let closes_early = inner.iter().any(|token| {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        depth < 0
    });
    if first.text == "(" && last.text == ")" && !closes_early && !inner.is_empty() {
        strip(inner)
    } else {
        tokens
    }
}

/// Column names in parentheses.
fn names(reader: &mut Reader<'_>) -> String {
    let names: Vec<String> = reader
        .group()
        .unwrap_or_default()
        .iter()
        .filter(|token| token.text != ",")
        .map(|token| unquote(token.text).to_ascii_lowercase())
        .collect();
    format!("({})", names.join(", "))
}

/// ON CONFLICT; ABORT is the default.
fn conflict(reader: &mut Reader<'_>) -> String {
    if !reader.eat(&["on", "conflict"]) {
        return String::new();
    }
    match reader.name().to_ascii_lowercase().as_str() {
        "abort" => String::new(),
        other => format!(" on conflict {other}"),
    }
}

fn initially_deferred(reader: &mut Reader<'_>) -> bool {
    let is_deferred = reader.eat(&["initially", "deferred"]);
    reader.eat(&["initially", "immediate"]);
    is_deferred
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

    use crate::schema::of_file;

    fn is_same(a: &str, b: &str) -> bool {
        let schema = |sql: &str| of_file(sql, "d1_migrations").unwrap();
        schema(a).same_as(&schema(b))
    }

    #[test]
    fn spellings_of_one_table_are_the_same() {
        for (a, b) in [
            (
                "a INTEGER DEFAULT 0 NOT NULL",
                "a INTEGER NOT NULL DEFAULT 0",
            ),
            (
                "a INTEGER REFERENCES p (id) ON DELETE NO ACTION",
                "a INTEGER REFERENCES p (id)",
            ),
            (
                "a INTEGER REFERENCES p (id) ON UPDATE CASCADE ON DELETE SET NULL",
                "a INTEGER, FOREIGN KEY (a) REFERENCES p (id) ON DELETE SET NULL ON UPDATE CASCADE",
            ),
            (
                "a INTEGER REFERENCES p",
                "a INTEGER REFERENCES p (id) MATCH SIMPLE NOT DEFERRABLE",
            ),
            ("a TEXT UNIQUE", "a TEXT, UNIQUE (a)"),
            (
                "a TEXT PRIMARY KEY",
                "a TEXT, CONSTRAINT pk PRIMARY KEY (a ASC)",
            ),
            (
                "a INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL",
                "a INTEGER, PRIMARY KEY (a AUTOINCREMENT)",
            ),
            ("a TEXT NULL", "a TEXT DEFAULT NULL"),
            (
                "'a' TEXT REFERENCES 'p' ('id')",
                "[a] text REFERENCES `p` (\"id\")",
            ),
            (
                "a INTEGER CHECK (a > 0)",
                "a INTEGER, CONSTRAINT positive CHECK ((\"a\" > 0))",
            ),
            (
                "a INTEGER CHECK (a != 0 AND a == 1)",
                "a INTEGER CHECK (a <> 0 AND a = 1)",
            ),
            ("a INTEGER DEFAULT (0)", "a INTEGER DEFAULT +0"),
            ("a INTEGER DEFAULT TRUE", "a INTEGER DEFAULT 1"),
            ("a TEXT DEFAULT \"It\"", "a TEXT DEFAULT 'It'"),
            (
                "a TEXT DEFAULT CURRENT_TIMESTAMP",
                "a TEXT DEFAULT (current_timestamp)",
            ),
            ("a VARCHAR(10) COLLATE BINARY", "a varchar ( 10 )"),
            (
                "a INTEGER, b AS (a + 1)",
                "a INTEGER, b GENERATED ALWAYS AS ((a + 1)) VIRTUAL",
            ),
            ("a TEXT NOT NULL ON CONFLICT ABORT", "a TEXT NOT NULL"),
            ("a REAL DEFAULT -1.5", "a REAL DEFAULT (-1.5)"),
            (
                "a INTEGER UNIQUE CHECK (a > 0)",
                "a INTEGER CHECK (a > 0) UNIQUE",
            ),
        ] {
            let table = |body: &str| {
                format!("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t ({body});")
            };
            assert!(is_same(&table(a), &table(b)), "{a} | {b}");
        }
        let index = "CREATE TABLE t (a TEXT); CREATE INDEX";
        assert!(is_same(
            &format!("{index} IF NOT EXISTS i ON t (a ASC);"),
            &format!("{index} i ON \"t\" (`a`);")
        ));
        assert!(is_same(
            "CREATE TABLE IF NOT EXISTS t (a TEXT PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;",
            "CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID, STRICT;"
        ));
    }

    #[test]
    fn tables_that_differ_are_told_apart() {
        for (a, b) in [
            ("a TEXT DEFAULT 'It'", "a TEXT DEFAULT 'it'"),
            ("a TEXT DEFAULT \"It\"", "a TEXT DEFAULT \"it\""),
            ("a TEXT CHECK (a <> \"New\")", "a TEXT CHECK (a <> \"new\")"),
            ("a TEXT NOT NULL", "a TEXT"),
            ("a TEXT PRIMARY KEY NOT NULL", "a TEXT PRIMARY KEY"),
            ("a INTEGER PRIMARY KEY DESC", "a INTEGER PRIMARY KEY"),
            ("a INT PRIMARY KEY", "a INTEGER PRIMARY KEY"),
            (
                "a INTEGER REFERENCES p ON DELETE CASCADE",
                "a INTEGER REFERENCES p",
            ),
            (
                "a INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED",
                "a INTEGER REFERENCES p",
            ),
            ("a INTEGER, b AS (a) STORED", "a INTEGER, b AS (a)"),
            ("a INTEGER, b TEXT", "b TEXT, a INTEGER"),
            ("a TEXT UNIQUE ON CONFLICT REPLACE", "a TEXT UNIQUE"),
            ("a TEXT DEFAULT ('x' || 'y')", "a TEXT DEFAULT 'xy'"),
            ("a INTEGER DEFAULT '1'", "a INTEGER DEFAULT 1"),
            ("a TEXT DEFAULT ' autoincrement'", "a TEXT"),
            ("Title TEXT", "title TEXT"),
        ] {
            let table = |body: &str| {
                format!("CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t ({body});")
            };
            assert!(!is_same(&table(a), &table(b)), "{a} | {b}");
        }
    }
}
