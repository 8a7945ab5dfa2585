//! The D1 simulator with the real migrations. It runs a batch as D1 does: as one transaction.

use std::path::Path;

use d1_sim::rusqlite::types::FromSql;
use d1_sim::{Simulator, folder};
use jobs_ingest_core::ingest::{DEFAULT_SOURCE, Param, Prepared};
use jobs_ingest_core::limits::D1_MAX_STATEMENTS_FREE;
use jobs_ingest_core::options::Options;
use jobs_ingest_core::outcome::Tally;
use jobs_ingest_core::result_row::{ColumnValue, ResultRow, Results};
use jobs_ingest_core::run::NewRun;
use jobs_ingest_core::sql::{Ingest, RowsParam, Statement, Upsert, dry_run_batch};
use serde_json::Value;

pub struct Database {
    pub d1: Simulator,
    n_runs: usize,
}

impl Database {
    pub fn migrated() -> Self {
        let d1 = Simulator::empty().expect("a database");
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
        for file in folder::read(&dir).expect("migrations/") {
            d1.run_script(&file.text).expect("a migration that applies");
        }
        Self { d1, n_runs: 0 }
    }

    /// Runs the batch of a prepared request in one transaction.
    pub fn ingest(&mut self, prepared: &Prepared, options: Options, now: &str) -> Tally {
        let rows = |param: &Param| RowsParam {
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
            updated: 0,
            unsent: 0,
            written: None,
            closing: None,
            list_before: None,
        };
        let batch = Ingest {
            upsert,
            rows: &rows,
            default_source,
            now: now.to_owned(),
            run: run.to_json(),
            unchanged: "[]".to_owned(),
            refresh: None,
            run_key: ["tester".to_owned(), id.clone()],
            key: None,
            rejects: prepared.rejects.to_json(),
            reopen: Vec::new(),
            no_rowids: "[]".to_owned(),
            closing: None,
        };
        let results = self.run(&batch.batch());
        Tally::of_ingest(&results, n_rows).expect("counts")
    }

    fn run(&mut self, batch: &[Statement<String>]) -> Results {
        assert!(batch.len() < D1_MAX_STATEMENTS_FREE);
        let statements = batch
            .iter()
            .map(|one| (one.sql.as_ref(), one.params.as_slice()));
        let results = self.d1.batch(statements).expect("a batch that D1 takes");
        results
            .into_iter()
            .map(|rows| rows.into_iter().map(counts).collect())
            .collect()
    }

    /// One column of all rows, by id.
    pub fn column<T: FromSql>(&self, column: &str) -> Vec<T> {
        let sql = format!("SELECT {column} FROM jobs ORDER BY id");
        let mut statement = self.d1.connection().prepare(&sql).expect("SQL");
        let rows = statement.query_map([], |row| row.get(0)).expect("rows");
        rows.map(|value| value.expect("a value")).collect()
    }
}

fn counts(row: d1_sim::Row) -> ResultRow {
    for column in row.keys() {
        assert!(["inserted", "updated", "unchanged", "reopened"].contains(&column.as_str()));
    }
    let count = |(column, value): (String, Value)| {
        (
            column,
            ColumnValue::Number(value.as_u64().expect("a count")),
        )
    };
    row.into_iter().map(count).collect()
}
