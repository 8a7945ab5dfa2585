//! `generate`: each kind of change, and each refusal. That the statements lead there and back is proved by `validate`
//! (every file here is validated) and by the laws beside the planner.

use crate::support::Folder;

const JOBS: &str = "CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, salary TEXT);";

/// The UP statements of the migration between two schemas, after `validate` found nothing but `expected`.
#[track_caller]
fn up(first: &str, second: &str, expected: &[&str]) -> String {
    let folder = Folder::with_versions(&[first, second]);
    assert_eq!(folder.codes(), expected);
    section(&folder.read("migrations/0002_v2.sql"))
}

fn section(file: &str) -> String {
    let after = file.split("-- migrate:up\n").nth(1).unwrap();
    after
        .split("\n\n-- migrate:data")
        .next()
        .unwrap()
        .to_owned()
}

#[test]
fn column_at_the_end_is_added_in_place() {
    let second = JOBS.replace("salary TEXT", "salary TEXT, tags TEXT NOT NULL DEFAULT ''");
    assert_eq!(
        up(JOBS, &second, &[]),
        "ALTER TABLE jobs ADD COLUMN tags TEXT NOT NULL DEFAULT '';"
    );
}

#[test]
fn plain_column_is_dropped_in_place() {
    let second = JOBS.replace(", salary TEXT", "");
    assert_eq!(
        up(JOBS, &second, &[]),
        "ALTER TABLE jobs DROP COLUMN salary;"
    );
}

