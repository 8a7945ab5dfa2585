//! `rollback`: DOWN and the ledger in one transaction.

use crate::support::Folder;

const A: &str = "CREATE TABLE a (x TEXT);";
const AB: &str = "CREATE TABLE a (x TEXT, n TEXT); CREATE TABLE b (y TEXT);";
const ABC: &str =
    "CREATE TABLE a (x TEXT, n TEXT); CREATE TABLE b (y TEXT); CREATE TABLE c (z TEXT);";

#[test]
fn losses_are_said_and_nothing_happens_without_yes() {
    let folder = Folder::with_versions(&[A, AB]);
    folder.db(&["migrate"]).exits(0);
    folder.sql("INSERT INTO a VALUES ('1', 'n'), ('2', NULL); INSERT INTO b VALUES (1), (2), (3);");
    folder
        .db(&["rollback"])
        .exits(1)
        .prints("DROP TABLE b;")
        .says("table b, rows: 3")
        .says("column a.n, values: 1")
        .says("--yes");
    assert_eq!(folder.number("SELECT count(*) FROM d1_migrations"), 2);
    folder
        .db(&["rollback", "--yes"])
        .exits(0)
        .says("rolled back: 0002_v2.sql");
    assert_eq!(folder.number("SELECT count(*) FROM d1_migrations"), 1);
    assert_eq!(folder.number("SELECT count(*) FROM a"), 2);
    folder.db(&["pull", "--check"]).exits(0);
    folder
        .db(&["migrate"])
        .exits(0)
        .says("applied: 0002_v2.sql");
}

#[test]
fn several_go_back_by_count_or_number() {
    let folder = Folder::with_versions(&[A, AB, ABC]);
    folder.db(&["migrate"]).exits(0);
    folder.db(&["rollback", "2", "--yes"]).exits(0);
    folder.db(&["status"]).exits(2).says("1 applied, 2 pending");
    folder.db(&["migrate"]).exits(0);
    folder
        .db(&["rollback", "--to", "3", "--yes"])
        .exits(0)
        .says("nothing to roll back");
    folder.db(&["rollback", "--to", "0", "--yes"]).exits(0);
    folder.db(&["status"]).exits(2).says("0 applied, 3 pending");
    folder
        .db(&["rollback", "--yes"])
        .exits(1)
        .says("has no applied migration");
    folder.db(&["rollback", "--to", "9", "--yes"]).exits(1);
}

#[test]
fn file_without_down_stops_it_before_anything() {
    let folder = Folder::with_versions(&[A]);
    folder.write("schema.sql", AB);
    folder.db(&["generate", "two"]).exits(0);
    let text = folder.read("migrations/0002_two.sql");
    let up = text.split("-- migrate:down").next().unwrap();
    folder.write(
        "migrations/0002_two.sql",
        &format!("-- allow F503: no way back\n{up}"),
    );
    folder.next("three", ABC);
    folder.db(&["migrate"]).exits(0);
    folder
        .db(&["rollback", "2", "--yes"])
        .exits(1)
        .says("0002_two.sql has no DOWN section");
    folder.db(&["status"]).exits(0);
}

#[test]
fn down_that_fails_leaves_everything() {
    let folder = Folder::with_versions(&[A]);
    folder.db(&["migrate"]).exits(0);
    folder.next("two", AB);
    // Works on the rows that `validate` invents, not on this one.
    folder.replace(
        "migrations/0002_two.sql",
        "-- DROP TABLE b;",
        "-- CREATE TABLE check_b (y TEXT CHECK (y <> 'odd'));\n-- INSERT INTO check_b SELECT y FROM b;\n-- DROP TABLE check_b;\n-- DROP TABLE b;",
    );
    folder.db(&["migrate"]).exits(0);
    folder.sql("INSERT INTO b VALUES ('odd')");
    folder
        .db(&["rollback", "--yes"])
        .exits(1)
        .says("CHECK constraint failed");
    folder.db(&["status"]).exits(0);
    assert_eq!(folder.number("SELECT count(*) FROM b"), 1);
}

