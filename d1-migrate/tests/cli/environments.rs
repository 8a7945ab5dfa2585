//! Environments with histories of their own.

use crate::support::Folder;

const A: &str = "CREATE TABLE a (x TEXT);";
const AB: &str = "CREATE TABLE a (x TEXT); CREATE TABLE b (y TEXT);";

#[test]
fn two_environments_do_not_touch_each_other() {
    let folder = Folder::with_versions(&[A, AB]);
    folder.db(&["migrate", "--to", "1"]).exits(0);
    folder
        .db(&["migrate", "--env", "staging", "--local"])
        .exits(0)
        .says("jobs-staging (staging, local)");
    folder.db(&["status"]).exits(2).says("1 applied, 1 pending");
    folder
        .db(&["status", "--env", "staging", "--local"])
        .exits(0)
        .says("2 applied, 0 pending");
    folder
        .db(&["status", "--env", "production", "--local"])
        .exits(2)
        .says("0 applied, 2 pending");
    folder
        .db(&["rollback", "2", "--yes", "--env", "staging", "--local"])
        .exits(0);
    folder.db(&["status"]).exits(2).says("1 applied, 1 pending");
    folder.db(&["pull", "--check"]).exits(0);
}
