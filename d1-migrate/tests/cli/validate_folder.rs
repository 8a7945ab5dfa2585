//! Checks of the folder and the chain: T103, T105, S605, S606; formats of files; the shape of the JSON.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Folder, Run, repository};

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
        .says("1 error");
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
        ("2_b.sql", false),
        ("2-b.sql", false),
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
    let run = |args: &[&str]| {
        let output = folder.command(args).env("PATH", "/nowhere").output();
        Run::from(&output.unwrap())
    };
    for args in [&["validate"][..], &["list"]] {
        run(args).exits(0);
    }
    // A local database is read without it.
    run(&["status"]).exits(2);
    for args in [&["validate", "--real"][..], &["migrate"]] {
        run(args).exits(1).says("hint: run: npm ci");
    }
}

#[test]
fn wrangler_of_a_folder_above_and_of_path_are_found() {
    let folder = Folder::with_versions(&[A]);
    fs::create_dir_all(folder.path("packages/api/migrations")).unwrap();
    for file in ["wrangler.toml", "schema.sql", "migrations/0001_v1.sql"] {
        fs::copy(
            folder.path(file),
            folder.path(&format!("packages/api/{file}")),
        )
        .unwrap();
    }
    let migrate = |path: &str| {
        let mut command = folder.command(&["migrate"]);
        command
            .current_dir(folder.path("packages/api"))
            .env("PATH", path);
        Run::from(&command.output().unwrap())
    };
    let own = std::env::var("PATH").unwrap();
    migrate(&own).exits(0).says("applied: 0001_v1.sql");
    fs::remove_file(folder.path("node_modules")).unwrap();
    folder.write("packages/api/migrations/0002_b.sql", FILE);
    let bin = repository().join("node_modules/.bin");
    migrate(&format!("{}:{own}", bin.display()))
        .exits(0)
        .says("applied: 0002_b.sql");
}

#[test]
fn allowed_failure_says_what_it_hides_and_is_not_ok() {
    let folder = Folder::with_versions(&[A]);
    folder.write(
        "migrations/0002_b.sql",
        "-- allow R202: a pragma of another tool\n-- migrate:up\nPRAGMA journal_mode = WAL;\n",
    );
    folder.write(
        "migrations/0003_c.sql",
        "-- migrate:up\nDROP TABLE nowhere;\n",
    );
    folder.write("migrations/0004_d.sql", FILE);
    folder
        .db(&["validate"])
        .exits(1)
        .prints("error[S608]")
        .prints("R202 is allowed here: 0003_c.sql and 1 later file were not checked");
    folder.replace(
        "migrations/0002_b.sql",
        "-- allow R202: a pragma of another tool\n",
        "",
    );
    folder
        .db(&["validate"])
        .exits(1)
        .prints("error[R202]")
        .prints("0003_c.sql and 1 later file were not checked");
}

