//! SQLite with the real migrations, which a batch runs on as it would on D1: all or nothing.

use std::fs;
use std::path::PathBuf;

use jobs_ingest_core::ingest::{DEFAULT_SOURCE, Param, Prepared};
use jobs_ingest_core::limits::{D1_MAX_STATEMENT_BYTES, D1_MAX_STATEMENTS, D1_MAX_VALUE_BYTES};
use jobs_ingest_core::options::Options;
use jobs_ingest_core::outcome::{ResultRow, Results, Tally};
use jobs_ingest_core::run::NewRun;
use jobs_ingest_core::sql::{Ingest, Rows, Statement, Upsert, dry_run_batch};
use rusqlite::limits::Limit;
use rusqlite::{Connection, params_from_iter};

pub struct Database {
    pub connection: Connection,
    n_runs: usize,
}

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
        Self {
            connection,
            n_runs: 0,
        }
    }

    /// Runs the batch of a prepared request in one transaction.
    pub fn ingest(&mut self, prepared: &Prepared, options: Options, now: &str) -> Tally {
        let rows = |param: &Param| Rows {
            json: param.json.clone(),
            n_fields: param.n_fields,
        };
        let rows: Vec<_> = prepared.params.iter().map(rows).collect();
        let default_source = DEFAULT_SOURCE.to_owned();
        let upsert = Upsert::from(options);
        let n_rows = prepared.n_rows as u64;
        if options.dry_run {
            let results = self.run(&dry_run_batch(upsert, &rows, &default_source));
            return Tally::of_dry_run(&results, n_rows).expect("counts");
        }
        self.n_runs += 1;
        let id = format!("run-{}", self.n_runs);
        let run = NewRun {
            token_name: "tester",
            id: &id,
            source: prepared.source.as_deref(),
            status: 200,
            received: prepared.n_received,
            duplicates: prepared.n_duplicates,
            rejected: prepared.n_rejected,
            body_bytes: 0,
            started_at: "2026-11-22T12:00:00.000Z",
            rows: n_rows,
        };
        let batch = Ingest {
            upsert,
            rows: &rows,
            default_source,
            now: now.to_owned(),
            run: run.to_json(),
            unchanged: "[]".to_owned(),
            run_key: ["tester".to_owned(), id.clone()],
            key: None,
            rejects: prepared.rejects.to_json(),
        };
        let results = self.run(&batch.batch());
        Tally::of_ingest(&results, n_rows).expect("counts")
    }

    fn run(&mut self, batch: &[Statement<String>]) -> Results {
        assert!(batch.len() < D1_MAX_STATEMENTS);
        let transaction = self.connection.transaction().expect("a transaction");
        let results = batch.iter().map(|one| rows(&transaction, one)).collect();
        transaction.commit().expect("a commit");
        results
    }

    /// One column of all rows, in the order of their ids.
    pub fn column<T: rusqlite::types::FromSql>(&self, column: &str) -> Vec<T> {
        let sql = format!("SELECT {column} FROM jobs ORDER BY id");
        let mut statement = self.connection.prepare(&sql).expect("SQL");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.map(|value| value.expect("a value")).collect()
    }
}

fn rows(connection: &Connection, statement: &Statement<String>) -> Vec<ResultRow> {
    let mut prepared = connection.prepare(&statement.sql).expect("SQL");
    let names: Vec<String> = prepared.column_names().map(str::to_owned).collect();
    let mut rows = prepared
        .query(params_from_iter(&statement.params))
        .expect("rows");
    let mut results = Vec::new();
    while let Some(row) = rows.next().expect("a row or none") {
        let mut result = ResultRow::default();
        for (place, name) in names.iter().enumerate() {
            let value: Option<u64> = row.get(place).expect("a count");
            match name.as_str() {
                "inserted" => result.inserted = value,
                "updated" => result.updated = value,
                "unchanged" => result.unchanged = value,
                other => panic!("unknown column {other}"),
            }
        }
        results.push(result);
    }
    results
}
