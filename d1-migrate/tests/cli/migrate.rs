//! `migrate` on local databases made by real wrangler.

use crate::support::Folder;

const A: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT);";
const AB: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT); CREATE TABLE b (y TEXT);";
const ABC: &str = "CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT); CREATE TABLE b (y TEXT); CREATE TABLE c (z TEXT);";

#[test]
fn pending_files_are_applied_up_to_a_number_and_then_all() {
    let folder = Folder::with_versions(&[A, AB, ABC]);
    folder
        .db(&["migrate", "--to", "2"])
        .exits(0)
        .prints("-- 0001_v1.sql")
        .prints("CREATE TABLE b")
        .says("applied: 0002_v2.sql");
    assert_eq!(folder.number("SELECT count(*) FROM d1_migrations"), 2);
    folder
        .db(&["migrate", "--to", "2"])
        .exits(0)
        .says("has 1 pending migration behind that number");
    folder
        .db(&["migrate"])
        .exits(0)
        .says("applied: 0003_v3.sql");
    folder.db(&["migrate"]).exits(0).says("nothing to apply");
    // Plain wrangler agrees that there is nothing left.
    let list = folder
        .wrangler(&["d1", "migrations", "list", "jobs", "--local"])
        .exits(0);
    assert!(
        list.stdout.contains("No migrations to apply"),
        "{}",
        list.stdout
    );
    assert!(
        folder
            .read("migrations/checksums.txt")
            .contains("0003_v3.sql")
    );
}

#[test]
fn plain_wrangler_can_apply_all_and_status_knows() {
    let folder = Folder::with_versions(&[A, AB]);
    folder
        .wrangler(&["d1", "migrations", "apply", "jobs", "--local"])
        .exits(0);
    folder.db(&["status"]).exits(0).says("2 applied, 0 pending");
    folder.db(&["pull", "--check"]).exits(0);
}

#[test]
fn dry_run_prints_the_statements_and_makes_no_database() {
    let folder = Folder::with_versions(&[A]);
    folder
        .db(&["migrate", "--dry-run"])
        .exits(2)
        .prints("CREATE TABLE a");
    let json = folder
        .db(&["migrate", "--dry-run", "--json"])
        .exits(2)
        .json();
    assert_eq!(json["environment"], "dev");
    assert_eq!(json["location"], "local");
    assert_eq!(json["migrations"][0]["name"], "0001_v1.sql");
    assert_eq!(json["migrations"][0]["statements"][0]["section"], "UP");
    assert!(!folder.path(".wrangler/state").exists());
}

#[test]
fn findings_stop_it_before_anything_is_applied() {
    let folder = Folder::with_versions(&[A]);
    folder.write(
        "migrations/0002_bad.sql",
        "-- allow F503: a test\n-- migrate:up\nVACUUM;\n",
    );
    folder
        .db(&["migrate"])
        .exits(1)
        .says("R201")
        .says("nothing was applied");
    assert!(!folder.path(".wrangler/state").exists());
}

#[test]
fn number_that_no_file_has_is_refused() {
    Folder::with_versions(&[A])
        .db(&["migrate", "--to", "7"])
        .exits(1)
        .says("no migration 7");
}

#[test]
fn failure_half_way_leaves_the_database_as_it_was() {
    let folder = Folder::with_versions(&[A]);
    folder.db(&["migrate"]).exits(0);
    folder.sql("INSERT INTO a (x) VALUES ('kept'), ('odd')");
    folder.next("two", AB);
    folder.next("three", ABC);
    // Holds for the rows that `validate` invents, not for these.
    folder.replace(
        "migrations/0003_three.sql",
        "-- migrate:verify\n",
        "UPDATE a SET x = 'changed';\n-- migrate:verify\nSELECT json_extract('{}', CASE WHEN (SELECT count(*) FROM a) <> 2 THEN '$' ELSE 'verify: a has not two rows' END);\n",
    );
    folder
        .db(&["migrate"])
        .exits(1)
        .says("applied: 0002_two.sql")
        .says("not applied: 0003_three.sql")
        .says("verify: a has not two rows");
    assert_eq!(
        folder.number("SELECT count(*) FROM a WHERE x IN ('kept', 'odd')"),
        2
    );
    assert_eq!(
        folder.number("SELECT count(*) FROM sqlite_master WHERE name = 'c'"),
        0
    );
    let status = folder.db(&["status", "--json"]).exits(2).json();
    assert_eq!(status["migrations"][1]["state"], "applied");
    assert_eq!(status["migrations"][2]["state"], "pending");
}

#[test]
fn drift_is_shown_after_applying() {
    let folder = Folder::with_versions(&[A]);
    folder.db(&["migrate"]).exits(0);
    folder.sql("CREATE TABLE stray (x TEXT)");
    folder.next("two", AB);
    folder.db(&["migrate"]).exits(2).says("+CREATE TABLE stray");
}