#[test]
fn column_in_the_middle_is_a_rebuild_with_a_check_of_references() {
    let second = JOBS.replace("title", "company TEXT, title");
    insta::assert_snapshot!(up(JOBS, &second, &[]), @r"
    PRAGMA defer_foreign_keys = ON;
    CREATE TABLE jobs_aside AS SELECT id, title, salary FROM jobs;
    DROP TABLE jobs;
    CREATE TABLE jobs (
      id INTEGER PRIMARY KEY,
      company TEXT,
      title TEXT NOT NULL,
      salary TEXT
    );
    INSERT INTO jobs (id, title, salary) SELECT id, title, salary FROM jobs_aside;
    DROP TABLE jobs_aside;
    ");
    let folder = Folder::with_versions(&[JOBS, &second]);
    assert!(
        folder
            .read("migrations/0002_v2.sql")
            .contains("pragma_foreign_key_check")
    );
}

#[test]
fn rebuild_keeps_children_counter_indexes_and_triggers() {
    let first = "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER);
        CREATE TABLE c (id INTEGER PRIMARY KEY, p_id INTEGER REFERENCES p (id) ON DELETE SET NULL);
        CREATE TABLE far (c_id INTEGER REFERENCES c (id) ON DELETE CASCADE);
        CREATE TABLE still (p_id INTEGER REFERENCES p (id) ON DELETE RESTRICT);
        CREATE INDEX p_n ON p (n);
        CREATE TRIGGER c_gone AFTER DELETE ON c BEGIN UPDATE p SET n = 0; END;";
    let second = first.replace("n INTEGER", "n INTEGER NOT NULL DEFAULT 0");
    insta::assert_snapshot!(up(first, &second, &[]), @r"
    PRAGMA defer_foreign_keys = ON;
    DROP TRIGGER c_gone;
    CREATE TABLE p_aside AS SELECT id, n FROM p;
    CREATE TABLE c_aside AS SELECT id, p_id FROM c;
    CREATE TABLE far_aside AS SELECT rowid AS rowid_aside, c_id FROM far;
    CREATE TABLE p_counter_aside AS SELECT seq FROM sqlite_sequence WHERE name = 'p';
    CREATE INDEX still_p_id_aside ON still (p_id);
    DELETE FROM far;
    DELETE FROM c;
    DROP TABLE p;
    CREATE TABLE p (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      n INTEGER NOT NULL DEFAULT 0
    );
    INSERT INTO p (id, n) SELECT id, coalesce(n, 0) FROM p_aside;
    INSERT INTO c (id, p_id) SELECT id, p_id FROM c_aside;
    INSERT INTO far (rowid, c_id) SELECT rowid_aside, c_id FROM far_aside;
    DELETE FROM sqlite_sequence WHERE name = 'p';
    INSERT INTO sqlite_sequence (name, seq) SELECT 'p', seq FROM p_counter_aside;
    DROP INDEX still_p_id_aside;
    DROP TABLE p_aside;
    DROP TABLE c_aside;
    DROP TABLE far_aside;
    DROP TABLE p_counter_aside;
    CREATE INDEX p_n ON p (n);
    CREATE TRIGGER c_gone AFTER DELETE ON c BEGIN UPDATE p SET n = 0; END;
    ");
}

#[test]
fn tables_indexes_views_and_triggers_come_and_go() {
    let more = "CREATE TABLE tag (id INTEGER PRIMARY KEY, job_id INTEGER REFERENCES jobs (id));
        CREATE INDEX tag_job ON tag (job_id);
        CREATE VIEW titles AS SELECT title FROM jobs;
        CREATE TRIGGER t AFTER DELETE ON jobs BEGIN DELETE FROM tag WHERE job_id = OLD.id; end;";
    let both = format!("{JOBS}\n{more}");
    insta::assert_snapshot!(up(JOBS, &both, &[]), @r"
    CREATE TABLE tag (
      id INTEGER PRIMARY KEY,
      job_id INTEGER REFERENCES jobs (id)
    );
    CREATE INDEX tag_job ON tag (job_id);
    CREATE VIEW titles AS SELECT title FROM jobs;
    CREATE TRIGGER t AFTER DELETE ON jobs BEGIN DELETE FROM tag WHERE job_id = OLD.id; END;
    ");
    insta::assert_snapshot!(up(&both, JOBS, &[]), @r"
    PRAGMA defer_foreign_keys = ON;
    DROP TRIGGER t;
    DROP VIEW titles;
    DROP TABLE tag;
    ");
}

#[test]
fn changed_index_view_and_trigger_are_made_again() {
    let first =
        format!("{JOBS} CREATE INDEX i ON jobs (title); CREATE VIEW v AS SELECT id FROM jobs;");
    let second = format!(
        "{JOBS} CREATE INDEX i ON jobs (title, salary); CREATE VIEW v AS SELECT title FROM jobs;"
    );
    insta::assert_snapshot!(up(&first, &second, &[]), @r"
    DROP VIEW v;
    DROP INDEX i;
    CREATE INDEX i ON jobs (title, salary);
    CREATE VIEW v AS SELECT title FROM jobs;
    ");
}

#[test]
fn change_of_type_says_that_values_change() {
    let second = JOBS.replace("salary TEXT", "salary INTEGER");
    up(JOBS, &second, &["A405"]);
}

#[test]
fn no_difference_writes_nothing() {
    let folder = Folder::with_versions(&[JOBS]);
    folder
        .db(&["generate", "again"])
        .exits(0)
        .says("nothing to do");
    assert!(!folder.path("migrations/0002_again.sql").exists());
}

#[test]
fn possible_rename_is_never_guessed() {
    let folder = Folder::with_versions(&[JOBS]);
    folder.write("schema.sql", &JOBS.replace("salary", "pay"));
    folder
        .db(&["generate", "pay"])
        .exits(1)
        .says("column jobs.salary is gone, pay is new")
        .says("--rename jobs.salary:pay");
    assert!(!folder.path("migrations/0002_pay.sql").exists());
}

#[test]
fn rename_keeps_the_column_in_place() {
    let pay = JOBS.replace("salary", "pay");
    for answer in [&["--rename", "jobs.salary:pay"][..], &["--yes"]] {
        let folder = Folder::with_versions(&[JOBS]);
        folder.db(&["validate"]).exits(0);
        folder.write("schema.sql", &pay);
        folder.db(&[&["generate", "pay"], answer].concat()).exits(0);
        let file = folder.read("migrations/0002_pay.sql");
        assert_eq!(
            section(&file),
            "ALTER TABLE jobs RENAME COLUMN salary TO pay;"
        );
        assert!(file.contains("-- ALTER TABLE jobs RENAME COLUMN pay TO salary;"));
        assert!(folder.codes().is_empty());
    }
}

#[test]
fn yes_takes_a_rename_of_one_type_only_and_says_so() {
    let folder =
        Folder::with_versions(&["CREATE TABLE a (id INTEGER PRIMARY KEY, token INTEGER);"]);
    folder.db(&["validate"]).exits(0);
    folder.write(
        "schema.sql",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, title TEXT);",
    );
    folder
        .db(&["generate", "b", "--yes"])
        .exits(1)
        .says("column a.token is gone, title (TEXT, not INTEGER) is new")
        .says("--rename a.token:title")
        .says("--rename none");
    assert!(!folder.path("migrations/0002_b.sql").exists());
    folder.write(
        "schema.sql",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, number INTEGER);",
    );
    folder
        .db(&["generate", "b", "--yes"])
        .exits(0)
        .says("note: column a.token becomes number; --rename none drops it instead");
    folder.write(
        "schema.sql",
        "CREATE TABLE c (id INTEGER PRIMARY KEY, number TEXT);",
    );
    folder
        .db(&["generate", "c", "--yes"])
        .exits(1)
        .says("table a is gone, c (other columns) is new");
}

#[test]
fn names_are_swapped_and_moved_along_a_chain() {
    let first = "CREATE TABLE a (x TEXT, y TEXT, \"v.w\" TEXT); CREATE TABLE b (z TEXT);";
    let second = "CREATE TABLE b (y TEXT, x TEXT, w TEXT); CREATE TABLE c (z TEXT);";
    let folder = Folder::with_versions(&[first]);
    folder.write("schema.sql", second);
    let renames = ["a:b", "b:c", "a.x:y", "a.y:x", "a.\"v.w\":w"];
    let options = renames.iter().flat_map(|one| ["--rename", *one]);
    let args: Vec<&str> = ["generate", "v2"].into_iter().chain(options).collect();
    folder.db(&args).exits(0);
    let file = folder.read("migrations/0002_v2.sql");
    insta::assert_snapshot!(section(&file), @r#"
    ALTER TABLE b RENAME TO c;
    ALTER TABLE a RENAME TO b;
    ALTER TABLE b RENAME COLUMN "v.w" TO w;
    ALTER TABLE b RENAME COLUMN x TO x_aside;
    ALTER TABLE b RENAME COLUMN y TO x;
    ALTER TABLE b RENAME COLUMN x_aside TO y;
    "#);
    let run = folder.db(&["validate", "--strict"]);
    run.exits(0);
    folder
        .db(&["generate", "v3", "--rename", "b.x:y", "--rename", "b.w:y"])
        .exits(1)
        .says("another --rename names");
}

#[test]
fn column_that_becomes_computed_is_announced() {
    let folder = Folder::with_versions(&[JOBS]);
    folder.write(
        "schema.sql",
        &JOBS.replace("salary TEXT", "salary TEXT AS (title)"),
    );
    folder
        .db(&["generate", "computed"])
        .exits(0)
        .says("note: jobs.salary becomes a computed column, and the values stored in it are lost");
    assert_eq!(folder.codes(), ["A409"]);
}

#[test]
fn dump_of_another_tool_is_a_schema() {
    let folder = Folder::with_versions(&[JOBS]);
    folder.write(
        "schema.sql",
        "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE IF NOT EXISTS \"jobs\" (id INTEGER PRIMARY KEY, title TEXT NOT NULL, salary TEXT);\nINSERT INTO jobs VALUES(1,'a',NULL);\nCOMMIT;\n",
    );
    folder.db(&["generate", "x"]).exits(0).says("nothing to do");
    assert!(folder.codes().is_empty());
}

#[test]
fn table_and_column_are_renamed_together() {
    let folder = Folder::with_versions(&[JOBS]);
    folder.write(
        "schema.sql",
        &JOBS
            .replace("salary", "pay")
            .replace("TABLE jobs", "TABLE postings"),
    );
    folder
        .db(&[
            "generate",
            "p",
            "--rename",
            "jobs:postings",
            "--rename",
            "jobs.salary:pay",
        ])
        .exits(0);
    let file = folder.read("migrations/0002_p.sql");
    insta::assert_snapshot!(section(&file), @r"
    ALTER TABLE jobs RENAME TO postings;
    ALTER TABLE postings RENAME COLUMN salary TO pay;
    ");
    assert!(folder.codes().is_empty(), "{:?}\n{file}", folder.codes());
}

#[test]
fn several_candidates_need_a_name_even_with_yes() {
    let folder = Folder::with_versions(&[JOBS]);
    folder.db(&["validate"]).exits(0);
    folder.write(
        "schema.sql",
        &JOBS.replace("salary TEXT", "pay TEXT, wage TEXT"),
    );
    folder
        .db(&["generate", "pay", "--yes"])
        .exits(1)
        .says("pay or wage is new");
}

#[test]
fn rename_none_drops_and_says_so() {
    let folder = Folder::with_versions(&[JOBS]);
    folder.write("schema.sql", &JOBS.replace("salary", "pay"));
    folder
        .db(&["generate", "pay", "--rename", "none"])
        .exits(0)
        .says("jobs.salary is dropped with what is in it");
}

#[test]
fn rename_none_keeps_the_renames_beside_it() {
    let folder = Folder::with_versions(&["CREATE TABLE a (x TEXT, y TEXT);"]);
    folder.write("schema.sql", "CREATE TABLE a (u TEXT, w TEXT);");
    folder
        .db(&["generate", "u", "--rename", "a.x:u", "--rename", "none"])
        .exits(0);
    insta::assert_snapshot!(section(&folder.read("migrations/0002_u.sql")), @r"
    ALTER TABLE a RENAME COLUMN x TO u;
    ALTER TABLE a DROP COLUMN y;
    ALTER TABLE a ADD COLUMN w TEXT;
    ");
}

#[test]
fn highest_number_has_no_next() {
    let folder = Folder::empty();
    folder.write("migrations/18446744073709551615_a.sql", "-- migrate:up\n");
    folder
        .db(&["generate", "b"])
        .exits(1)
        .says("the highest number that there is");
}

#[test]
fn missing_template_is_named() {
    let folder = Folder::empty();
    std::fs::remove_file(folder.path("migrations/template")).unwrap();
    folder
        .db(&["generate", "a", "--empty"])
        .exits(1)
        .says("migrations/template")
        .says("hint: restore it from version control, or let `d1-migrate init` write one");
}

#[test]
fn rename_of_what_is_not_there_is_refused() {
    let folder = Folder::with_versions(&[JOBS]);
    folder.write("schema.sql", &JOBS.replace("salary", "pay"));
    for (given, says) in [
        ("jobs.wage:pay", "no column jobs.wage"),
        ("jobs.salary:wage", "schema.sql has no column jobs.wage"),
        ("jobs.title:pay", "schema.sql still has jobs.title"),
        ("work:jobs", "no table work"),
    ] {
        folder
            .db(&["generate", "x", "--rename", given])
            .exits(1)
            .says(says);
    }
}

#[test]
fn empty_file_is_the_template() {
    let folder = Folder::with_versions(&[JOBS]);
    let run = folder.db(&["generate", "By hand!", "--empty"]).exits(0);
    assert_eq!(run.stdout.trim(), "migrations/0002_by_hand.sql");
    let file = folder.read("migrations/0002_by_hand.sql");
    for marker in [
        "-- migrate:up",
        "-- migrate:data",
        "-- migrate:verify",
        "-- migrate:down",
    ] {
        assert!(file.contains(marker), "{marker}");
    }
}

#[test]
fn template_of_the_team_is_used() {
    let folder = Folder::empty();
    folder.write(
        "migrations/template",
        "-- ours\n-- migrate:up\n{{up}}\n-- migrate:down\n{{down}}\n",
    );
    folder.next("first", JOBS);
    assert!(
        folder
            .read("migrations/0001_first.sql")
            .starts_with("-- ours\n-- migrate:up\nCREATE")
    );
    folder.write("migrations/template", "-- migrate:up\n");
    folder.write("schema.sql", "");
    folder.db(&["generate", "x"]).exits(1).says("has no {{up}}");
}

#[test]
fn name_without_letters_is_refused() {
    Folder::empty()
        .db(&["generate", "!?"])
        .exits(1)
        .says("gives no file name");
}

#[test]
fn broken_schema_is_named() {
    let folder = Folder::empty();
    folder.write("schema.sql", "CREATE TABLE a (x TEXT,);");
    folder
        .db(&["generate", "a"])
        .exits(1)
        .says("schema.sql, line 1: near \")\"");
    folder.write("schema.sql", "CREATE TABLE a (x TEXT REFERENCES b (y));");
    folder.db(&["generate", "a"]).exits(1).says("a refers to b");
}

#[test]
fn broken_migration_is_named() {
    let folder = Folder::empty();
    folder.write(
        "migrations/0001_a.sql",
        "-- migrate:up\nSELECT 1;\nCREATE TABLE;\n",
    );
    folder
        .db(&["generate", "a"])
        .exits(1)
        .says("0001_a.sql, statement 2");
}

#[test]
fn changed_virtual_table_is_left_to_a_human() {
    let folder = Folder::with_versions(&["CREATE VIRTUAL TABLE w USING fts5 (a);"]);
    folder.write("schema.sql", "CREATE VIRTUAL TABLE w USING fts5 (a, b);");
    folder.db(&["generate", "w"]).exits(1).says("--empty");
}

const TWO: &str = "CREATE TABLE a (x TEXT); CREATE TABLE b (y TEXT);";
const THREE: &str = "CREATE TABLE a (x TEXT); CREATE TABLE b (y TEXT); CREATE TABLE c (z TEXT);";

/// A folder whose second file is new, and a schema.sql with a third table.
fn with_new_file() -> Folder {
    let folder = Folder::with_versions(&["CREATE TABLE a (x TEXT);"]);
    folder.db(&["migrate"]).exits(0);
    folder.next("b", TWO);
    folder.write("schema.sql", THREE);
    folder
}

#[test]
fn new_file_is_replaced_with_yes() {
    let folder = with_new_file();
    let run = folder.db(&["generate", "b and c", "--yes"]).exits(0);
    run.says("0002_b.sql is in no database yet and is replaced")
        .prints("migrations/0002_b_and_c.sql");
    assert!(!folder.path("migrations/0002_b.sql").exists());
    let up = section(&folder.read("migrations/0002_b_and_c.sql"));
    assert!(up.contains("CREATE TABLE b") && up.contains("CREATE TABLE c"));
    assert!(folder.codes().is_empty());
    folder.db(&["migrate"]).exits(0);
}

#[test]
fn without_a_terminal_another_file_is_written_and_the_other_way_named() {
    let folder = with_new_file();
    folder
        .db(&["generate", "c"])
        .exits(0)
        .says("with --yes it is replaced by one file with all changes")
        .prints("migrations/0003_c.sql");
    assert!(folder.path("migrations/0002_b.sql").exists());
}

#[test]
fn new_file_that_somebody_edited_or_a_database_has_is_kept() {
    let edit = |folder: &Folder| {
        folder.replace(
            "migrations/0002_b.sql",
            "-- migrate:data\n",
            "-- migrate:data\nSELECT 1;\n",
        );
    };
    let seal = |folder: &Folder| {
        folder.write("schema.sql", TWO);
        folder.db(&["validate"]).exits(0);
        folder.write("schema.sql", THREE);
    };
    let apply = |folder: &Folder| {
        let apply = ["d1", "migrations", "apply", "jobs", "--local"];
        folder.wrangler(&apply).exits(0);
    };
    let all: [&dyn Fn(&Folder); 3] = [&edit, &seal, &apply];
    for prepare in all {
        let folder = with_new_file();
        prepare(&folder);
        let run = folder.db(&["generate", "c", "--yes"]).exits(0);
        run.prints("migrations/0003_c.sql");
        assert!(folder.path("migrations/0002_b.sql").exists());
    }
}

#[test]
fn rebuild_says_what_it_costs() {
    let folder = Folder::with_versions(&["CREATE TABLE a (x TEXT);"]);
    folder.write("schema.sql", "CREATE TABLE a (w TEXT, x TEXT);");
    folder
        .db(&["generate", "w"])
        .exits(0)
        .says("a is rebuilt, which writes each of its rows twice")
        .says("what is rebuilt is empty in jobs (dev, local)")
        .says("`d1-migrate migrate --env NAME --dry-run` counts the rows of another database");
}

#[test]
fn default_of_a_column_that_becomes_not_null_fills_it_however_it_is_written() {
    for (default, value) in [
        ("REFERENCES p (id) ON DELETE SET DEFAULT DEFAULT 1", "1"),
        ("DEFAULT ''CHECK (x <> 'z')", "''"),
        ("DEFAULT fresh", "'fresh'"),
        ("DEFAULT (strftime('%Y', 'now'))", "strftime('%Y', 'now')"),
        ("DEFAULT -1.5", "-1.5"),
    ] {
        let parent = "CREATE TABLE p (id INTEGER PRIMARY KEY);";
        let nullable = format!("{parent} CREATE TABLE a (x TEXT {default});");
        let not_null = format!("{parent} CREATE TABLE a (x TEXT NOT NULL {default});");
        let folder = Folder::with_versions(&[&nullable, &not_null]);
        let up = section(&folder.read("migrations/0002_v2.sql"));
        assert!(up.contains(&format!("coalesce(x, {value})")), "{up}");
    }
}

#[test]
fn reference_that_is_not_first_in_a_primary_key_gets_an_index_for_the_rebuild() {
    let first = "CREATE TABLE p (id INTEGER PRIMARY KEY, n INTEGER);
        CREATE TABLE pair (other INTEGER, p_id INTEGER REFERENCES p (id), PRIMARY KEY (other, p_id));";
    let second = first.replace("n INTEGER", "n INTEGER NOT NULL DEFAULT 0");
    let up = up(first, &second, &[]);
    assert!(
        up.contains("CREATE INDEX pair_p_id_aside ON pair (p_id)"),
        "{up}"
    );
}

#[test]
fn letter_case_of_a_column_of_a_view_counts() {
    let view = |name: &str| {
        format!("CREATE TABLE a (x TEXT); CREATE VIEW v AS SELECT x AS {name} FROM a;")
    };
    insta::assert_snapshot!(up(&view("userId"), &view("userID"), &[]), @r"
    DROP VIEW v;
    CREATE VIEW v AS SELECT x AS userID FROM a;
    ");
    // Its own text does not name them.
    let all = "CREATE TABLE a (x TEXT); CREATE VIEW v AS SELECT * FROM a;";
    let more = all.replace("x TEXT", "x TEXT, userId TEXT");
    assert_eq!(up(all, &more, &[]), "ALTER TABLE a ADD COLUMN userId TEXT;");
}

#[test]
fn foreign_key_of_a_column_that_was_there_is_a_warning() {
    let first = "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER);";
    let second = first.replace(
        "p INTEGER)",
        "p INTEGER REFERENCES p (id) ON DELETE CASCADE)",
    );
    // Rows without a parent may be there; a database without them can be migrated.
    up(first, &second, &["A407"]);
    let folder = Folder::with_versions(&[first, &second]);
    folder.db(&["validate"]).exits(0).says("1 warning");
}
