//! How a batch verifies that rows that are not sent are still stored as they were when they were looked up.

use d1_sim::rusqlite::{Error, StatementStatus, params};
use jobs_ingest_core::options::Options;
use jobs_ingest_core::sql::{FIND_CHANGED, ledger};
use serde_json::{Value, json};

use crate::database::Database;
use crate::request::items;

const N_POSTINGS: usize = 1_000;

/// Steps of SQLite's virtual machine: a row that is looked up takes more than ten.
const MAX_STEPS_WITHOUT_LOOKUP: i32 = N_POSTINGS as i32 / 2;

struct LookedUp {
    database: Database,
    stamps: String,
    total_changes: i64,
    last_rowid: i64,
}

/// A table with the postings, all of which were just found to be unchanged.
fn look_up() -> LookedUp {
    let mut database = Database::migrated();
    let postings: Value = (0..N_POSTINGS)
        .map(|id| json!({ "externalId": id }))
        .collect();
    let prepared = items(&postings);
    database.ingest(&prepared, Options::default(), "t1");
    let stamps = prepared.all_stamps().expect("short stamps");
    let row = database.d1.connection().query_row(
        FIND_CHANGED,
        params![stamps, stamps, N_POSTINGS.to_string()],
        |row| {
            let changed: String = row.get("changed")?;
            assert_eq!(changed, "[]");
            Ok((row.get("total_changes")?, row.get("last_rowid")?))
        },
    );
    let (total_changes, last_rowid) = row.expect("a row");
    LookedUp {
        database,
        stamps,
        total_changes,
        last_rowid,
    }
}

impl LookedUp {
    fn execute(&self, sql: &str) {
        let connection = self.database.d1.connection();
        connection.execute_batch(sql).expect("SQL");
    }

    /// Whether a run that sends no row is accepted, and the steps that it took.
    fn begin_run(&self) -> (bool, i32) {
        let run = json!({
            "token_name": "t", "id": "r", "status": 200, "received": N_POSTINGS, "duplicates": 0, "rejected": 0,
            "body_bytes": 0, "started_at": "2026-11-22T12:00:00.000Z", "rows": N_POSTINGS, "unsent": N_POSTINGS,
            "written": { "total_changes": self.total_changes, "last_rowid": self.last_rowid }, "list_before": null,
        });
        let connection = self.database.d1.connection();
        let mut statement = connection.prepare(ledger::INSERT_EMPTY_RUN).expect("SQL");
        let params = params![run.to_string(), self.stamps, "manual", "[]"];
        let result = statement.query(params).and_then(|mut rows| {
            while rows.next()?.is_some() {}
            Ok(())
        });
        let is_accepted = match result {
            Ok(()) => true,
            Err(Error::SqliteFailure(_, Some(message))) if message.contains("unchanged") => false,
            Err(error) => panic!("{error}"),
        };
        (is_accepted, statement.get_status(StatementStatus::VmStep))
    }
}

#[test]
fn reads_no_row_if_nothing_was_written() {
    let looked_up = look_up();
    looked_up.execute("SELECT count(*) FROM jobs; BEGIN; COMMIT;");
    let (is_accepted, n_steps) = looked_up.begin_run();
    assert!(is_accepted);
    assert!(n_steps < MAX_STEPS_WITHOUT_LOOKUP, "{n_steps}");
}

#[test]
fn looks_up_each_row_if_anything_was_written() {
    for elsewhere in [
        "INSERT INTO ingest_sources (source) VALUES ('another')",
        "INSERT INTO jobs (external_id) VALUES ('another')",
        "UPDATE jobs SET ingested_at = 't2' WHERE external_id = '7'",
        // What a failed batch wrote counts as well.
        "BEGIN; INSERT INTO jobs (external_id) VALUES ('another'); ROLLBACK",
        "CREATE TABLE boards (id INTEGER PRIMARY KEY); INSERT INTO boards DEFAULT VALUES; DELETE FROM boards",
    ] {
        let looked_up = look_up();
        looked_up.execute(elsewhere);
        let (is_accepted, n_steps) = looked_up.begin_run();
        assert!(is_accepted, "{elsewhere}");
        assert!(n_steps > MAX_STEPS_WITHOUT_LOOKUP, "{elsewhere}: {n_steps}");
    }
}

#[test]
fn fails_if_a_row_has_changed() {
    for change in [
        "UPDATE jobs SET title = 'by hand' WHERE external_id = '7'",
        "DELETE FROM jobs WHERE external_id = '7'",
        "DELETE FROM jobs",
        "REPLACE INTO jobs (id, external_id) VALUES (1, '0')",
    ] {
        let looked_up = look_up();
        looked_up.execute(change);
        assert!(!looked_up.begin_run().0, "{change}");
    }
}

/// As after a restart: its counters begin at 0.
#[test]
fn looks_up_each_row_on_another_connection() {
    for (total_changes, last_rowid) in [(0, 0), (1_002, 0), (0, 1_000), (i64::MAX, i64::MAX)] {
        let looked_up = LookedUp {
            total_changes,
            last_rowid,
            ..look_up()
        };
        let (is_accepted, n_steps) = looked_up.begin_run();
        assert!(is_accepted);
        assert!(n_steps > MAX_STEPS_WITHOUT_LOOKUP, "{n_steps}");
    }
}
