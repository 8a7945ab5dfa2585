//! Rows for every table, invented so that they satisfy its constraints.
//!
//! Constraints are arbitrary SQL, so this is a search: values of the right type first, then the literals that the
//! table's own SQL mentions, until `SQLite` takes the row.

use d1_sim::rusqlite::types::Value;
use d1_sim::rusqlite::{Connection, params_from_iter};

use crate::error::Error;
use crate::schema::{Column, Schema, Table};
use crate::sql::lex::{Kind, tokens};
use crate::sql::name::{ident, mentions, same, unquote};

/// Rows made for each table; the last one has NULL wherever the table takes it.
pub const ROWS_PER_TABLE: usize = 3;

/// Tries before a table is given up. One try is one INSERT into memory, some microseconds.
const MAX_TRIES_PER_ROW: usize = 4_000;

/// Puts rows into every table. Returns the tables for which none were found, with `SQLite`'s last objection.
pub fn fill(connection: &Connection, schema: &Schema) -> Result<Vec<(String, String)>, Error> {
    let mut failed = Vec::new();
    // Deferred, so that cycles of tables can be filled one table after the other.
    connection.execute_batch("BEGIN; PRAGMA defer_foreign_keys = ON;")?;
    for table in parents_first(schema) {
        let sql = schema
            .objects
            .iter()
            .find(|one| same(&one.name, &table.name))
            .map_or("", |one| one.sql.as_str());
        let mut search = Search::new(table, sql);
        for row in 0..ROWS_PER_TABLE {
            if let Err(message) = search.insert(connection, row)
                && row == 0
            {
                failed.push((table.name.clone(), message));
                break;
            }
        }
    }
    if let Err(error) = connection.execute_batch("COMMIT") {
        connection.execute_batch("ROLLBACK")?;
        failed.push(("the tables together".to_owned(), error.to_string()));
    }
    Ok(failed)
}

/// Tables in an order in which parents come before children, as far as there is one.
pub fn parents_first(schema: &Schema) -> Vec<&Table> {
    let mut waiting: Vec<&Table> = schema.tables().collect();
    let mut out: Vec<&Table> = Vec::new();
    while !waiting.is_empty() {
        let is_ready = |table: &&Table| {
            table.foreign_keys.iter().all(|key| {
                same(&key.parent, &table.name)
                    || !waiting.iter().any(|other| same(&other.name, &key.parent))
            })
        };
        let at = waiting.iter().position(is_ready).unwrap_or(0);
        out.push(waiting.remove(at));
    }
    out
}

/// The search for rows of one table.
struct Search<'a> {
    table: &'a Table,
    columns: Vec<&'a Column>,
    /// Values worth trying, from the table's own SQL.
    hints: Vec<Value>,
    /// State of a linear congruential generator: the same rows in every run.
    random: u64,
    /// Counts values that must differ from all before.
    n_values: i64,
}

impl<'a> Search<'a> {
    fn new(table: &'a Table, sql: &str) -> Self {
        Self {
            table,
            columns: table.stored().collect(),
            hints: hints(sql),
            random: 1,
            n_values: 1,
        }
    }

