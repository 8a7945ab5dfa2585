//! Checks the database after the fact: rows, runs, keys and rejects, and whether they are
//! consistent.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

/// The title of postings that are equal in every version.
pub const STEADY_TITLE: &str = "steady";

/// The rows of one source; titles are those of rows that are not steady.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    pub n_rows: u64,
    pub first_title: String,
    pub last_title: String,
}

/// The runs of one source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Runs {
    pub n_runs: u64,
    pub received: u64,
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub duplicates: u64,
    pub rejected: u64,
}

pub struct Ledger {
    connection: Connection,
}

impl Ledger {
    /// Opens a database that no other process has open or writes to.
    pub fn open(path: &Path) -> Self {
        // Not read-only: the log that a killed process left behind has to be replayed.
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
            .expect("open the database");
        Self { connection }
    }

    /// Runs SQLite's integrity check.
    pub fn check_file(&self) {
        let answer: String = self
            .connection
            .query_row("PRAGMA quick_check", [], |row| row.get(0))
            .expect("PRAGMA quick_check");
        assert_eq!(answer, "ok", "PRAGMA quick_check");
    }

    /// The text that a query returns, if it returns a row.
    pub fn text(&self, query: &str) -> Option<String> {
        let mut statement = self.connection.prepare(query).expect("a query");
        let mut rows = statement.query([]).expect("rows");
        let row = rows.next().expect("a row");
        row.map(|row| row.get(0).expect("a text"))
    }

    pub fn number(&self, query: &str) -> u64 {
        let number: Option<i64> = self
            .connection
            .query_row(query, [], |row| row.get(0))
            .unwrap_or_else(|error| panic!("{error}: {query}"));
        u64::try_from(number.unwrap_or(0)).expect("a count")
    }

    pub fn rows_by_source(&self) -> BTreeMap<String, Rows> {
        self.by_source(
            &format!(
                "SELECT source, count(*), min(title) FILTER (WHERE title <> '{STEADY_TITLE}'), \
                 max(title) FILTER (WHERE title <> '{STEADY_TITLE}') FROM jobs GROUP BY source"
            ),
            |row| {
                Ok(Rows {
                    n_rows: count(row, 1)?,
                    first_title: row.get(2)?,
                    last_title: row.get(3)?,
                })
            },
        )
    }

    pub fn runs_by_source(&self) -> BTreeMap<String, Runs> {
        self.by_source(
            "SELECT source, count(*), sum(received), sum(inserted), sum(updated), sum(unchanged), \
             sum(duplicates), sum(rejected) FROM ingest_runs \
             WHERE status IN (200, 207) AND source IS NOT NULL GROUP BY source",
            |row| {
                Ok(Runs {
                    n_runs: count(row, 1)?,
                    received: count(row, 2)?,
                    inserted: count(row, 3)?,
                    updated: count(row, 4)?,
                    unchanged: count(row, 5)?,
                    duplicates: count(row, 6)?,
                    rejected: count(row, 7)?,
                })
            },
        )
    }

    /// Checks the invariants of runs, keys, rejects and rows.
    pub fn check_books(&self) {
        let nothing = |what: &str, query: &str| assert_eq!(self.number(query), 0, "{what}");
        nothing(
            "runs whose numbers do not add up",
            "SELECT count(*) FROM ingest_runs WHERE status IN (200, 207) \
             AND received <> inserted + updated + unchanged + duplicates + rejected",
        );
        nothing(
            "keys without their run",
            "SELECT count(*) FROM ingest_keys AS k LEFT JOIN ingest_runs AS r \
             ON r.token_name = k.token_name AND r.id = k.run_id WHERE r.id IS NULL",
        );
        nothing(
            "runs with two keys",
            "SELECT count(*) - count(DISTINCT run_id) FROM ingest_keys",
        );
        nothing(
            "rejects without their run",
            "SELECT count(*) FROM ingest_rejects AS x LEFT JOIN ingest_runs AS r \
             ON r.token_name = x.token_name AND r.id = x.run_id \
             WHERE r.id IS NULL OR r.rejected = 0",
        );
        nothing(
            "runs that rejected postings and did not keep them",
            "SELECT count(*) FROM ingest_runs AS r LEFT JOIN ingest_rejects AS x \
             ON r.token_name = x.token_name AND r.id = x.run_id \
             WHERE r.status = 207 AND x.run_id IS NULL",
        );
        assert_eq!(
            self.number("SELECT sum(inserted) FROM ingest_runs"),
            self.number("SELECT count(*) FROM jobs"),
            "rows inserted by all runs, and rows in the table"
        );
    }

    fn by_source<T>(
        &self,
        query: &str,
        read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> BTreeMap<String, T> {
        let mut statement = self.connection.prepare(query).expect("a query");
        let rows = statement.query_map([], |row| Ok((row.get(0)?, read(row)?)));
        rows.and_then(Iterator::collect)
            .unwrap_or_else(|error| panic!("{error}: {query}"))
    }
}

fn count(row: &rusqlite::Row<'_>, place: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(place).map(i64::unsigned_abs)
}
