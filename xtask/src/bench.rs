//! The benchmark: what it needs, then the program of bench/.

use std::ffi::OsString;

use crate::cli;
use crate::error::Error;
use crate::process::{self, Hints};
use crate::progress::step;
use crate::{build, project, setup};

pub const COMMAND: cli::Command = cli::Command {
    name: "bench",
    about: "Measure the Worker beside what a user would pick instead",
    help: "\
Usage: cargo xtask bench [--quick] [--only SECTION]...
       cargo xtask bench --against REV [--quick]
       cargo xtask bench instructions [--check]
       cargo xtask bench push
       cargo xtask bench document

Runs the Worker and its peers side by side, in turns, on workerd and D1 of this machine. A whole run
takes about 10 minutes and 6 GB in target/ and the folder of temporary files; it writes
bench/results/last.json and the tables of docs/PERFORMANCE.md. Keep the machine quiet meanwhile.

Options:
  --quick         3 rounds instead of 7 to 31; writes nothing
  --only SECTION  empty, million (rows in the table), clients, encodings, rows, stages, core, memory
                  or size; can be repeated; writes nothing
  --against REV   Instead of the peers: the Worker of another commit, built in target/ (about 4 min and
                  1.5 GB), in turns with this one, and with postings that have all fields (about 5 min);
                  writes nothing

`push` re-posts 20,000 real-sized postings with `jobs-ingest push` and with curl (about 2 min).
`instructions` counts core's instructions a posting under callgrind and writes bench/instructions.txt;
with --check it compares instead, and fails when they are 3 % away. `document` writes the tables of
docs/PERFORMANCE.md anew from bench/results/last.json.
",
    run: bench,
};

/// Cargo's profile of the benchmark, which is also the folder of its program.
const PROFILE: &str = "native";

fn bench(arguments: Vec<OsString>) -> Result<(), Error> {
    setup::setup()?;
    build::build()?;
    peers_packages()?;
    let mut command = project::command("cargo")?;
    command
        .args([
            "build",
            "--profile",
            PROFILE,
            "--locked",
            "--package",
            "jobs-ingest-bench",
            "--package",
            "jobs-ingest-cli",
        ])
        .stdout(std::io::stderr());
    step(
        "building the benchmark (about 1 min when nothing is cached)",
        || {
            process::run(
                &mut command,
                "cargo build",
                Hints {
                    missing: "install Rust with rustup (https://rustup.rs)",
                    failed: "the errors above are in bench/",
                },
            )
        },
    )?;
    let program = project::target_dir()
        .join(PROFILE)
        .join("jobs-ingest-bench");
    let hints = Hints {
        missing: "run `cargo xtask bench` again: it builds the program",
        failed: "its output above says why",
    };
    process::run(
        project::command(program)?.args(arguments),
        "the benchmark",
        hints,
    )
}

/// `npm ci` of the peers when their lock file is another than the one that was installed.
fn peers_packages() -> Result<(), Error> {
    let folder = project::root().join("bench/peers");
    setup::npm_ci(
        &folder,
        "installing the peers' Node packages (npm ci; about 10 s)",
    )
}
