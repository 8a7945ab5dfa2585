//! Usage, help, completions, list, and where the command runs.

use std::process::Command;

use crate::support::{COMMANDS, Folder, Run};

#[test]
fn unknown_options_exit_64() {
    let folder = Folder::empty();
    for args in [
        &["nothing"][..],
        &["status", "--nothing"],
        &["status", "--env", "nowhere"],
        &["generate"],
        &["generate", "x", "--rename", "salary"],
        &["rollback", "0"],
        &["rollback", "2", "--to", "1"],
        &["migrate", "--json"],
        &["pull", "--json"],
        &["completions", "nothing"],
        &["list", "--remote"],
        &["status", "--yes"],
        &["push", "--remote"],
        &["man", "--env", "production"],
        &[],
    ] {
        folder.db(args).exits(64);
    }
}

#[test]
fn help_names_every_command() {
    let folder = Folder::empty();
    for args in [&["--help"][..], &["help"]] {
        let mut run = folder.db(args).exits(0);
        for command in COMMANDS {
            run = run.prints(command);
        }
    }
    folder.db(&["help", "migrate"]).exits(0).prints("--dry-run");
}

#[test]
fn help_of_each_command_has_examples_exit_status_and_only_its_options() {
    const FILES: &[&str] = &["--env", "--binding", "--config"];
    const LOCAL: &[&str] = &["--env", "--binding", "--config", "--local"];
    const ANY: &[&str] = &["--env", "--binding", "--config", "--local", "--remote"];
    let folder = Folder::empty();
    for command in COMMANDS {
        let shared = match command {
            "generate" | "fix" | "list" | "validate" | "squash" => FILES,
            "push" | "studio" => LOCAL,
            "init" | "migrate" | "status" | "rollback" | "pull" | "baseline" => ANY,
            _ => &[],
        };
        let asks = [
            "generate", "fix", "migrate", "rollback", "push", "baseline", "squash",
        ];
        let help = folder.db(&[command, "--help"]).exits(0).stdout;
        assert!(help.contains("Example"), "{help}");
        for code in ["Exit status:", "\n  0   ", "\n  1   ", "\n  64  "] {
            assert!(help.contains(code), "{code:?}: {help}");
        }
        for option in ANY {
            let is_shown = help.contains(&format!(" {option}"));
            assert_eq!(
                is_shown,
                shared.contains(option),
                "{command} {option}: {help}"
            );
        }
        let is_shown = help.contains("--yes");
        assert_eq!(is_shown, asks.contains(&command), "{command}: {help}");
    }
}

#[test]
fn completions_are_printed_for_every_shell() {
    let folder = Folder::empty();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        folder
            .db(&["completions", shell])
            .exits(0)
            .prints("rollback");
    }
}

#[test]
fn closed_stdout_is_no_failure_and_a_full_one_is() {
    let folder = Folder::empty();
    for args in [&["completions", "bash"][..], &["list"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = folder.command(args).stdout(writer).status().unwrap();
        assert_eq!(status.code(), Some(0), "{args:?}");
        let full = std::fs::File::options().write(true).open("/dev/full");
        let output = folder.command(args).stdout(full.unwrap()).output().unwrap();
        Run::from(&output).exits(1).says("cannot write to stdout");
    }
}

#[test]
fn list_shows_sections_statements_and_checksum() {
    let folder = Folder::with_versions(&["CREATE TABLE a (x TEXT);"]);
    folder.db(&["validate"]).exits(0);
    folder.write(
        "migrations/0002_b.sql",
        "-- migrate:up\nSELECT 1; SELECT 2;\n",
    );
    assert_eq!(
        folder.db(&["list", "--json"]).exits(0).json(),
        serde_json::json!([
            { "number": 1, "name": "0001_v1.sql", "sections": ["UP", "DOWN"], "statements": 1, "checksum": "sealed" },
            { "number": 2, "name": "0002_b.sql", "sections": ["UP"], "statements": 2, "checksum": "new" },
        ])
    );
    folder
        .db(&["list"])
        .exits(0)
        .prints("0002_b.sql")
        .prints("UP DOWN");
}

#[test]
fn output_that_is_no_terminal_has_no_colour() {
    let folder = Folder::empty();
    folder.write("migrations/0001_a.sql", "-- migrate:up\nVACUUM;\n");
    let run = folder.db(&["validate"]).exits(1);
    assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'));
}

#[test]
fn folder_without_wrangler_toml_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_d1-migrate"))
        .args(["list"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    Run::from(&output)
        .exits(1)
        .says("error: no wrangler.toml")
        .says("hint: run it in the project's folder");
}

#[test]
fn environment_without_a_database_is_named() {
    let folder = Folder::empty();
    folder.write("wrangler.toml", "name = \"x\"\n");
    folder
        .db(&["list"])
        .exits(1)
        .says("the top level has no [[d1_databases]]");
    folder.write("wrangler.toml", "name = \n");
    folder.db(&["list"]).exits(1).says("wrangler.toml");
}

#[test]
fn hints_name_the_program_as_it_was_called() {
    let folder = Folder::empty();
    folder
        .db(&["pull"])
        .exits(1)
        .says("hint: run `d1-migrate migrate` first");
    folder
        .db(&["pull", "--called-as=cargo db"])
        .exits(1)
        .says("hint: run `cargo db migrate` first");
}
