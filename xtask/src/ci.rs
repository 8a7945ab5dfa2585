//! Format, lints, tests: what must hold before a change goes in.

use crate::cli;
use crate::error::Error;
use crate::process::Hints;
use crate::progress::step;
use crate::{deny, process, project, setup, test};

pub const COMMAND: cli::Command = cli::Command {
    name: "ci",
    about: "Check format, lints and dependencies, then run every test",
    help: "\
Usage: cargo xtask ci

Checks the format, runs clippy with warnings as errors for the native and the wasm target, checks
licences, sources and versions of the dependencies (cargo xtask deny) and the migrations on real D1,
then does what `cargo xtask test` does.
",
    run: |arguments| {
        cli::no_arguments(arguments)?;
        ci()
    },
};

fn ci() -> Result<(), Error> {
    setup::lint_components()?;
    cargo(
        "checking the format",
        &["fmt", "--all", "--check"],
        "run: cargo fmt --all",
    )?;
    let lint_hint =
        "the lints above say what to change; run: cargo clippy --workspace --all-targets";
    cargo(
        "running clippy, native",
        &[
            "clippy",
            "--locked",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
        lint_hint,
    )?;
    setup::setup()?;
    cargo(
        "running clippy, wasm",
        &[
            "clippy",
            "--locked",
            "--package",
            "jobs-ingest",
            "--package",
            "jobs-ingest-core",
            "--target",
            setup::WASM_TARGET,
            "--",
            "-D",
            "warnings",
        ],
        lint_hint,
    )?;
    deny::deny()?;
    cargo(
        "checking the migrations, on SQLite and on real D1",
        &["db", "validate", "--real"],
        "the findings above say what to change",
    )?;
    test::test(&[])
}

fn cargo(what: &str, arguments: &[&str], hint: &str) -> Result<(), Error> {
    step(what, || {
        process::run(
            project::command("cargo")?.args(arguments),
            &format!("cargo {}", arguments.first().unwrap_or(&"")),
            Hints {
                missing: "install Rust with rustup (https://rustup.rs)",
                failed: hint,
            },
        )
    })
}