    fn insert(&mut self, connection: &Connection, row: usize) -> Result<(), String> {
        let want_nulls = row + 1 == ROWS_PER_TABLE;
        let mut values: Vec<Value> = Vec::new();
        for column in self.columns.clone() {
            let value = if want_nulls && !column.not_null && column.key_place == 0 {
                Value::Null
            } else {
                self.natural(connection, column, row)
            };
            values.push(value);
        }
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({})",
            ident(&self.table.name),
            self.columns
                .iter()
                .map(|column| ident(&column.name))
                .collect::<Vec<_>>()
                .join(", "),
            vec!["?"; self.columns.len()].join(", ")
        );
        let mut last = String::new();
        for _ in 0..MAX_TRIES_PER_ROW {
            match connection.execute(&sql, params_from_iter(values.iter())) {
                Ok(_) => return Ok(()),
                Err(error) => last = error.to_string(),
            }
            self.vary(connection, &mut values, &last, row);
        }
        Err(last)
    }

    /// Changes the values of the columns that the objection names, or of any column.
    fn vary(&mut self, connection: &Connection, values: &mut [Value], message: &str, row: usize) {
        let columns = self.columns.clone();
        let named = |column: &Column| mentions(&message.replace(['\'', '"'], " "), &column.name);
        let any_named = columns.iter().any(|column| named(column));
        for (column, value) in columns.into_iter().zip(values) {
            if (any_named && !named(column)) || (!any_named && self.pick(2) == 0) {
                continue;
            }
            if let Some(parent) = self.parent_value(connection, column, row) {
                *value = parent;
                continue;
            }
            let n_hints = self.hints.len();
            let choice = self.pick(n_hints + 8);
            *value = match self.hints.get(choice) {
                Some(hint) => hint.clone(),
                None => self.generic(choice - n_hints),
            };
        }
    }

    /// The value one would expect: of the column's type, unlike those before, or the key of a parent's row.
    fn natural(&mut self, connection: &Connection, column: &Column, row: usize) -> Value {
        if let Some(value) = self.parent_value(connection, column, row) {
            return value;
        }
        let declared = column.declared.to_ascii_uppercase();
        self.n_values += 1;
        let n = self.n_values;
        if declared.contains("INT") && column.key_place == 1 {
            // What a table of a cycle expects, see `parent_value`.
            row_number(row)
        } else if declared.contains("INT") {
            Value::Integer(n)
        } else if declared.contains("BLOB") {
            Value::Blob(n.to_be_bytes().to_vec())
        } else if ["REAL", "FLOA", "DOUB", "NUM", "DEC"]
            .iter()
            .any(|word| declared.contains(word))
        {
            Value::Real(n as f64 + 0.5)
        } else {
            Value::Text(format!("{}-{n}", column.name))
        }
    }

    /// The key of a row of the parent, for a column of a foreign key.
    fn parent_value(&self, connection: &Connection, column: &Column, row: usize) -> Option<Value> {
        let (key, place) = self.table.foreign_keys.iter().find_map(|key| {
            let place = key.from.iter().position(|from| same(from, &column.name))?;
            Some((key, place))
        })?;
        let target = match key.to.get(place) {
            Some(name) => ident(name),
            // Without a column list the parent's primary key is meant.
            None => connection
                .query_row(
                    "SELECT name FROM pragma_table_info(?1) WHERE pk = ?2",
                    (&key.parent, i64::try_from(place + 1).unwrap_or(1)),
                    |found| found.get::<_, String>(0),
                )
                .ok()
                .map(|name| ident(&name))?,
        };
        let sql = format!(
            "SELECT {target} FROM {} WHERE {target} IS NOT NULL LIMIT 1 OFFSET {row}",
            ident(&key.parent)
        );
        let first = sql.replace(&format!("OFFSET {row}"), "OFFSET 0");
        let get = |sql: &str| connection.query_row(sql, [], |found| found.get(0)).ok();
        get(&sql).or_else(|| get(&first)).or_else(|| {
            // No row yet: the table refers to itself, or to one that comes later.
            if column.takes_null() {
                Some(Value::Null)
            } else {
                column
                    .declared
                    .to_ascii_uppercase()
                    .contains("INT")
                    .then(|| row_number(row))
            }
        })
    }

    fn generic(&mut self, choice: usize) -> Value {
        self.n_values += 1;
        let n = self.n_values;
        match choice {
            0 => Value::Null,
            1 => Value::Integer(n),
            2 => Value::Integer(n % 2),
            3 => Value::Text(format!("2026-01-{:02}T00:00:00.000Z", n % 28 + 1)),
            4 => Value::Text("{}".to_owned()),
            5 => Value::Text(format!("a{n}@example.org")),
            6 => Value::Real(n as f64 / 100.0),
            _ => Value::Text(format!("{n}")),
        }
    }

    fn pick(&mut self, n: usize) -> usize {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.random >> 33).unwrap_or(0) % n.max(1)
    }
}

/// The key of a row when nothing speaks against it.
fn row_number(row: usize) -> Value {
    Value::Integer(i64::try_from(row).unwrap_or(0) + 1)
}

/// Literals of a CREATE TABLE, numbers beside them, and texts as long as the numbers say.
fn hints(sql: &str) -> Vec<Value> {
    let mut out = Vec::new();
    for token in tokens(sql) {
        match token.kind {
            Kind::Text { closed: true } => out.push(Value::Text(unquote(token.text))),
            Kind::Word => {
                if let Ok(number) = token.text.parse::<i64>() {
                    out.extend((-1..=1).map(|by| Value::Integer(number.saturating_add(by))));
                    if let Ok(length @ 1..=1_000) = usize::try_from(number) {
                        out.push(Value::Text("x".repeat(length)));
                    }
                }
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::{ROWS_PER_TABLE, fill};
    use crate::replay::rows;
    use crate::schema::read;
    use d1_sim::D1;

    fn counts(sql: &str) -> Vec<(String, u64)> {
        let database = D1::empty().unwrap();
        database.connection().execute_batch(sql).unwrap();
        let schema = read(database.connection(), "d1_migrations").unwrap();
        let failed = fill(database.connection(), &schema).unwrap();
        assert_eq!(failed, [], "{sql}");
        schema
            .tables()
            .map(|table| {
                let n = rows::count(database.connection(), &table.name).unwrap();
                (table.name.clone(), n)
            })
            .collect()
    }

    #[test]
    fn constraints_of_many_kinds_are_satisfied() {
        let all = counts(
            "CREATE TABLE a (id INTEGER PRIMARY KEY, k TEXT NOT NULL UNIQUE CHECK (length(k) BETWEEN 1 AND 3),
               s TEXT NOT NULL CHECK (s IN ('new', 'old')), n INTEGER CHECK (n > 40 AND n < 50), p ANY) STRICT;
             CREATE TABLE b (x TEXT PRIMARY KEY, d TEXT NOT NULL CHECK (date(d) IS NOT NULL), j TEXT CHECK (json_valid(j))) WITHOUT ROWID;",
        );
        for (table, n) in all {
            assert_eq!(n, ROWS_PER_TABLE as u64, "{table}");
        }
    }

    #[test]
    fn references_are_satisfied_with_cycles_and_self_references() {
        let all = counts(
            "CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER NOT NULL REFERENCES p, up INTEGER REFERENCES c(id));
             CREATE TABLE p (id INTEGER PRIMARY KEY, favourite INTEGER REFERENCES c(id), a TEXT, b TEXT, UNIQUE (a, b));
             CREATE TABLE pair (a TEXT, b TEXT, FOREIGN KEY (a, b) REFERENCES p (a, b) ON DELETE CASCADE);",
        );
        for (table, n) in all {
            assert!(n >= 1, "{table}");
        }
    }
}
