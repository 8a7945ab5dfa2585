//! Changes that once lost rows, or were refused, on rows of their own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail by panic"
)]

use d1_sim::Simulator;

use super::plan::{self, Plan};
use crate::schema::{self, Schema};

const LEDGER: &str = "d1_migrations";

fn database(sql: &str) -> Simulator {
    let database = Simulator::empty().unwrap();
    database.run_script(sql).unwrap();
    database
}

fn schema_of(database: &Simulator) -> Schema {
    schema::read(database.connection(), LEDGER).unwrap()
}

/// Goes from `first`, with `rows` in it, to `second`.
#[track_caller]
fn go(first: &str, rows: &str, second: &str) -> (Simulator, Plan) {
    let to = schema_of(&database(second));
    let plan = plan::make(&database(first), &to, &[], LEDGER).unwrap();
    let live = database(first);
    live.run_script(rows).unwrap();
    live.run(plan.statements.iter().map(String::as_str))
        .unwrap_or_else(|failure| panic!("{failure:?}\n{:#?}", plan.statements));
    assert!(schema_of(&live).same_as(&to));
    (live, plan)
}

#[track_caller]
fn values(database: &Simulator, query: &str) -> Vec<String> {
    let mut statement = database.connection().prepare(query).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn rows_keep_their_rowids_and_so_their_search_index() {
    let first = "CREATE TABLE doc (id TEXT NOT NULL PRIMARY KEY, title TEXT);
        CREATE TABLE note (id TEXT NOT NULL PRIMARY KEY, doc TEXT REFERENCES doc ON DELETE CASCADE, text TEXT);
        CREATE VIRTUAL TABLE doc_search USING fts5 (title, content = 'doc', content_rowid = 'rowid');
        CREATE VIRTUAL TABLE note_search USING fts5 (text);";
    let rows = "INSERT INTO doc VALUES ('a', 'alpha'), ('b', 'beta'), ('c', 'gamma');
        INSERT INTO note VALUES ('x', 'b', 'one'), ('y', 'b', 'two'), ('z', 'c', 'three');
        INSERT INTO doc_search (rowid, title) SELECT rowid, title FROM doc;
        INSERT INTO note_search (rowid, text) SELECT rowid, text FROM note;
        DELETE FROM doc WHERE id = 'a'; DELETE FROM note WHERE id = 'x';";
    let second = first.replace("title TEXT);", "title TEXT NOT NULL DEFAULT '');");
    let (live, plan) = go(first, rows, &second);
    assert_eq!(plan.rebuilt, ["doc"]);
    let found = "SELECT doc.id FROM doc_search JOIN doc ON doc.rowid = doc_search.rowid WHERE doc_search MATCH 'beta'";
    assert_eq!(values(&live, found), ["b"]);
    let found = "SELECT note.id FROM note_search JOIN note ON note.rowid = note_search.rowid WHERE note_search MATCH 'three'";
    assert_eq!(values(&live, found), ["z"]);
}

#[test]
fn rowid_survives_new_keys_and_columns_with_its_name() {
    for (first, second, rowid) in [
        // The key becomes an ordinary column.
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT);",
            "CREATE TABLE t (id INTEGER NOT NULL, x TEXT NOT NULL PRIMARY KEY);",
            "rowid",
        ),
        // A new column is the rowid from now on.
        (
            "CREATE TABLE t (x TEXT);",
            "CREATE TABLE t (n INTEGER PRIMARY KEY, x TEXT);",
            "n",
        ),
        (
            "CREATE TABLE t (rowid TEXT, x TEXT);",
            "CREATE TABLE t (x TEXT, oid TEXT, rowid TEXT);",
            "_rowid_",
        ),
    ] {
        let rows = "INSERT INTO t (x) VALUES ('a'), ('b'), ('c'); DELETE FROM t WHERE x = 'a';";
        let (live, _) = go(first, rows, second);
        let query = format!("SELECT {rowid} || x FROM t ORDER BY {rowid}");
        assert_eq!(values(&live, &query), ["2b", "3c"], "{second}");
    }
}

#[test]
fn column_that_becomes_the_key_keeps_its_values() {
    let first = "CREATE TABLE t (id INTEGER NOT NULL UNIQUE, x TEXT);";
    let second = "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT);";
    let (live, _) = go(first, "INSERT INTO t VALUES (7, 'a'), (3, 'b');", second);
    assert_eq!(
        values(&live, "SELECT id || x FROM t ORDER BY id"),
        ["3b", "7a"]
    );
}

