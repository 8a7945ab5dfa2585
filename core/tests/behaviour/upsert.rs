//! The generated SQL on SQLite with the real migrations: counts and stored rows.

use d1_sim::rusqlite::StatementStatus;
use jobs_ingest_core::field::FIELDS;
use jobs_ingest_core::options::Options;
use jobs_ingest_core::outcome::Tally;
use jobs_ingest_core::sql::ledger;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::database::Database;
use crate::request::items;

fn touch() -> Options {
    Options {
        touch: true,
        ..Options::default()
    }
}

fn tally(inserted: u64, updated: u64, unchanged: u64) -> Tally {
    Tally {
        n_inserted: inserted,
        n_updated: updated,
        n_unchanged: unchanged,
        ..Tally::default()
    }
}

fn ingest(database: &mut Database, postings: Value, options: Options, now: &str) -> Tally {
    database.ingest(&items(&postings), options, now)
}

#[test]
fn inserts_updates_and_skips_unchanged() {
    let mut database = Database::migrated();
    let options = Options::default();
    let ids = |title: &str| json!([{ "externalId": "a", "title": title }, { "externalId": "b" }]);
    assert_eq!(
        ingest(&mut database, ids("one"), options, "t1"),
        tally(2, 0, 0)
    );
    assert_eq!(
        ingest(&mut database, ids("one"), options, "t2"),
        tally(0, 0, 2)
    );
    assert_eq!(database.column::<String>("ingested_at"), ["t1", "t1"]);
    assert_eq!(
        ingest(&mut database, ids("two"), options, "t3"),
        tally(0, 1, 1)
    );
    assert_eq!(database.column::<String>("ingested_at"), ["t3", "t1"]);
    assert_eq!(database.column::<String>("created_at"), ["t1", "t1"]);
    assert_eq!(database.column::<i64>("id"), [1, 2]);
}

#[test]
fn touch_writes_unchanged_rows() {
    let mut database = Database::migrated();
    let ids = || json!([{ "externalId": "a" }]);
    ingest(&mut database, ids(), Options::default(), "t1");
    assert_eq!(ingest(&mut database, ids(), touch(), "t2"), tally(0, 1, 0));
    assert_eq!(database.column::<String>("ingested_at"), ["t2"]);
    assert_eq!(database.column::<String>("created_at"), ["t1"]);
}

#[test]
fn change_of_any_field_is_an_update() {
    let mut database = Database::migrated();
    let options = Options::default();
    ingest(&mut database, json!([{ "externalId": "a" }]), options, "t1");
    for spec in &FIELDS[2..] {
        let field = spec.json_name;
        let value: Value = serde_json::from_str(spec.kind.example().sent).expect("JSON");
        let changed = json!([{ "externalId": "a", field: value }]);
        let back = json!([{ "externalId": "a" }]);
        assert_eq!(
            ingest(&mut database, changed, options, "t2"),
            tally(0, 1, 0),
            "{field}"
        );
        assert_eq!(
            ingest(&mut database, back, options, "t3"),
            tally(0, 1, 0),
            "{field}"
        );
    }
}

#[test]
fn same_id_in_another_source_is_another_row() {
    let mut database = Database::migrated();
    let options = Options::default();
    let of = |source: &str| json!([{ "externalId": "25", "source": source, "title": source }]);
    for source in ["acme", "globex", "manual"] {
        let tally_of = ingest(&mut database, of(source), options, "t1");
        assert_eq!(tally_of, tally(1, 0, 0), "{source}");
    }
    assert_eq!(
        ingest(&mut database, of("acme"), options, "t2"),
        tally(0, 0, 1)
    );
    assert_eq!(
        database.column::<String>("title"),
        ["acme", "globex", "manual"]
    );
}

#[test]
fn counts_exclude_writes_of_triggers() {
    let mut database = Database::migrated();
    database
        .d1
        .connection()
        .execute_batch(
            "CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT);
             CREATE TRIGGER ins AFTER INSERT ON jobs BEGIN
               INSERT INTO log (what) VALUES ('i'), ('j'); END;
             CREATE TRIGGER upd AFTER UPDATE ON jobs BEGIN
               INSERT INTO log (what) VALUES ('u'); END;",
        )
        .expect("triggers");
    let options = Options::default();
    let ids = |title: &str| json!([{ "externalId": "a", "title": title }, { "externalId": "b" }]);
    assert_eq!(
        ingest(&mut database, ids("one"), options, "t1"),
        tally(2, 0, 0)
    );
    assert_eq!(
        ingest(&mut database, ids("two"), options, "t2"),
        tally(0, 1, 1)
    );
}

