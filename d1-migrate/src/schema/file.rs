//! schema.sql, by hand or as a dump: `sqlite3 .dump` and `wrangler d1 export` give rows and settings, too.

use d1_sim::{BatchStep, Failure, Simulator};

use super::object::Schema;
use super::read::{is_internal, read};
use crate::error::Error;
use crate::sql::lex::{TokenKind, tokens};
use crate::sql::name::unquote;
use crate::sql::shape::{self, Shape};
use crate::sql::split::{self, RawStatement};

/// The schema that the text of schema.sql describes.
pub fn of_file(schema_sql: &str, ledger: &str) -> Result<Schema, Error> {
    let database = Simulator::empty()?;
    let statements: Vec<RawStatement> = split::statements(schema_sql)
        .into_iter()
        .filter_map(|one| definition(one, ledger))
        .collect();
    database
        .run(statements.iter().map(|one| one.sql.as_str()))
        .map_err(|failure| Error::SchemaFile {
            line: line_of(schema_sql, &statements, &failure),
            message: failure.message,
        })?;
    read(database.connection(), ledger)
}

/// One-based line of what SQLite objects to.
fn line_of(text: &str, statements: &[RawStatement], failure: &Failure) -> usize {
    let start = match failure.step {
        BatchStep::Statement(index) => statements.get(index).map_or(0, |one| one.start),
        BatchStep::Commit => 0,
    };
    let before = text.get(..start + failure.offset().unwrap_or(0));
    before.unwrap_or_default().matches('\n').count() + 1
}

/// What a statement says of the schema; `None` for rows, settings and what is no affair of the project.
fn definition(statement: RawStatement, ledger: &str) -> Option<RawStatement> {
    match shape::of(&statement.sql) {
        Shape::Transaction | Shape::Pragma { .. } | Shape::Select => None,
        Shape::CreateTable { table, .. } if is_internal(&table, ledger) => None,
        // The way in which `.dump` writes a virtual table.
        Shape::Change { word, table } if word == "insert" && is_master(&table) => {
            let texts = tokens(&statement.sql);
            let sql = texts
                .iter()
                .filter(|one| matches!(one.kind, TokenKind::Text { .. }))
                .map(|one| unquote(one.text))
                .find(|text| shape::of(text) == Shape::CreateVirtualTable)?;
            Some(RawStatement { sql, ..statement })
        }
        Shape::Change { .. } => None,
        _ => Some(statement),
    }
}

fn is_master(table: &str) -> bool {
    ["sqlite_schema", "sqlite_master"]
        .iter()
        .any(|name| table.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::of_file;
    use crate::schema::print;

    #[test]
    fn dump_is_read_for_its_definitions() {
        let dump = "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE d1_migrations (id INTEGER);\n\
            CREATE TABLE sqlite_sequence(name,seq);\nCREATE TABLE IF NOT EXISTS \"a\" (id INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT);\n\
            INSERT INTO a VALUES(1,'CREATE TABLE no (x);');\nPRAGMA writable_schema=ON;\n\
            INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql)VALUES('table','w','w',0,'CREATE VIRTUAL TABLE w USING fts5 (b, tokenize=''trigram'')');\n\
            CREATE TABLE IF NOT EXISTS 'w_data'(id INTEGER PRIMARY KEY, block BLOB);\nPRAGMA writable_schema=OFF;\n\
            DELETE FROM sqlite_sequence;\nINSERT INTO sqlite_sequence VALUES('a',1);\nCREATE INDEX a_b ON a (b);\nCOMMIT;\n";
        let hand = "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT); CREATE INDEX a_b ON a (b);
            CREATE VIRTUAL TABLE w USING fts5 (b, tokenize='trigram');";
        let (dump, hand) = (
            of_file(dump, "d1_migrations").unwrap(),
            of_file(hand, "d1_migrations").unwrap(),
        );
        assert!(dump.same_as(&hand), "{}", print(&dump));
    }

    #[test]
    fn error_names_its_line() {
        let error = of_file(
            "CREATE TABLE a (x);\n\nCREATE TABLE b (\n  x TEXT,\n);\n",
            "l",
        )
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "schema.sql, line 5: near \")\": syntax error"
        );
        let error = of_file("-- a\nCREATE INDEX i ON nowhere (x);\n", "l").unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("schema.sql, line 2: no such table"),
            "{error}"
        );
    }
}
