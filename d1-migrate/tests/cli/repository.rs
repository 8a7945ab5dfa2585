//! This repository's own migrations and documents.

use std::fs;
use std::process::Command;

use crate::support::{COMMANDS, Run, repository};

#[test]
fn own_migrations_have_no_findings_and_are_sealed() {
    let output = Command::new(env!("CARGO_BIN_EXE_d1-migrate"))
        .args(["validate", "--strict"])
        .current_dir(repository())
        // In CI nothing is sealed on the way: the committed checksums have to be there.
        .env("CI", "true")
        .output()
        .unwrap();
    Run::from(&output).exits(0);
}

#[test]
fn document_names_every_code_and_command() {
    let document = fs::read_to_string(repository().join("docs/MIGRATIONS.md")).unwrap();
    for check in d1_migrate::checks::ALL {
        assert!(document.contains(check.code), "{}", check.code);
    }
    for command in COMMANDS {
        assert!(document.contains(&format!("db {command}")), "{command}");
    }
}

#[test]
fn scripts_have_the_old_names() {
    let text = fs::read_to_string(repository().join("package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&text).unwrap();
    for name in [
        "manage", "generate", "migrate", "status", "validate", "pull", "push", "studio",
    ] {
        let script = package["scripts"][format!("db:{name}")]
            .as_str()
            .unwrap_or_default();
        assert!(script.starts_with("cargo db"), "db:{name}: {script}");
    }
}