#[test]
fn two_parents_of_one_child_are_rebuilt_together() {
    let first = "CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER);
        CREATE TABLE b (code TEXT NOT NULL, n INTEGER);
        CREATE UNIQUE INDEX b_code ON b (code);
        CREATE TABLE c (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a ON DELETE CASCADE, b TEXT REFERENCES b (code) ON DELETE CASCADE);
        CREATE TABLE d (c INTEGER REFERENCES c ON DELETE SET NULL);";
    let rows = "INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES ('x', 1); INSERT INTO c VALUES (5, 1, 'x'); INSERT INTO d VALUES (5);";
    let second = first.replace("n INTEGER", "n INTEGER NOT NULL DEFAULT 0");
    let (live, plan) = go(first, rows, &second);
    assert_eq!(plan.rebuilt, ["a", "b"]);
    assert_eq!(
        values(&live, "SELECT a || b || (SELECT c FROM d) FROM c"),
        ["1x5"]
    );
}

#[test]
fn parents_and_child_change_their_key_together() {
    let first = "CREATE TABLE a (id INTEGER PRIMARY KEY, code TEXT, n INTEGER);
        CREATE TABLE b (id INTEGER PRIMARY KEY, n INTEGER);
        CREATE TABLE c (a INTEGER REFERENCES a (id) ON DELETE CASCADE, b INTEGER REFERENCES b ON DELETE CASCADE, x TEXT);";
    let second = "CREATE TABLE a (id INTEGER PRIMARY KEY, code TEXT UNIQUE, n INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE b (id INTEGER PRIMARY KEY, n INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE c (a TEXT REFERENCES a (code) ON DELETE CASCADE, b INTEGER REFERENCES b ON DELETE CASCADE, x TEXT);";
    let rows = "INSERT INTO a VALUES (1, '1', 1); INSERT INTO b VALUES (2, 2); INSERT INTO c VALUES (1, 2, 'x');";
    let (live, _) = go(first, rows, second);
    assert_eq!(values(&live, "SELECT a || b || x FROM c"), ["12x"]);
}

#[test]
fn table_named_like_a_shadow_table_stays() {
    let first = "CREATE VIRTUAL TABLE search USING fts5 (a);
        CREATE VIRTUAL TABLE search_words USING fts5vocab (search, 'row');
        CREATE TABLE search_history (q TEXT);
        CREATE INDEX search_history_q ON search_history (q);";
    let live = database(first);
    let rows = schema::master_rows(live.connection()).unwrap();
    let remote = schema::read_rows(&rows, LEDGER).unwrap();
    let names: Vec<&str> = remote.objects.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "search",
            "search_words",
            "search_history",
            "search_history_q"
        ]
    );
    assert!(remote.same_as(&schema_of(&live)));
    let plan = plan::make(&live, &remote, &[], LEDGER).unwrap();
    assert!(plan.statements.is_empty(), "{:?}", plan.statements);
}

#[test]
fn default_that_is_no_constant_needs_a_rebuild_even_where_no_row_can_be_invented() {
    let first = "CREATE TABLE odd (a TEXT NOT NULL CHECK (a GLOB 'zq[3-4]?-[x]'));";
    let second = "CREATE TABLE odd (a TEXT NOT NULL CHECK (a GLOB 'zq[3-4]?-[x]'), at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);";
    let (live, plan) = go(first, "INSERT INTO odd VALUES ('zq3_-x');", second);
    assert_eq!(plan.rebuilt, ["odd"]);
    assert_eq!(
        values(&live, "SELECT a FROM odd WHERE at IS NOT NULL"),
        ["zq3_-x"]
    );
}

#[test]
fn column_that_becomes_computed_is_named() {
    let first = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT);";
    let second = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT AS (a || '!'));";
    let (_, plan) = go(first, "", second);
    assert_eq!(plan.computed, ["t.b"]);
}

#[test]
fn letter_case_of_a_column_is_changed_in_place() {
    let first = "CREATE TABLE t (Id INTEGER PRIMARY KEY, x TEXT); CREATE INDEX i ON t (Id, x);";
    let (live, plan) = go(
        first,
        "INSERT INTO t VALUES (1, 'a');",
        &first.replace("Id", "id"),
    );
    assert_eq!(plan.statements, ["ALTER TABLE t RENAME COLUMN Id TO id"]);
    assert_eq!(values(&live, "SELECT x FROM t"), ["a"]);
}

#[test]
fn counter_is_kept_for_autoincrement_and_not_for_a_default_that_says_so() {
    let first =
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT DEFAULT ' autoincrement', n INTEGER);";
    let (_, plan) = go(
        first,
        "",
        &first.replace("n INTEGER", "n INTEGER NOT NULL DEFAULT 0"),
    );
    assert!(
        !plan
            .statements
            .iter()
            .any(|one| one.contains("sqlite_sequence"))
    );
}
