//! What is in the tables, to see what a migration did to rows that it should have kept.

use std::collections::BTreeMap;

use d1_sim::rusqlite::Connection;

use crate::error::Error;
use crate::schema::{Schema, Table};
use crate::sql::name::{ident, same};

/// Counts and references of all tables.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    tables: Vec<TableRows>,
}

#[derive(Debug, Clone)]
struct TableRows {
    name: String,
    n_rows: u64,
    /// Sorted values of each column that refers to another table.
    references: BTreeMap<String, Vec<String>>,
}

/// Something that was there before and is not after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    pub table: String,
    /// The table refers to others, so that a dropped parent explains the loss.
    pub is_child: bool,
    /// `None`: rows; `Some`: the values of this column.
    pub column: Option<String>,
    pub message: String,
}

/// Number of rows of a table.
pub fn count(connection: &Connection, table: &str) -> Result<u64, Error> {
    let sql = format!("SELECT count(*) FROM {}", ident(table));
    let n: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(n.unsigned_abs())
}

impl Loss {
    /// What is lost, as `allow` names it.
    pub fn subject(&self) -> String {
        match &self.column {
            None => self.table.clone(),
            Some(column) => format!("{}.{column}", self.table),
        }
    }
}

impl Snapshot {
    /// Looks at all tables of `schema`.
    pub fn take(connection: &Connection, schema: &Schema) -> Result<Self, Error> {
        let mut tables = Vec::new();
        for table in schema.tables() {
            let mut references = BTreeMap::new();
            for column in reference_columns(table) {
                references.insert(column.clone(), values(connection, &table.name, &column)?);
            }
            tables.push(TableRows {
                name: table.name.clone(),
                n_rows: count(connection, &table.name)?,
                references,
            });
        }
        Ok(Self { tables })
    }

    /// What `after` has lost of the tables and columns that both know.
    pub fn losses(&self, after: &Self) -> Vec<Loss> {
        let pairs = self.tables.iter().filter_map(|before| {
            let found = after
                .tables
                .iter()
                .find(|one| same(&one.name, &before.name));
            found.map(|after| (before, after))
        });
        pairs
            .flat_map(|(before, after)| before.losses(after))
            .collect()
    }
}

impl TableRows {
    fn losses(&self, after: &Self) -> Vec<Loss> {
        let is_child = !self.references.is_empty();
        let loss = |column: Option<&String>, message| Loss {
            table: self.name.clone(),
            is_child,
            column: column.cloned(),
            message,
        };
        if after.n_rows < self.n_rows {
            let message = format!(
                "{} had {} rows before the migration and has {} after it",
                self.name, self.n_rows, after.n_rows
            );
            return vec![loss(None, message)];
        }
        if after.n_rows > self.n_rows {
            // Rows were added: their references are not the ones from before.
            return Vec::new();
        }
        self.references
            .iter()
            .filter(|(column, values)| {
                after
                    .references
                    .get(*column)
                    .is_some_and(|now| now != *values)
            })
            .map(|(column, _)| {
                let message = format!(
                    "{}.{column} refers to other rows after the migration than before it",
                    self.name
                );
                loss(Some(column), message)
            })
            .collect()
    }
}

fn reference_columns(table: &Table) -> Vec<String> {
    let mut names: Vec<String> = table
        .foreign_keys
        .iter()
        .flat_map(|key| key.from.iter().map(|name| name.to_ascii_lowercase()))
        .collect();
    names.sort();
    names.dedup();
    names
}

fn values(connection: &Connection, table: &str, column: &str) -> Result<Vec<String>, Error> {
    // 1, 1.0 and '1' are the same reference: a key may get another type together with what refers to it.
    let sql = format!(
        "SELECT quote(CAST(iif(typeof({0}) = 'real' AND {0} = CAST({0} AS INTEGER), CAST({0} AS INTEGER), {0}) AS TEXT)) AS v \
         FROM {1} ORDER BY v",
        ident(column),
        ident(table)
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