#[test]
fn down_that_cannot_run_is_refused_before_anybody_is_asked() {
    let folder = Folder::with_versions(&[A, AB]);
    folder.replace(
        "migrations/0002_v2.sql",
        "-- DROP TABLE b;",
        "-- DROP TABLE nowhere;",
    );
    // Only the replay can tell: the schema says nothing of it.
    folder
        .wrangler(&["d1", "migrations", "apply", "jobs", "--local"])
        .exits(0);
    folder
        .db(&["rollback"])
        .exits(1)
        .says("DOWN of 0002_v2.sql fails: no such table: nowhere; nothing was changed");
    folder.db(&["status"]).exits(0);
}

#[test]
fn rows_that_a_dropped_parent_takes_are_said() {
    let first = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p ON DELETE CASCADE);";
    let folder = Folder::with_versions(&[first]);
    folder.write(
        "migrations/0002_n.sql",
        "-- allow FK301: a test\n-- migrate:up\nALTER TABLE p ADD COLUMN n TEXT;\n-- migrate:down\n-- CREATE TABLE p_old (id INTEGER PRIMARY KEY);\n-- INSERT INTO p_old SELECT id FROM p;\n-- DROP TABLE p;\n-- ALTER TABLE p_old RENAME TO p;\n",
    );
    folder.write("schema.sql", &first.replace("KEY)", "KEY, n TEXT)"));
    folder.db(&["migrate"]).exits(0);
    folder.sql("INSERT INTO p (id) VALUES (1); INSERT INTO c VALUES (1);");
    folder.db(&["rollback"]).exits(1).says("may be lost: c");
}

#[test]
fn rename_loses_nothing_and_deleted_rows_are_counted() {
    let folder = Folder::with_versions(&[A]);
    folder.write("schema.sql", "CREATE TABLE a (y TEXT);");
    folder.db(&["generate", "y", "--rename", "a.x:y"]).exits(0);
    folder.replace(
        "migrations/0002_y.sql",
        "-- migrate:down\n",
        "-- migrate:down\n-- DELETE FROM a WHERE y = 'new';\n",
    );
    folder.db(&["migrate"]).exits(0);
    folder.sql("INSERT INTO a VALUES ('new'), ('new'), ('old')");
    let run = folder
        .db(&["rollback", "--yes"])
        .exits(0)
        .says("rows of a by DELETE: 2");
    assert!(!run.stderr.contains("column"), "{}", run.stderr);
    assert_eq!(folder.number("SELECT count(*) FROM a WHERE x = 'old'"), 1);
}

#[test]
fn delete_that_no_select_can_count_is_said_without_a_number() {
    for delete in [
        "WITH new (x) AS (SELECT 'new') DELETE FROM a WHERE x IN (SELECT x FROM new)",
        "DELETE FROM a WHERE x = 'new' RETURNING x",
    ] {
        let folder = Folder::with_versions(&[A]);
        folder.write(
            "migrations/0002_new.sql",
            &format!(
                "-- migrate:data\nINSERT INTO a VALUES ('new');\n-- migrate:down\n-- {delete};\n"
            ),
        );
        folder.db(&["migrate"]).exits(0);
        folder
            .db(&["rollback", "--yes"])
            .exits(0)
            .says("rows of a by DELETE: not counted");
        assert_eq!(folder.number("SELECT count(*) FROM a"), 0);
    }
}

#[test]
fn late_migration_does_not_hide_those_behind_a_number() {
    let folder = Folder::with_versions(&[A]);
    for (file, table) in [("0003_c.sql", "c"), ("0002_b.sql", "b")] {
        folder.write(
            &format!("migrations/{file}"),
            &format!("-- migrate:up\nCREATE TABLE {table} (x TEXT);\n-- migrate:down\n-- DROP TABLE {table};\n"),
        );
        // Plain wrangler applies a late file without a word.
        folder
            .wrangler(&["d1", "migrations", "apply", "jobs", "--local"])
            .exits(0);
    }
    folder
        .db(&["rollback", "--to", "2", "--yes"])
        .exits(0)
        .says("rolled back: 0003_c.sql");
    folder.db(&["status"]).exits(2).says("2 applied, 1 pending");
}

