//! The imitation of D1 as a [`Store`]: real migrations, and faults that come before a batch has run or
//! after it has landed.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::path::Path;

use d1_sim::{Row, Simulator, folder};
use jobs_ingest_core::limits::D1_MAX_STATEMENTS_FREE;
use jobs_ingest_core::result_row::{ColumnValue, ResultRow, Results};
use jobs_ingest_core::sql::Statement;
use serde_json::Value;

use crate::db::Store;

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
    d1: Simulator,
    faults: RefCell<VecDeque<Fault>>,
    pub n_calls: Cell<usize>,
    pub waits_ms: RefCell<Vec<u64>>,
    /// The last batch's texts.
    pub last_sql: RefCell<String>,
}

impl FakeStore {
    /// Meets the faults in turn, and none after them.
    pub fn with(faults: impl IntoIterator<Item = Fault>) -> Self {
        let d1 = Simulator::empty().unwrap();
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        for file in folder::read(&dir).unwrap() {
            d1.run_script(&file.text).unwrap();
        }
        Self {
            d1,
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
        self.d1.connection().execute_batch(sql).unwrap();
    }

    /// One number.
    pub fn number(&self, sql: &str) -> i64 {
        let connection = self.d1.connection();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// One text.
    pub fn string(&self, sql: &str) -> String {
        let connection = self.d1.connection();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn transaction(&self, batch: &[Statement<String>]) -> Result<Vec<Vec<Row>>, String> {
        self.n_calls.set(self.n_calls.get() + 1);
        let texts: Vec<&str> = batch.iter().map(|one| one.sql.as_ref()).collect();
        *self.last_sql.borrow_mut() = texts.join("\n");
        let fault = self.faults.borrow_mut().pop_front().unwrap_or(Fault::Not);
        if let Fault::Before(message) = fault {
            return Err(message.to_owned());
        }
        assert!(!batch.is_empty(), "D1 throws on an empty batch");
        assert!(batch.len() < D1_MAX_STATEMENTS_FREE);
        let statements = batch
            .iter()
            .map(|one| (one.sql.as_ref(), one.params.as_slice()));
        let results = self.d1.batch(statements);
        if let Fault::Meanwhile(sql) = fault {
            self.execute(sql);
        }
        let results = results.map_err(|failure| failure.to_string())?;
        match fault {
            Fault::After(message) => Err(message.to_owned()),
            Fault::Meanwhile(_) | Fault::Before(_) | Fault::Not => Ok(results),
        }
    }
}

impl Store for FakeStore {
    type Text = String;

    fn text(&self, text: String) -> String {
        text
    }

    async fn run(&self, batch: &[Statement<String>]) -> Result<Results, String> {
        let results = self.transaction(batch)?;
        let rows = |rows: Vec<Row>| rows.into_iter().map(result_row).collect();
        Ok(results.into_iter().map(rows).collect())
    }

    async fn sleep_ms(&self, ms: u64) {
        self.waits_ms.borrow_mut().push(ms);
    }
}

fn result_row(row: Row) -> ResultRow {
    let column = |(name, value): (String, Value)| match value {
        Value::Number(number) => (name, ColumnValue::of_double(number.as_f64().unwrap())),
        Value::String(text) => (name, ColumnValue::Text(text)),
        Value::Null => (name, ColumnValue::Null),
        other => panic!("{name} is {other}"),
    };
    row.into_iter().map(column).collect()
}