#[test]
fn deleted_ids_do_not_affect_the_counts() {
    let mut database = Database::migrated();
    let options = Options::default();
    let ids = || json!([{ "externalId": "a" }, { "externalId": "b" }]);
    ingest(&mut database, ids(), options, "t1");
    database
        .d1
        .connection()
        .execute("DELETE FROM jobs WHERE id = 2", [])
        .expect("a delete");
    assert_eq!(ingest(&mut database, ids(), options, "t2"), tally(1, 0, 1));
    database
        .d1
        .connection()
        .execute("DELETE FROM jobs", [])
        .expect("a delete");
    assert_eq!(ingest(&mut database, ids(), options, "t3"), tally(2, 0, 0));
}

/// Inserts a row with this id, as the board would.
fn board_row(database: &Database, id: i64) {
    let sql = "INSERT INTO jobs (id, external_id) VALUES (?1, 'board ' || ?1)";
    let inserted = database.d1.connection().execute(sql, [id]);
    inserted.expect("a row of the board");
}

/// SQLite gives a new row the largest id plus one, and a random id if there is none above it.
#[test]
fn counts_are_right_for_any_ids_of_the_board() {
    const RANDOM_FROM: i64 = i64::MAX - (1 << 20) + 1;
    for id in [
        i64::MIN,
        -3,
        -1,
        0,
        1,
        RANDOM_FROM - 2,
        RANDOM_FROM - 1,
        RANDOM_FROM,
        i64::MAX - 3,
        i64::MAX - 1,
        i64::MAX,
    ] {
        let mut database = Database::migrated();
        let options = Options::default();
        board_row(&database, id);
        let ids = |title: &str| {
            let ids = (0..5).map(|number| json!({ "externalId": number, "title": title }));
            ids.collect::<Value>()
        };
        let counts = ["one", "two", "two"].map(|title| {
            let counts = ingest(&mut database, ids(title), options, "t1");
            if title == "one" {
                database
                    .d1
                    .connection()
                    .execute("DELETE FROM jobs WHERE external_id = '3'", [])
                    .expect("a delete");
            }
            counts
        });
        assert_eq!(
            counts,
            [tally(5, 0, 0), tally(1, 4, 0), tally(0, 0, 5)],
            "{id}"
        );
        assert_eq!(database.column::<i64>("id").len(), 6);
    }
}

/// With ordinary ids, counting a run reads no rows of the table.
#[test]
fn counting_reads_no_rows() {
    let mut database = Database::migrated();
    let many: Value = (0..1_000).map(|id| json!({ "externalId": id })).collect();
    ingest(&mut database, many, Options::default(), "t1");
    for sql in [ledger::BEGIN_RUN, ledger::FINISH_RUN] {
        let mut statement = database.d1.connection().prepare(sql).expect("SQL");
        let run = r#"{"token_name":"t","id":"r","status":200,"received":0,"duplicates":0,"rejected":0,"body_bytes":0,"started_at":"2026-11-22T12:00:00.000Z","rows":0,"unsent":0,"list_before":null}"#;
        let params = if sql == ledger::BEGIN_RUN {
            vec![run, "[]", "manual", "[]"]
        } else {
            vec!["t", "r"]
        };
        let mut rows = statement
            .query(d1_sim::rusqlite::params_from_iter(params))
            .expect("a run");
        while rows.next().expect("a row").is_some() {}
        drop(rows);
        let n_scanned = statement.get_status(StatementStatus::FullscanStep);
        assert!(n_scanned < 10, "{n_scanned} rows: {sql}");
    }
}

fn postings() -> impl Strategy<Value = Value> {
    let posting = (0..12_u8, 0..3_u8, any::<bool>()).prop_map(|(id, title, is_featured)| {
        json!({ "externalId": id, "title": title.to_string(), "isFeatured": is_featured })
    });
    prop::collection::vec(posting, 1..20).prop_map(Value::from)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn dry_run_counts_match_the_real_run(
        first in postings(), second in postings(), touch in any::<bool>(),
    ) {
        let mut database = Database::migrated();
        let real = Options { touch, ..Options::default() };
        let dry = Options { dry_run: true, ..real };
        ingest(&mut database, first, real, "t1");
        let before = database.column::<String>("title || ingested_at || is_featured");
        let predicted = ingest(&mut database, second.clone(), dry, "t2");
        prop_assert_eq!(
            database.column::<String>("title || ingested_at || is_featured"), before
        );
        prop_assert_eq!(ingest(&mut database, second, real, "t2"), predicted);
    }
}
