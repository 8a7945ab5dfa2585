//! docs/UPGRADE.md, "By a copy": the statements of docs/upgrade/ end where migration 0004 does.

use jobs_ingest_tests::{Migrations, Worker};
use rusqlite::Connection;
use serde_json::{Value, json};
use xtask::project;

fn file(name: &str) -> String {
    let path = project::root().join("docs/upgrade").join(name);
    std::fs::read_to_string(path).expect("read a file of docs/upgrade/")
}

/// Every table, index and trigger of the table. SQLite quotes the name of a renamed table.
fn schema(worker: &Worker) -> Value {
    worker.sql(
        "SELECT type, name, replace(sql, '\"jobs\"', 'jobs') AS sql FROM sqlite_schema
         WHERE tbl_name LIKE 'jobs%' ORDER BY name",
    )
}

#[test]
fn table_that_is_copied_is_the_table_of_the_migration() {
    let worker = Worker::builder().migrations(Migrations::First(3)).start();
    worker.execute(
        "INSERT INTO jobs (external_id, source, title)
         VALUES ('a', 's', 'A'), ('b', 's', 'B'), ('c', 's', 'C')",
    );
    worker.execute(&file("prepare.sql"));
    let copy = |first: u32, last: u32| {
        worker.execute(&format!(
            "INSERT INTO jobs_next SELECT * FROM jobs_to_copy
             WHERE id BETWEEN {first} AND {last} ON CONFLICT (id) DO NOTHING"
        ));
    };
    copy(1, 2);
    worker.execute(
        "UPDATE jobs SET title = 'A2' WHERE id = 1;
         DELETE FROM jobs WHERE id = 2;
         UPDATE jobs SET title = 'C2' WHERE id = 3;
         INSERT INTO jobs (external_id, source, title) VALUES ('d', 's', 'D')",
    );
    copy(1, 4);
    worker.execute(&file("0004_posting_identity_and_columns.sql"));
    // How the Worker of 0.1 finds a row.
    worker.execute(
        "INSERT INTO jobs (external_id, title) VALUES ('d', 'D2')
         ON CONFLICT (external_id) DO UPDATE SET title = excluded.title",
    );
    worker.execute("DROP INDEX jobs_old_key; DROP TABLE jobs_old");

    assert_eq!(
        worker.sql("SELECT id, source, external_id, title FROM jobs ORDER BY id"),
        json!([
            {"id": 1, "source": "s", "external_id": "a", "title": "A2"},
            {"id": 3, "source": "s", "external_id": "c", "title": "C2"},
            {"id": 4, "source": "s", "external_id": "d", "title": "D2"},
        ])
    );
    let migrated = Worker::builder().migrations(Migrations::First(4)).start();
    assert_eq!(schema(&worker), schema(&migrated));
}

#[test]
fn tables_change_places_only_when_every_row_is_copied() {
    let worker = Worker::builder().migrations(Migrations::First(3)).start();
    worker.execute("INSERT INTO jobs (external_id) VALUES ('a')");
    worker.execute(&file("prepare.sql"));
    let database = Connection::open(worker.database_path()).expect("open the database");
    let swap = file("0004_posting_identity_and_columns.sql");
    let error = database.execute_batch(&swap).expect_err("a row is missing");
    assert!(error.to_string().contains("every row is copied"), "{error}");
    assert_eq!(worker.n_rows(), 1);
}
