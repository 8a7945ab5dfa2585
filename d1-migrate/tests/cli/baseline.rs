//! `baseline`: marks only what is really there.

use crate::support::Folder;

const A: &str = "CREATE TABLE a (x TEXT);";
const AB: &str = "CREATE TABLE a (x TEXT); CREATE TABLE b (y TEXT);";

#[test]
fn database_with_the_schema_is_marked() {
    let folder = Folder::with_versions(&[A, AB]);
    folder.sql("CREATE TABLE A (\"x\" text)");
    folder.db(&["baseline", "1"]).exits(1).says("--yes");
    folder
        .db(&["baseline", "1", "--yes"])
        .exits(0)
        .prints("0001_v1.sql");
    folder
        .db(&["baseline", "1", "--yes"])
        .exits(0)
        .says("nothing to mark");
    folder.db(&["status"]).exits(2).says("1 applied, 1 pending");
    // The ledger is one that wrangler goes on with.
    folder
        .wrangler(&["d1", "migrations", "apply", "jobs", "--local"])
        .exits(0);
    folder.db(&["status"]).exits(0);
}

#[test]
fn database_with_another_schema_is_refused() {
    let folder = Folder::with_versions(&[A, AB]);
    folder.sql("CREATE TABLE a (x TEXT)");
    folder
        .db(&["baseline", "2", "--yes"])
        .exits(1)
        .says("differs from what migrations up to 0002_v2.sql build")
        .says("-CREATE TABLE b");
    assert_eq!(
        folder.number("SELECT count(*) FROM sqlite_master WHERE name = 'd1_migrations'"),
        0
    );
}

#[test]
fn number_and_database_must_exist() {
    let folder = Folder::with_versions(&[A]);
    folder
        .db(&["baseline", "1", "--yes"])
        .exits(1)
        .says("no local database of dev");
    folder
        .db(&["baseline", "4", "--yes"])
        .exits(1)
        .says("no migration 4");
}
