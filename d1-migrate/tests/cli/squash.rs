//! `squash`: fewer files, the same schema, and ledgers that stay right.

use crate::support::Folder;

const A: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT);";
const AB: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT, n INTEGER); CREATE TABLE b (y TEXT REFERENCES a (id)); CREATE TRIGGER t AFTER INSERT ON a BEGIN INSERT INTO b VALUES (NEW.id); END;";

#[test]
fn files_become_one_and_every_ledger_stays_right() {
    let folder = Folder::with_versions(&[A]);
    folder.replace(
        "migrations/0001_v1.sql",
        "-- migrate:data\n",
        "-- migrate:data\nINSERT INTO a (id, x) VALUES (7, 'seven');\n",
    );
    folder.next("v2", AB);
    folder.next("v3", &format!("{AB} CREATE TABLE c (z TEXT);"));
    folder.db(&["migrate"]).exits(0);
    folder
        .db(&["migrate", "--to", "1", "--env", "staging", "--local"])
        .exits(0);
    folder
        .db(&["squash", "2"])
        .exits(1)
        .prints("INSERT INTO a (id, x, n) VALUES (7, 'seven', NULL);")
        .says("--yes");
    folder
        .db(&["squash", "2", "--yes"])
        .exits(0)
        .says("squashed 2 files into 0002_v2.sql");
    assert!(!folder.path("migrations/0001_v1.sql").exists());
    // A database that has all of them.
    folder.db(&["status"]).exits(0).says("2 applied, 0 pending");
    folder.db(&["validate", "--strict"]).exits(0);
    folder.db(&["pull", "--check"]).exits(0);
    folder
        .wrangler(&["d1", "migrations", "list", "jobs", "--local"])
        .exits(0)
        .prints("No migrations to apply");
    folder
        .db(&["rollback", "--yes"])
        .exits(0)
        .says("rolled back: 0003_v3.sql");
    folder.db(&["migrate"]).exits(0);
    // One that has only some.
    let staging = ["--env", "staging", "--local"];
    folder
        .db(&[&["migrate"][..], &staging].concat())
        .exits(1)
        .says("0001_v1.sql is squashed into a file that is not applied");
    // A new one.
    let production = ["--env", "production", "--local"];
    folder
        .db(&[&["migrate"][..], &production].concat())
        .exits(0)
        .says("applied: 0002_v2.sql");
    folder
        .db(&[&["pull", "--check"][..], &production].concat())
        .exits(0);
    // The names survive the next file.
    folder.next(
        "v4",
        &format!("{AB} CREATE TABLE c (z TEXT); CREATE TABLE d (z TEXT);"),
    );
    folder.db(&["migrate"]).exits(0);
    folder.db(&["status"]).exits(0).says("3 applied, 0 pending");
}

#[test]
fn folder_that_is_not_sealed_is_not_squashed() {
    let folder = Folder::with_versions(&[A, AB]);
    folder
        .db(&["squash", "2", "--yes"])
        .exits(1)
        .says("checksums.txt");
    folder.db(&["validate"]).exits(0);
    folder
        .db(&["squash", "1", "--yes"])
        .exits(1)
        .says("nothing before");
}
