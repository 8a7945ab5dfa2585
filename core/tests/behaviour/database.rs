//! SQLite with the real migrations, which a batch runs on as it would on D1: all or nothing.

use std::fs;
use std::path::PathBuf;

use jobs_ingest_core::ingest::Prepared;
use jobs_ingest_core::limits::{D1_MAX_STATEMENT_BYTES, D1_MAX_STATEMENTS, D1_MAX_VALUE_BYTES};
use jobs_ingest_core::options::Options;
use jobs_ingest_core::outcome::{ResultRow, Tally};
use jobs_ingest_core::sql::ingest_batch;
use rusqlite::limits::Limit;
use rusqlite::{Connection, params_from_iter};

pub struct Database(pub Connection);

impl Database {
    pub fn migrated() -> Self {
        let connection = Connection::open_in_memory().expect("SQLite");
        let limit = |limit, bytes: usize| {
            let bytes = i32::try_from(bytes).expect("a small limit");
            connection.set_limit(limit, bytes).expect("a limit");
        };
        limit(Limit::SQLITE_LIMIT_LENGTH, D1_MAX_VALUE_BYTES);
        limit(Limit::SQLITE_LIMIT_SQL_LENGTH, D1_MAX_STATEMENT_BYTES);
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../migrations");
        let mut files: Vec<PathBuf> = fs::read_dir(folder)
            .expect("migrations/")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
            .collect();
        files.sort();
        for file in files {
            let sql = fs::read_to_string(file).expect("a migration");
            connection
                .execute_batch(&sql)
                .expect("a migration that applies");
        }
        Self(connection)
    }

    /// Runs the batch of a prepared request in one transaction.
    pub fn ingest(&mut self, prepared: &Prepared, options: Options, now: &str) -> Tally {
        let batch = ingest_batch(prepared.params.clone(), options, now);
        assert!(batch.len() < D1_MAX_STATEMENTS);
        let transaction = self.0.transaction().expect("a transaction");
        let results: Vec<ResultRow> = batch
            .iter()
            .map(|statement| {
                let mut prepared = transaction.prepare(statement.sql).expect("SQL");
                let columns: Vec<String> = prepared.column_names().map(str::to_owned).collect();
                let mut rows = prepared
                    .query(params_from_iter(&statement.params))
                    .expect("rows");
                let mut result = ResultRow::default();
                if let Some(row) = rows.next().expect("a row or none") {
                    for (place, name) in columns.iter().enumerate() {
                        let value: Option<u64> = row.get(place).expect("a count");
                        match name.as_str() {
                            "max_id" => result.max_id = value,
                            "written" => result.written = value,
                            "inserted" => result.inserted = value,
                            "updated" => result.updated = value,
                            other => panic!("unknown column {other}"),
                        }
                    }
                }
                result
            })
            .collect();
        transaction.commit().expect("a commit");
        Tally::from_results(&results, prepared.n_rows as u64, options.dry_run).expect("counts")
    }

    /// One column of all rows, in the order of their ids.
    pub fn column<T: rusqlite::types::FromSql>(&self, column: &str) -> Vec<T> {
        let sql = format!("SELECT {column} FROM jobs ORDER BY id");
        let mut statement = self.0.prepare(&sql).expect("SQL");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.map(|value| value.expect("a value")).collect()
    }
}
