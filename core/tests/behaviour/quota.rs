//! Usage of a token name's quotas, on SQLite with the real migrations.

use d1_sim::rusqlite::params;
use jobs_ingest_core::quota::{Day, Settled};
use jobs_ingest_core::sql::quota::USAGE;

use crate::database::Database;

const DAY_MS: u64 = 86_400_000;

/// 2026-11-22, some hours after midnight.
const NOW_MS: u64 = 20_779 * DAY_MS + 20_000_000;

fn add(database: &Database, name: &str, id_ms: u64, status: u16) {
    let sql = "INSERT INTO ingest_runs
        SELECT ?1, ?2, NULL, ?3, 100, 1, 20, 300, 4000, 50000, 7, 1, '', '', 0, 0, NULL";
    let id = jobs_ingest_core::request_id::uuid_v7(id_ms, "a1b2c3d4-e5f6-4abc-8def-0123456789ab");
    database
        .d1
        .connection()
        .execute(sql, params![name, id, status])
        .expect("a run");
}

fn usage(database: &Database, name: &str, settled: Settled) -> [u64; 4] {
    let [from, unsettled_from] = settled.params(Day::of(NOW_MS));
    database
        .d1
        .connection()
        .query_row(USAGE, [name, &from, &unsettled_from], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })
        .expect("a row")
}

#[test]
fn sums_accepted_runs_of_the_name_and_day() {
    let database = Database::migrated();
    let day = Day::of(NOW_MS);
    let nothing = [0; 4];
    assert_eq!(usage(&database, "a", Settled::none(day)), nothing);
    // Another name, yesterday, and a refused request.
    add(&database, "b", NOW_MS, 200);
    add(&database, "a", day.starts_ms - 1, 200);
    add(&database, "a", NOW_MS, 422);
    add(&database, "a", NOW_MS + 1, 400);
    assert_eq!(usage(&database, "a", Settled::none(day)), nothing);
    add(&database, "a", day.starts_ms, 200);
    add(&database, "a", day.settled_ms - 1, 207);
    assert_eq!(usage(&database, "a", Settled::none(day)), [642, 14, 0, 0]);
    add(&database, "a", day.settled_ms, 200);
    assert_eq!(usage(&database, "a", Settled::none(day)), [642, 14, 321, 7]);
}

#[test]
fn reads_only_runs_of_the_name_and_day() {
    let database = Database::migrated();
    let plan = format!("EXPLAIN QUERY PLAN {USAGE}");
    let plan: String = database
        .d1
        .connection()
        .query_row(&plan, ["a", "", ""], |row| row.get("detail"))
        .expect("a plan");
    insta::assert_snapshot!(plan, @"SEARCH ingest_runs USING PRIMARY KEY (token_name=? AND id>?)");
}
