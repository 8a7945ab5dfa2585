//! Rows for every table, invented so that they satisfy its constraints.
//!
//! Constraints are arbitrary SQL, so this is a search: values of the right type first, then the literals that the
//! table's own SQL mentions, until `SQLite` takes the row.

use d1_sim::rusqlite::types::Value;
use d1_sim::rusqlite::{Connection, params_from_iter};

use super::rows;
use crate::error::Error;
use crate::schema::{Column, ForeignKey, Kind, Schema, Table};
use crate::sql::lex::{self, tokens};
use crate::sql::name::{ident, ident_list, mentions, same, unquote};

/// Rows made for each table; the last one has NULL wherever the table takes it.
pub const ROWS_PER_TABLE: usize = 3;

/// Tries before a table is given up. One try is one INSERT into memory, some microseconds.
const MAX_TRIES_PER_ROW: usize = 4_000;

/// Puts rows into every table. Returns the tables for which none were found, with `SQLite`'s last objection.
pub fn fill(connection: &Connection, schema: &Schema) -> Result<Vec<(String, String)>, Error> {
    fill_with(connection, schema, 0)
}

/// [`fill`] with other values: each variant has its own.
pub fn fill_with(
    connection: &Connection,
    schema: &Schema,
    variant: u64,
) -> Result<Vec<(String, String)>, Error> {
    let mut failed = Vec::new();
    // Deferred, so that cycles of tables can be filled one table after the other.
    connection.execute_batch("BEGIN; PRAGMA defer_foreign_keys = ON;")?;
    for table in parents_first(schema) {
        let sql = schema
            .find(Kind::Table, &table.name)
            .map_or("", |one| one.sql.as_str());
        let mut search = Search::new(table, sql, variant);
        for row in 0..ROWS_PER_TABLE {
            if let Err(message) = search.insert(connection, row)
                && row == 0
            {
                // Rows that the migrations put in are as good.
                if rows::count(connection, &table.name)? == 0 {
                    failed.push((table.name.clone(), message));
                }
                break;
            }
        }
    }
    remove_orphans(connection)?;
    if let Err(error) = connection.execute_batch("COMMIT") {
        connection.execute_batch("ROLLBACK")?;
        failed.push(("the tables together".to_owned(), error.to_string()));
        return Ok(failed);
    }
    for table in schema.tables() {
        let is_known = failed.iter().any(|(name, _)| same(name, &table.name));
        if !is_known && rows::count(connection, &table.name)? == 0 {
            let message = "its rows refer to rows that could not be invented".to_owned();
            failed.push((table.name.clone(), message));
        }
    }
    Ok(failed)
}

/// Makes all rows of a table refer to a row of a parent, by a key that is yet to be a foreign key.
pub fn refer(connection: &Connection, schema: &Schema, table: &Table, key: &ForeignKey) {
    let to = schema.key_columns(key);
    let sql = format!(
        "UPDATE {} SET ({}) = (SELECT {} FROM {} LIMIT 1)",
        ident(&table.name),
        ident_list(key.from.iter().map(String::as_str)),
        ident_list(to.iter().map(String::as_str)),
        ident(&key.parent)
    );
    // Where a constraint does not allow that, the rows stay as they are, and so does the failure.
    let _ = connection.execute_batch(&sql);
}

/// Deletes rows whose references dangle, until none do: the other tables keep theirs.
fn remove_orphans(connection: &Connection) -> Result<(), Error> {
    // Each round deletes a row at least, unless a trigger puts it back.
    for _ in 0..MAX_TRIES_PER_ROW {
        let found = {
            let mut statement = connection
                .prepare("SELECT \"table\", rowid FROM pragma_foreign_key_check LIMIT 1")?;
            let mut orphans =
                statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?)))?;
            orphans.next().transpose()?
        };
        let Some((table, rowid)): Option<(String, Option<i64>)> = found else {
            return Ok(());
        };
        let row = rowid.map_or(String::new(), |rowid| format!(" WHERE _rowid_ = {rowid}"));
        if connection
            .execute(&format!("DELETE FROM {}{row}", ident(&table)), [])
            .is_err()
        {
            return Ok(());
        }
    }
    Ok(())
}

