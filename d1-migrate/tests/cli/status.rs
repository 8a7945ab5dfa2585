//! `status`: every state, read-only.

use std::fs;

use crate::support::Folder;

const A: &str = "CREATE TABLE a (x TEXT);";
const AB: &str = "CREATE TABLE a (x TEXT); CREATE TABLE b (y TEXT);";
const ABC: &str = "CREATE TABLE a (x TEXT); CREATE TABLE b (y TEXT); CREATE TABLE c (z TEXT);";

fn states(folder: &Folder, exit: i32) -> Vec<(String, String)> {
    let json = folder.db(&["status", "--json"]).exits(exit).json();
    let mut states: Vec<(String, String)> = json["migrations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            (text("name"), text("state"))
        })
        .collect();
    states.sort();
    states
}

#[test]
fn without_a_database_all_is_pending_and_none_is_made() {
    let folder = Folder::with_versions(&[A]);
    let json = folder.db(&["status", "--json"]).exits(2).json();
    assert_eq!(
        json,
        serde_json::json!({
            "environment": "dev", "database": "jobs", "location": "local", "applied": 0, "pending": 1,
            "migrations": [{ "number": 1, "name": "0001_v1.sql", "state": "pending", "applied_at": null }],
        })
    );
    assert!(!folder.path(".wrangler").exists());
}

#[test]
fn database_without_a_ledger_gets_none() {
    let folder = Folder::with_versions(&[A]);
    folder.sql("CREATE TABLE other (x TEXT)");
    folder.db(&["status"]).exits(2).says("0 applied, 1 pending");
    assert_eq!(
        folder.number("SELECT count(*) FROM sqlite_master WHERE name = 'd1_migrations'"),
        0
    );
}

#[test]
fn letter_case_of_a_file_name_matters_as_it_does_to_wrangler() {
    let folder = Folder::with_versions(&[A]);
    folder.db(&["migrate"]).exits(0);
    fs::rename(
        folder.path("migrations/0001_v1.sql"),
        folder.path("migrations/0001_V1.sql"),
    )
    .unwrap();
    let expected = [("0001_V1.sql", "pending"), ("0001_v1.sql", "missing")]
        .map(|(name, state)| (name.to_owned(), state.to_owned()));
    assert_eq!(states(&folder, 2), expected);
}

#[test]
fn every_state_has_its_name() {
    let folder = Folder::with_versions(&[A, AB, ABC]);
    folder.db(&["migrate"]).exits(0);
    let all = states(&folder, 0);
    assert!(all.iter().all(|(_, state)| state == "applied"), "{all:?}");

    folder.replace("migrations/0001_v1.sql", "-- What", "-- what");
    fs::remove_file(folder.path("migrations/0002_v2.sql")).unwrap();
    folder.write("migrations/0002_late.sql", "-- migrate:up\nSELECT 1;\n");
    folder.write("migrations/0004_new.sql", "-- migrate:up\nSELECT 1;\n");
    folder.sql("INSERT INTO d1_migrations (name) VALUES ('0009_elsewhere.sql')");
    let expected = [
        ("0001_v1.sql", "modified"),
        ("0002_late.sql", "out_of_order"),
        ("0002_v2.sql", "missing"),
        ("0003_v3.sql", "applied"),
        ("0004_new.sql", "pending"),
        ("0009_elsewhere.sql", "unknown"),
    ]
    .map(|(name, state)| (name.to_owned(), state.to_owned()));
    assert_eq!(states(&folder, 2), expected);
    folder
        .db(&["status"])
        .exits(2)
        .prints("out of order")
        .prints("unknown to us")
        .says("modified: the file was edited after it was applied")
        .says("missing: the file was deleted")
        .says("out of order: a later file is applied already")
        .says("unknown to us: applied from another branch or folder: add that file here");
    folder
        .db(&["migrate"])
        .exits(1)
        .says("different histories")
        .says("0001_v1.sql is modified")
        .says("0009_elsewhere.sql is unknown to us")
        .says("add that file here under the same name");
    folder
        .db(&["rollback", "--yes"])
        .exits(1)
        .says("different histories");
}