#[test]
fn every_loss_of_one_statement_is_named_and_allowed_by_name() {
    let folder = Folder::with_versions(&[
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE a (p INTEGER REFERENCES p ON DELETE CASCADE); CREATE TABLE b (p INTEGER REFERENCES p ON DELETE CASCADE); CREATE TABLE c (p INTEGER REFERENCES p ON DELETE SET NULL);",
    ]);
    let file = |allow: &str| {
        format!(
            "{allow}\n-- migrate:up\nPRAGMA defer_foreign_keys = ON;\nCREATE TABLE p_new (id INTEGER PRIMARY KEY, n TEXT);\nINSERT INTO p_new (id) SELECT id FROM p;\nDROP TABLE p;\nALTER TABLE p_new RENAME TO p;\n-- migrate:down\n-- ALTER TABLE p DROP COLUMN n;\n"
        )
    };
    folder.replace(
        "schema.sql",
        "p (id INTEGER PRIMARY KEY)",
        "p (id INTEGER PRIMARY KEY, n TEXT)",
    );
    let lost = |allow: &str| -> Vec<String> {
        folder.write("migrations/0002_b.sql", &file(allow));
        let json = folder.db(&["validate", "--json"]).json();
        let findings = json["findings"].as_array().unwrap().iter();
        findings
            .filter(|one| one["code"] == "FK301")
            .map(|one| one["subject"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut all = lost("--");
    all.sort();
    assert_eq!(all, ["a", "b", "c.p"]);
    // What is not named is not allowed.
    assert_eq!(lost("-- allow FK301: no matter").len(), 3);
    assert_eq!(lost("-- allow FK301 b, c.p: kept elsewhere"), ["a"]);
    assert!(lost("-- allow FK301 a, b, c: kept elsewhere").is_empty());
}

#[test]
fn only_errors_stop_and_strict_stops_at_all() {
    let folder = Folder::with_versions(&[A]);
    folder.write(
        "migrations/0002_b.sql",
        "-- migrate:up\nCREATE UNIQUE INDEX a_x ON a (x);\n",
    );
    folder.write(
        "schema.sql",
        &format!("{A} CREATE UNIQUE INDEX a_x ON a (x);"),
    );
    folder
        .db(&["validate"])
        .exits(0)
        .prints("warning[A407]")
        .prints("note[F503]")
        .says("ok: 2 migrations, 1 warning, 1 note");
    folder
        .db(&["validate", "--strict"])
        .exits(1)
        .says("1 warning");
    folder
        .db(&["migrate", "--strict"])
        .exits(1)
        .says("error: 1 finding; nothing was applied");
    folder
        .db(&["migrate"])
        .exits(0)
        .says("warnings and notes: 1")
        .says("applied: 0002_b.sql");
}

#[test]
fn findings_are_printed_for_machines() {
    let folder = Folder::with_versions(&[A]);
    folder.write(
        "migrations/0002_b.sql",
        "-- migrate:up\nSELECT 1;\nVACUUM;\n-- migrate:down\n-- SELECT 1;\n",
    );
    let run = folder.db(&["validate", "--format", "github"]).exits(1);
    assert!(
        run.stdout
            .starts_with("::error file=migrations/0002_b.sql,line=3,title=R201::"),
        "{}",
        run.stdout
    );
    assert_eq!(run.stdout.trim().lines().count(), 1);
    let sarif = folder
        .db(&["validate", "--format", "sarif"])
        .exits(1)
        .json();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "R201");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "migrations/0002_b.sql");
    assert_eq!(place["region"]["startLine"], 3);
    let json = folder.db(&["validate", "--format", "json"]).exits(1).json();
    assert_eq!(json["findings"][0]["severity"], "error");
}

#[test]
fn since_reports_files_of_the_branch_only() {
    let folder = Folder::empty();
    let git = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        let settings = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
        let output = command
            .args(settings)
            .args(args)
            .current_dir(folder.path("."))
            .output();
        Run::from(&output.unwrap()).exits(0);
    };
    folder.write(
        "migrations/0001_a.sql",
        "-- allow\nCREATE TABLE a (x TEXT);\nCREATE VIRTUAL TABLE w USING fts5 (x);\n",
    );
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=a"]);
    git(&["switch", "--quiet", "--create", "branch"]);
    folder.write(
        "migrations/0002_b.sql",
        "CREATE VIRTUAL TABLE v USING fts5 (x);\n",
    );
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=b"]);
    folder.write(
        "migrations/0003_c.sql",
        "CREATE VIRTUAL TABLE u USING fts5 (x);\n",
    );
    fs::remove_file(folder.path("schema.sql")).unwrap();
    let files = |args: &[&str]| -> Vec<String> {
        let json = folder
            .db(&[&["validate", "--json"], args].concat())
            .exits(0)
            .json();
        let findings = json["findings"].as_array().unwrap().iter();
        findings
            .map(|one| one["file"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(files(&[]), ["0001_a.sql", "0002_b.sql", "0003_c.sql"]);
    assert_eq!(files(&["--since", "main"]), ["0002_b.sql", "0003_c.sql"]);
    folder
        .db(&["validate", "--since", "nowhere"])
        .exits(1)
        .says("merge-base");
}
