//! Checks of the folder and the chain: T103, T105, S605, S606; formats of files; the shape of the JSON.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::Folder;

const A: &str = "CREATE TABLE a (x TEXT);";
const FILE: &str = "-- allow F503: a test\n-- migrate:up\nSELECT 1;\n";

#[test]
fn good_folder_has_no_findings() {
    let folder = Folder::with_versions(&[A]);
    let run = folder.db(&["validate", "--json"]).exits(0);
    assert_eq!(
        run.json(),
        serde_json::json!({ "valid": true, "migrations": 1, "findings": [] })
    );
}

#[test]
fn finding_has_file_line_excerpt_why_and_instead() {
    let folder = Folder::with_versions(&[A]);
    folder.write(
        "migrations/0002_b.sql",
        "-- allow F503: a test\n-- migrate:up\n\nVACUUM;\n",
    );
    let findings = folder.db(&["validate", "--json"]).exits(1).json();
    let first = &findings["findings"][0];
    assert_eq!(first["code"], "R201");
    assert_eq!(first["file"], "0002_b.sql");
    assert_eq!(first["line"], 4);
    assert_eq!(first["excerpt"], "VACUUM;");
    for key in ["message", "why", "instead"] {
        assert!(!first[key].as_str().unwrap().is_empty(), "{key}");
    }
    folder
        .db(&["validate"])
        .exits(1)
        .prints("error[R201]")
        .prints("0002_b.sql:4")
        .says("1 finding");
}

#[test]
fn down_files_are_found() {
    let folder = Folder::with_versions(&[A]);
    folder.write("migrations/0002_b.down.sql", FILE);
    assert_eq!(folder.codes(), ["T103"]);
}

#[test]
fn one_file_with_a_down_section_is_no_down_file() {
    let folder = Folder::with_versions(&[A]);
    folder.write("migrations/0002_shutdown.sql", FILE);
    assert!(folder.codes().is_empty());
}

#[test]
fn numbers_are_checked() {
    for (name, is_found) in [
        ("0002_b.sql", false),
        ("0001_b.sql", true),
        ("seed.sql", true),
        ("20261122140000_b.sql", true),
        ("2_b.sql", true),
    ] {
        let folder = Folder::with_versions(&[A]);
        folder.write(&format!("migrations/{name}"), FILE);
        let expected: &[&str] = if is_found { &["T105"] } else { &[] };
        assert_eq!(folder.codes(), expected, "{name}");
    }
}

#[test]
fn folder_that_does_not_end_in_schema_sql_is_found() {
    let folder = Folder::with_versions(&[A]);
    folder.write("schema.sql", "CREATE TABLE a (x TEXT, y TEXT);");
    folder
        .db(&["validate"])
        .exits(1)
        .prints("S605")
        .prints("+  y TEXT");
    folder.write("schema.sql", "CREATE TABLE a (x TEXT,);");
    folder.db(&["validate"]).exits(1).prints("S605");
    folder.write("schema.sql", "-- the same\nCREATE TABLE \"A\"(\"x\"  text)");
    folder.db(&["validate"]).exits(0);
}

#[test]
fn reference_that_dangles_is_told_of_the_file_that_leaves_it_so() {
    let folder = Folder::empty();
    folder.write(
        "migrations/0001_a.sql",
        "-- migrate:up\nCREATE TABLE p (id INTEGER PRIMARY KEY);\nCREATE TABLE c (p INTEGER DEFAULT NULL REFERENCES p (id) ON DELETE CASCADE);\n-- migrate:down\n-- DROP TABLE c;\n-- DROP TABLE p;\n",
    );
    folder.write(
        "migrations/0002_b.sql",
        "-- allow F503: a test\n-- allow FK301: a test\n-- allow A407: p comes back one day\n-- migrate:up\nDROP TABLE p;\n",
    );
    folder.write(
        "migrations/0003_c.sql",
        "-- allow S607: c has no parent\n-- migrate:up\nCREATE TABLE d (x TEXT);\n-- migrate:down\n-- DROP TABLE d;\n",
    );
    folder.write(
        "schema.sql",
        "CREATE TABLE c (p INTEGER DEFAULT NULL REFERENCES p (id) ON DELETE CASCADE); CREATE TABLE d (x TEXT);",
    );
    assert!(folder.codes().is_empty(), "{:?}", folder.codes());
}

#[test]
fn windows_files_with_semicolons_everywhere_run_on_real_d1() {
    let folder = Folder::empty();
    let text = "\u{feff}-- c; 'c\n-- migrate:up\nCREATE TABLE a (x TEXT DEFAULT ';--', y TEXT); /* ; ' */\n\
        CREATE TABLE \"b;c\" (x TEXT);\n-- migrate:data\nINSERT INTO a (y) VALUES ('it''s; fine /*');\n\
        -- migrate:verify\nSELECT json_extract('{}', CASE WHEN (SELECT y FROM a) = 'it''s; fine /*' THEN '$' ELSE 'verify: y' END);\n\
        -- migrate:down\n-- DROP TABLE \"b;c\"; -- */\n-- DROP TABLE a;\n";
    folder.write("migrations/0001_a.sql", &text.replace('\n', "\r\n"));
    folder.write(
        "migrations/0002_b.sql",
        "-- allow T108: applied by wrangler 4.164 or newer\n-- migrate:up\nCREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET y = CASE WHEN NEW.y = ';' THEN 'x' ELSE NEW.y END; SELECT 1; END;\n-- migrate:down\n-- DROP TRIGGER t;\n",
    );
    folder.write(
        "schema.sql",
        "CREATE TABLE a (x TEXT DEFAULT ';--', y TEXT); CREATE TABLE \"b;c\" (x TEXT); CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE a SET y = CASE WHEN NEW.y = ';' THEN 'x' ELSE NEW.y END; SELECT 1; END;",
    );
    folder.db(&["validate", "--real"]).exits(0);
}

#[test]
fn real_names_what_wrangler_does_otherwise() {
    let folder = Folder::with_versions(&[A]);
    fs::remove_file(folder.path("node_modules")).unwrap();
    fs::create_dir_all(folder.path("node_modules/.bin")).unwrap();
    // A wrangler that reports success and does nothing.
    folder.write("node_modules/.bin/wrangler", "#!/bin/sh\nexit 0\n");
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.path("node_modules/.bin/wrangler"), executable).unwrap();
    folder.db(&["validate", "--real"]).exits(1).prints("S606");
    folder.db(&["validate"]).exits(0);
}

#[test]
fn missing_wrangler_says_what_to_run() {
    let folder = Folder::with_versions(&[A]);
    fs::remove_file(folder.path("node_modules")).unwrap();
    folder.db(&["validate"]).exits(0);
    folder
        .db(&["validate", "--real"])
        .exits(1)
        .says("hint: run: npm ci");
    folder.db(&["status"]).exits(1).says("hint: run: npm ci");
}
