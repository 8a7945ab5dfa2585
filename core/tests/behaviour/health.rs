//! What `GET /health` reports as missing in addition to migrations, on SQLite with the real migrations.

use jobs_ingest_core::sql::health::{MISSING_OBJECTS, PROBE_COLUMNS};

use crate::database::Database;

fn missing(database: &Database) -> Vec<String> {
    let mut statement = database
        .d1
        .connection()
        .prepare(&MISSING_OBJECTS)
        .expect("SQL");
    let rows = statement.query_map([], |row| row.get("missing"));
    let missing: Result<Vec<String>, _> = rows.expect("rows").collect();
    missing.expect("names")
}

/// Recreates a table from its own SQL, modified; its columns stay the same.
fn remake(database: &Database, table: &str, change: impl Fn(&str) -> String) {
    let sql = "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?1";
    let text: String = database
        .d1
        .connection()
        .query_row(sql, [table], |row| row.get(0))
        .expect("a table");
    let changed = change(&text);
    assert_ne!(changed, text, "the change of {table}");
    let triggers = "SELECT coalesce(group_concat(sql, ';'), '') FROM sqlite_schema \
                    WHERE type = 'trigger' AND tbl_name = ?1";
    let triggers: String = database
        .d1
        .connection()
        .query_row(triggers, [table], |row| row.get(0))
        .expect("triggers");
    database
        .d1
        .connection()
        .execute_batch(&format!("DROP TABLE {table}; {changed}; {triggers};"))
        .expect("a table");
    database
        .d1
        .connection()
        .prepare(&PROBE_COLUMNS)
        .expect("all columns");
}

#[test]
fn nothing_is_missing_after_the_migrations() {
    let database = Database::migrated();
    assert_eq!(missing(&database), Vec::<String>::new());
}

#[test]
fn names_a_missing_trigger() {
    let database = Database::migrated();
    database
        .d1
        .connection()
        .execute_batch("DROP TRIGGER jobs_forget_content_hash")
        .expect("no trigger");
    assert_eq!(missing(&database), ["trigger jobs_forget_content_hash"]);
}

#[test]
fn names_a_missing_key_or_constraint() {
    for (table, part, without, name) in [
        (
            "jobs",
            "UNIQUE (source, external_id)",
            "CHECK (true)",
            "unique key jobs (external_id, source)",
        ),
        (
            "jobs",
            "INTEGER PRIMARY KEY",
            "INTEGER UNIQUE",
            "primary key jobs (id)",
        ),
        (
            "ingest_runs",
            "unchanged INTEGER NOT NULL",
            "unchanged INTEGER",
            "not null ingest_runs (unchanged)",
        ),
        (
            "ingest_runs",
            "PRIMARY KEY (token_name, id)",
            "PRIMARY KEY (token_name, id, started_at)",
            "unique key ingest_runs (id, token_name)",
        ),
        (
            "ingest_keys",
            "PRIMARY KEY (token_name, key)",
            "PRIMARY KEY (key)",
            "unique key ingest_keys (key, token_name)",
        ),
        (
            "ingest_rejects",
            "PRIMARY KEY (token_name, run_id)",
            "PRIMARY KEY (run_id)",
            "unique key ingest_rejects (run_id, token_name)",
        ),
    ] {
        let database = Database::migrated();
        remake(&database, table, |text| text.replacen(part, without, 1));
        assert_eq!(missing(&database), [name]);
    }
}

#[test]
fn unique_index_counts_as_key_unless_partial() {
    let database = Database::migrated();
    let without = |text: &str| text.replacen("UNIQUE (source, external_id)", "CHECK (true)", 1);
    remake(&database, "jobs", without);
    let index = |sql: &str| {
        database
            .d1
            .connection()
            .execute_batch(sql)
            .expect("an index")
    };
    index("CREATE UNIQUE INDEX a ON jobs (source, external_id) WHERE source = 'a'");
    index("CREATE INDEX b ON jobs (source, external_id)");
    index("CREATE UNIQUE INDEX c ON jobs (source, external_id, title)");
    assert_eq!(
        missing(&database),
        ["unique key jobs (external_id, source)"]
    );
    index("CREATE UNIQUE INDEX d ON jobs (external_id, source)");
    assert_eq!(missing(&database), Vec::<String>::new());
}
