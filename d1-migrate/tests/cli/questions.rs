//! Questions, answered on a pseudo terminal.

use rexpect::session::{PtySession, spawn_command};

use crate::production::{calls, folder};
use crate::support::Folder;

const A: &str = "CREATE TABLE a (x TEXT);";

/// The keys that end an answer; a terminal in raw mode sends no line feed.
const ENTER: &str = "\r";

fn start(folder: &Folder, args: &[&str]) -> PtySession {
    spawn_command(folder.command(args), Some(120_000)).unwrap()
}

fn answer(session: &mut PtySession, question: &str, keys: &str) -> String {
    session.exp_string(question).unwrap();
    session.send(keys).unwrap();
    session.send(ENTER).unwrap();
    session.flush().unwrap();
    session.exp_eof().unwrap()
}

#[test]
fn production_wants_the_name_of_the_database() {
    let folder = folder(&[A]);
    let mut session = start(&folder, &["migrate", "--env", "production"]);
    let said = answer(&mut session, "Type its name, jobs:", "job");
    assert!(
        said.contains("`job` is not the name of the database, jobs"),
        "{said}"
    );
    assert!(!calls(&folder).contains("apply"));
    let mut session = start(&folder, &["migrate", "--env", "production"]);
    let said = answer(&mut session, "Type its name, jobs:", "jobs");
    assert!(
        said.contains("time-travel restore") && said.contains("applied: 0001_v1.sql"),
        "{said}"
    );
}

#[test]
fn no_means_no() {
    let folder = Folder::empty();
    folder.write("schema.sql", A);
    folder.db(&["push"]).exits(0);
    folder.write("schema.sql", "");
    let mut session = start(&folder, &["push"]);
    let said = answer(&mut session, "change jobs (dev, local)?", "n");
    assert!(said.contains("nothing was changed"), "{said}");
    assert_eq!(folder.number("SELECT count(*) FROM a"), 0);
}

#[test]
fn new_file_is_replaced_if_that_is_wanted() {
    for (keys, left) in [("", "0001_both.sql"), ("\x1b[B", "0001_v1.sql")] {
        let folder = Folder::with_versions(&[A]);
        folder.write(
            "schema.sql",
            "CREATE TABLE a (x TEXT); CREATE TABLE b (y TEXT);",
        );
        let mut session = start(&folder, &["generate", "both"]);
        answer(&mut session, "0001_v1.sql is in no database yet.", keys);
        let first = folder.read(&format!("migrations/{left}"));
        assert_eq!(first.contains("CREATE TABLE b"), keys.is_empty(), "{first}");
        let has_second = folder.path("migrations/0002_both.sql").exists();
        assert_eq!(has_second, !keys.is_empty());
        assert_eq!(
            folder.path("migrations/0001_v1.sql").exists(),
            !keys.is_empty()
        );
    }
}

#[test]
fn rebuild_is_written_after_a_yes() {
    for (keys, is_written) in [("n", false), ("y", true)] {
        let folder = Folder::with_versions(&[A]);
        folder.db(&["migrate"]).exits(0);
        folder.sql("INSERT INTO a VALUES ('1'), ('2'), ('3')");
        folder.write("schema.sql", "CREATE TABLE a (x TEXT NOT NULL);");
        let mut session = start(&folder, &["generate", "strict"]);
        session
            .exp_string("that is 6 row writes, for a (3 rows)")
            .unwrap();
        answer(&mut session, "write a file with this rebuild?", keys);
        let file = folder.path("migrations/0002_strict.sql");
        assert_eq!(file.exists(), is_written);
    }
}

#[test]
fn rename_is_asked_about() {
    let folder = Folder::with_versions(&[A]);
    folder.db(&["validate"]).exits(0);
    folder.write("schema.sql", "CREATE TABLE a (y TEXT);");
    let mut session = start(&folder, &["generate", "y"]);
    // The first choice is the rename.
    answer(&mut session, "What became of column a.x?", "");
    assert!(
        folder
            .read("migrations/0002_y.sql")
            .contains("RENAME COLUMN x TO y")
    );
}