/// Puts a row in, and takes it out again.
const NEW: &str = "-- migrate:data\nINSERT INTO a VALUES ('new');\n-- migrate:down\n-- DELETE FROM a WHERE x = 'new';\n";

#[test]
fn insert_of_another_file_puts_nothing_back() {
    let folder = Folder::with_versions(&[A]);
    folder.write("migrations/0002_new.sql", NEW);
    // 0003 goes back first, though its INSERT is further down in its file than the DELETE in the file of 0002.
    let away = "-- migrate:data\nDELETE FROM a WHERE x = 'old';\n-- migrate:down\n-- INSERT INTO a VALUES ('old');\n";
    folder.write(
        "migrations/0003_old.sql",
        &format!("{}{away}", "-- Old rows go.\n".repeat(9)),
    );
    folder.db(&["migrate"]).exits(0);
    let run = folder
        .db(&["rollback", "2", "--yes"])
        .exits(0)
        .says("rows of a by DELETE: ");
    assert!(
        !run.stderr.contains("no rows and no values"),
        "{}",
        run.stderr
    );
    assert_eq!(folder.number("SELECT count(*) FROM a WHERE x = 'new'"), 0);
}

#[test]
fn delete_behind_what_changes_its_table_is_said_without_a_number() {
    // With the name in quotes the count would run, and find none: today `x` is a string.
    for name in ["x", "\"x\""] {
        let folder = Folder::with_versions(&[A]);
        folder.write(
            "migrations/0002_new.sql",
            &NEW.replace("WHERE x", &format!("WHERE {name}")),
        );
        folder.write("schema.sql", "CREATE TABLE a (y TEXT);");
        folder.db(&["generate", "y", "--yes"]).exits(0);
        folder.db(&["migrate"]).exits(0);
        folder
            .db(&["rollback", "--to", "1", "--yes"])
            .exits(0)
            .says("rows of a by DELETE: not counted");
        assert_eq!(folder.number("SELECT count(*) FROM a"), 0);
    }
}

#[test]
fn count_of_a_delete_that_fails_stops_nothing() {
    let folder = Folder::with_versions(&[
        "CREATE TABLE a (x TEXT); CREATE TABLE b (x TEXT); CREATE VIEW v AS SELECT x FROM b;",
    ]);
    folder.write(
        "migrations/0002_new.sql",
        &NEW.replace("WHERE x = 'new'", "WHERE x NOT IN (SELECT x FROM v)"),
    );
    // Its DOWN makes the view again.
    folder.next(
        "no_view",
        "CREATE TABLE a (x TEXT); CREATE TABLE b (x TEXT);",
    );
    folder.db(&["migrate"]).exits(0);
    folder
        .db(&["rollback", "2", "--yes"])
        .exits(0)
        .says("rows of a by DELETE: not counted")
        .says("no such table: v");
    assert_eq!(folder.number("SELECT count(*) FROM a"), 0);
}

#[test]
fn zero_takes_a_file_with_the_number_0_too() {
    let folder = Folder::empty();
    folder.write(
        "schema.sql",
        "CREATE TABLE a (x TEXT); CREATE TABLE b (x TEXT);",
    );
    // As drizzle-kit counts.
    for (file, table) in [("0000_a.sql", "a"), ("0001_b.sql", "b")] {
        folder.write(
            &format!("migrations/{file}"),
            &format!("-- migrate:up\nCREATE TABLE {table} (x TEXT);\n-- migrate:down\n-- DROP TABLE {table};\n"),
        );
    }
    folder.db(&["migrate"]).exits(0);
    folder
        .db(&["rollback", "--to", "0", "--yes"])
        .exits(0)
        .says("rolled back: 0000_a.sql");
    folder.db(&["status"]).exits(2).says("0 applied, 2 pending");
}
