//! SQLite in memory as a [`Store`]: real migrations, one transaction a batch, D1's limits, and
//! faults that come before a batch has run or after it has landed.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs;

use jobs_ingest_core::limits::{D1_MAX_STATEMENT_BYTES, D1_MAX_STATEMENTS, D1_MAX_VALUE_BYTES};
use jobs_ingest_core::outcome::{ResultRow, Results};
use jobs_ingest_core::sql::Statement;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::store::{Notes, Store};

/// When a fault comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Instead of the batch.
    Before(&'static str),
    /// After the batch has landed.
    After(&'static str),
    /// None, but somebody else's statement runs right after.
    Meanwhile(&'static str),
    /// None this time.
    Not,
}

pub struct FakeStore {
    connection: RefCell<Connection>,
    faults: RefCell<VecDeque<Fault>>,
    pub n_calls: Cell<usize>,
    pub waits_ms: RefCell<Vec<u64>>,
    /// The last batch's texts.
    pub last_sql: RefCell<String>,
}

impl FakeStore {
    /// Meets the faults in turn, and none after them.
    pub fn with(faults: impl IntoIterator<Item = Fault>) -> Self {
        let connection = Connection::open_in_memory().unwrap();
        for (limit, bytes) in [
            (Limit::SQLITE_LIMIT_LENGTH, D1_MAX_VALUE_BYTES),
            (Limit::SQLITE_LIMIT_SQL_LENGTH, D1_MAX_STATEMENT_BYTES),
        ] {
            connection.set_limit(limit, bytes as i32).unwrap();
        }
        let mut files: Vec<_> = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
            .collect();
        files.sort();
        for file in files {
            let sql = fs::read_to_string(file).unwrap();
            connection.execute_batch(&sql).unwrap();
        }
        Self {
            connection: RefCell::new(connection),
            faults: RefCell::new(faults.into_iter().collect()),
            n_calls: Cell::new(0),
            waits_ms: RefCell::default(),
            last_sql: RefCell::default(),
        }
    }

    pub fn meet(&self, fault: Fault) {
        self.faults.borrow_mut().push_back(fault);
    }

    /// After so many calls without a fault, this one for longer than anybody tries.
    pub fn meet_for_ever(&self, fault: Fault, n_before: usize) {
        for _ in 0..n_before {
            self.meet(Fault::Not);
        }
        for _ in 0..9 {
            self.meet(fault);
        }
    }

    pub fn execute(&self, sql: &str) {
        self.connection.borrow().execute_batch(sql).unwrap();
    }

    /// One number.
    pub fn number(&self, sql: &str) -> i64 {
        let connection = self.connection.borrow();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// One text.
    pub fn string(&self, sql: &str) -> String {
        let connection = self.connection.borrow();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn transaction(&self, batch: &[Statement<String>]) -> Result<Vec<Vec<Value>>, String> {
        self.n_calls.set(self.n_calls.get() + 1);
        let texts: Vec<&str> = batch.iter().map(|one| one.sql.as_ref()).collect();
        *self.last_sql.borrow_mut() = texts.join("\n");
        let fault = self.faults.borrow_mut().pop_front().unwrap_or(Fault::Not);
        if let Fault::Before(message) = fault {
            return Err(message.to_owned());
        }
        assert!(!batch.is_empty(), "D1 throws on an empty batch");
        assert!(batch.len() < D1_MAX_STATEMENTS);
        let mut connection = self.connection.borrow_mut();
        let transaction = connection.transaction().unwrap();
        let results: Result<Vec<_>, _> = batch.iter().map(|one| rows(&transaction, one)).collect();
        let results = results.map_err(|error| format!("D1_ERROR: {error}: SQLITE_CONSTRAINT"))?;
        transaction.commit().unwrap();
        match fault {
            Fault::After(message) => return Err(message.to_owned()),
            Fault::Meanwhile(sql) => connection.execute_batch(sql).unwrap(),
            Fault::Before(_) | Fault::Not => {}
        }
        Ok(results)
    }
}

fn rows(connection: &Connection, statement: &Statement<String>) -> rusqlite::Result<Vec<Value>> {
    let mut prepared = connection.prepare(&statement.sql)?;
    let names: Vec<String> = prepared.column_names().map(str::to_owned).collect();
    let mut rows = prepared.query(params_from_iter(&statement.params))?;
    let mut values = Vec::new();
    while let Some(row) = rows.next()? {
        let mut object = Map::new();
        for (place, name) in names.iter().enumerate() {
            let value = match row.get_ref(place)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
                ValueRef::Blob(_) => panic!("no column is a BLOB"),
            };
            object.insert(name.clone(), value);
        }
        values.push(object.into());
    }
    Ok(values)
}

impl Store for FakeStore {
    type Text = String;

    fn text(&self, text: String) -> String {
        text
    }

    async fn run(&self, batch: &[Statement<String>]) -> Result<Results, String> {
        let results = self.transaction(batch)?;
        let parse = |row: Value| serde_json::from_value::<ResultRow>(row).unwrap();
        let rows = |rows: Vec<Value>| rows.into_iter().map(parse).collect();
        Ok(results.into_iter().map(rows).collect())
    }

    async fn query<T: DeserializeOwned>(
        &self,
        statement: Statement<String>,
    ) -> Result<Vec<T>, String> {
        let results = self.transaction(&[statement])?;
        let parse = |row: Value| serde_json::from_value(row).unwrap();
        Ok(results.into_iter().flatten().map(parse).collect())
    }

    async fn sleep_ms(&self, ms: u64) {
        self.waits_ms.borrow_mut().push(ms);
    }
}

/// What would go to the log, and how often the request showed that it is still there.
#[derive(Default)]
pub struct Noted(pub Map<String, Value>, pub usize);

impl Notes for Noted {
    fn note(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn renew(&mut self) {
        self.1 += 1;
    }
}