/// Puts a row into a table that has none, without regard to CHECK and foreign keys.
pub fn force(connection: &Connection, table: &Table) -> Result<(), Error> {
    if rows::count(connection, &table.name)? > 0 {
        return Ok(());
    }
    let switch = |on: &str, off: &str| {
        connection.execute_batch(&format!(
            "PRAGMA ignore_check_constraints = {on}; PRAGMA foreign_keys = {off};"
        ))
    };
    switch("ON", "OFF")?;
    // A trigger may still refuse it. Then ALTER TABLE is tried without a row.
    let _ = Search::new(table, "", 0).insert(connection, 0);
    switch("OFF", "ON")?;
    Ok(())
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
    /// Variants after the first prefer values of the table's own SQL to natural ones.
    variant: u64,
    /// State of a linear congruential generator: the same rows in every run.
    random: u64,
    /// Counts values that must differ from all before.
    n_values: i64,
}

impl<'a> Search<'a> {
    fn new(table: &'a Table, sql: &str, variant: u64) -> Self {
        Self {
            table,
            columns: table.stored().collect(),
            hints: hints(sql),
            variant,
            random: variant + 1,
            n_values: 1,
        }
    }

    fn insert(&mut self, connection: &Connection, row: usize) -> Result<(), String> {
        // Every other variant has rows without NULL.
        let want_nulls = row + 1 == ROWS_PER_TABLE && self.variant.is_multiple_of(2);
        let references = self.references(connection, row);
        let mut values: Vec<Value> = Vec::new();
        for (column, reference) in self.columns.clone().into_iter().zip(references) {
            let value = match reference {
                _ if want_nulls && column.takes_null() => Value::Null,
                Some(value) => value,
                None => self.preferred(column, row),
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
        // The columns of a key change together, or they would name no row of the parent.
        let other_row = row + self.pick(ROWS_PER_TABLE);
        let references = self.references(connection, other_row);
        for ((column, value), reference) in columns.into_iter().zip(values).zip(references) {
            if let Some(reference) = reference {
                let is_dropped = column.takes_null() && self.pick(3) == 0;
                *value = if is_dropped { Value::Null } else { reference };
                continue;
            }
            if (any_named && !named(column)) || (!any_named && self.pick(2) == 0) {
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

    /// The natural value, or in a variant one that the table's SQL mentions.
    fn preferred(&mut self, column: &Column, row: usize) -> Value {
        let natural = self.natural(column, row);
        if self.variant == 0 || column.key_place > 0 || self.pick(2) == 0 {
            return natural;
        }
        let n_hints = self.hints.len();
        let choice = self.pick(n_hints);
        self.hints.get(choice).cloned().unwrap_or(natural)
    }

    /// The value one would expect: of the column's type, unlike those before.
    fn natural(&mut self, column: &Column, row: usize) -> Value {
        let declared = column.declared.to_ascii_uppercase();
        self.n_values += 1;
        let n = self.n_values;
        if declared.contains("INT") && column.key_place == 1 {
            // What a table of a cycle expects, see `references`.
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

    /// The values of columns that refer to other tables, `None` for all other columns. The columns of one key get the
    /// values of one row of the parent; a column of two keys gets a value that both parents have.
    fn references(&self, connection: &Connection, row: usize) -> Vec<Option<Value>> {
        let mut found: Vec<Option<Value>> = vec![None; self.columns.len()];
        let mut keys: Vec<&ForeignKey> = self.table.foreign_keys.iter().collect();
        keys.sort_by_key(|key| std::cmp::Reverse(key.from.len()));
        for key in keys {
            let places: Vec<usize> = key
                .from
                .iter()
                .filter_map(|name| self.columns.iter().position(|one| same(&one.name, name)))
                .collect();
            let known: Vec<Option<Value>> = places
                .iter()
                .map(|&place| found.get(place).cloned().flatten())
                .collect();
            if known.contains(&Some(Value::Null)) {
                // A key with a NULL refers to nothing.
                continue;
            }
            let parent = parent_row(connection, key, &known, row);
            for (index, &place) in places.iter().enumerate() {
                let (Some(column), Some(slot)) = (self.columns.get(place), found.get_mut(place))
                else {
                    continue;
                };
                if slot.is_some() {
                    continue;
                }
                *slot = match &parent {
                    Some(values) => values.get(index).cloned(),
                    // No row yet: the table refers to itself, or to one that comes later.
                    None if column.takes_null() => Some(Value::Null),
                    None if column.declared.to_ascii_uppercase().contains("INT") => {
                        Some(row_number(row % ROWS_PER_TABLE))
                    }
                    None => None,
                };
            }
        }
        found
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

/// The columns that a key refers to, of one row of the parent that has the known values.
fn parent_row(
    connection: &Connection,
    key: &ForeignKey,
    known: &[Option<Value>],
    row: usize,
) -> Option<Vec<Value>> {
    let mut targets = key.to.clone();
    if targets.is_empty() {
        // Without a column list the parent's primary key is meant.
        let sql = "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk";
        let mut statement = connection.prepare(sql).ok()?;
        let names = statement.query_map([&key.parent], |found| found.get(0));
        targets = names.ok()?.collect::<Result<_, _>>().ok()?;
    }
    if targets.len() != known.len() || targets.is_empty() {
        return None;
    }
    let conditions: Vec<String> = targets
        .iter()
        .zip(known)
        .enumerate()
        .map(|(index, (target, known))| match known {
            Some(_) => format!("{} = ?{}", ident(target), index + 1),
            // The parameter is there so that each has a value.
            None => format!("{} IS NOT NULL AND ?{} IS NULL", ident(target), index + 1),
        })
        .collect();
    let get = |offset: usize| {
        let sql = format!(
            "SELECT {} FROM {} WHERE {} LIMIT 1 OFFSET {offset}",
            ident_list(targets.iter().map(String::as_str)),
            ident(&key.parent),
            conditions.join(" AND ")
        );
        let values = known.iter().map(|one| one.clone().unwrap_or(Value::Null));
        connection
            .query_row(&sql, params_from_iter(values), |found| {
                (0..targets.len()).map(|index| found.get(index)).collect()
            })
            .ok()
    };
    get(row)
        .or_else(|| get(row % ROWS_PER_TABLE))
        .or_else(|| get(0))
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
            lex::TokenKind::Text { closed: true } => out.push(Value::Text(unquote(token.text))),
            lex::TokenKind::Word => {
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
    use d1_sim::Simulator;

    fn counts(sql: &str) -> Vec<(String, u64)> {
        let database = Simulator::empty().unwrap();
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

    #[test]
    fn columns_of_a_composite_key_are_of_one_row() {
        let all = counts(
            "CREATE TABLE org (id TEXT PRIMARY KEY NOT NULL);
             CREATE TABLE team (org TEXT NOT NULL REFERENCES org, id INTEGER NOT NULL, lead INTEGER, PRIMARY KEY (org, id),
               FOREIGN KEY (org, lead) REFERENCES team (org, id));
             CREATE TABLE desk (id TEXT NOT NULL, org TEXT REFERENCES org, UNIQUE (org, id));
             CREATE TABLE seat (org TEXT NOT NULL, team INTEGER NOT NULL, desk TEXT NOT NULL,
               FOREIGN KEY (org, team) REFERENCES team ON DELETE CASCADE, FOREIGN KEY (org, desk) REFERENCES desk (org, id));
             CREATE TABLE either (team INTEGER, desk TEXT, org TEXT NOT NULL, CHECK ((team IS NULL) <> (desk IS NULL)),
               FOREIGN KEY (org, team) REFERENCES team, FOREIGN KEY (org, desk) REFERENCES desk (org, id));",
        );
        for (table, n) in all {
            assert!(n >= 2, "{table}: {n}");
        }
    }

    #[test]
    fn table_without_rows_leaves_the_others_theirs() {
        let database = Simulator::empty().unwrap();
        database
            .connection()
            .execute_batch(
                "CREATE TABLE a (id INTEGER PRIMARY KEY);
                 CREATE TABLE odd (k TEXT NOT NULL PRIMARY KEY CHECK (k GLOB 'zq[3-4]?-[x]'));
                 CREATE TABLE b (odd TEXT NOT NULL REFERENCES odd, a INTEGER REFERENCES a);",
            )
            .unwrap();
        let schema = read(database.connection(), "d1_migrations").unwrap();
        let failed = fill(database.connection(), &schema).unwrap();
        let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["odd", "b"]);
        assert_eq!(rows::count(database.connection(), "a").unwrap(), 3);
    }
}
