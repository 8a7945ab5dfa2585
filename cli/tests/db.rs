//! `jobs-ingest db` is d1-migrate, under its own name.
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn db(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jobs-ingest"))
        .arg("db")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

#[test]
fn commands_are_those_of_d1_migrate() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let output = db(folder, &["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && help.contains("validate"),
        "{help}"
    );
    assert_eq!(db(folder, &["nothing"]).status.code(), Some(64));
}

#[test]
fn hints_name_the_command_as_it_is_typed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hints");
    fs::create_dir_all(folder.join("migrations")).unwrap();
    let wrangler = "[[d1_databases]]\nbinding = \"DB\"\ndatabase_name = \"x\"\n";
    for (file, text) in [
        ("wrangler.toml", wrangler),
        ("schema.sql", ""),
        ("migrations/checksums.txt", "no checksum\n"),
    ] {
        fs::write(folder.join(file), text).unwrap();
    }
    let output = db(&folder, &["list"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("run `jobs-ingest db validate`"), "{said}");
}
