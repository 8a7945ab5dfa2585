//! Format, lints, tests: what must hold before a change goes in.

use crate::error::Error;
use crate::process::Hints;
use crate::progress::step;
use crate::subcommand::Subcommand;
use crate::{bench, deny, fuzz, generate, project, setup, test, torture};

pub const COMMAND: Subcommand = Subcommand {
    name: "ci",
    about: "Check format, docs, lints and migrations; run every test, and torture",
    help: "\
Usage: cargo xtask ci [--all]

Checks the format and the generated parts of the docs (cargo xtask generate --check), runs clippy with
warnings as errors for the native and the wasm target, checks the migrations on real D1, runs what
`cargo xtask test` runs, and `cargo xtask torture --short`.

Options:
  --all  Then also checks licences, sources and versions of the dependencies (cargo xtask deny), compares
         core's instructions (cargo xtask bench instructions --check, which needs valgrind) and fuzzes for
         a minute: about 8 minutes more, for what changes rarely
",
    run: |arguments| match arguments.as_slice() {
        [] => ci(),
        [all] if all == "--all" => ci().and_then(|()| rest()),
        [other, ..] => Err(Error::other(
            format!("unknown argument {}", other.display()),
            "cargo xtask ci --help",
        )),
    },
};

const FUZZ: &str = "fuzz/Cargo.toml";

fn ci() -> Result<(), Error> {
    setup::lint_components()?;
    cargo(
        "checking the format",
        &["fmt", "--all", "--check"],
        "run: cargo fmt --all",
    )?;
    // It is a separate workspace.
    cargo(
        "checking the format of fuzz/",
        &["fmt", "--manifest-path", FUZZ, "--check"],
        "run: cargo fmt --manifest-path fuzz/Cargo.toml",
    )?;
    step("checking the generated parts of the docs", |_| {
        generate::check()
    })?;
    cargo(
        "checking the format of tools/wasm-bindgen/",
        &[
            "fmt",
            "--manifest-path",
            "tools/wasm-bindgen/Cargo.toml",
            "--check",
        ],
        "run: cargo fmt --manifest-path tools/wasm-bindgen/Cargo.toml",
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
    cargo(
        "running clippy, fuzz/",
        &[
            "clippy",
            "--locked",
            "--manifest-path",
            FUZZ,
            "--",
            "-D",
            "warnings",
        ],
        "the lints above say what to change; libFuzzer needs a C++ compiler (Debian: apt install \
         g++)",
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
    cargo(
        "checking the migrations, on SQLite and on real D1",
        &["db", "validate", "--real"],
        "the findings above say what to change",
    )?;
    test::test(&[])?;
    torture::torture(&["--short".into()])
}

/// What takes long and changes rarely.
fn rest() -> Result<(), Error> {
    deny::deny()?;
    bench::check_instructions()?;
    setup::cargo_fuzz()?;
    fuzz::fuzz(&fuzz::Options::default())
}

fn cargo(what: &str, arguments: &[&str], hint: &str) -> Result<(), Error> {
    step(what, |log| {
        log.run(
            project::command("cargo")?.args(arguments),
            &format!("cargo {}", arguments.first().unwrap_or(&"")),
            Hints {
                missing: "install Rust with rustup (https://rustup.rs)",
                failed: hint,
            },
        )
    })
}
