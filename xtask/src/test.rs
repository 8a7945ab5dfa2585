//! Every test of the workspace, with the Worker built once before.

use std::io::Write as _;
use std::time::Instant;

use crate::cli;
use crate::error::Error;
use crate::process::Hints;
use crate::progress::{self, step};
use crate::{build, process, project, setup};

pub const COMMAND: cli::Command = cli::Command {
    name: "test",
    about: "Set up, build the Worker, run every test",
    help: "\
Usage: cargo xtask test [ARGUMENTS OF cargo test]

Installs what is missing, builds the Worker, then runs `cargo test --workspace` with the arguments
given: core, d1-sim, d1-migrate, cli, xtask, the Worker's unit tests, and the black-box tests over
HTTP, each of which starts a workerd of its own. A test that is ignored is a failure: none may skip itself.

  cargo xtask test --package jobs-ingest-core
  cargo xtask test health -- --nocapture
",
    run: |arguments| {
        setup::setup()?;
        test(&arguments)
    },
};

/// Builds the Worker and runs the tests; needs what [`setup::setup`] installs.
pub fn test(arguments: &[std::ffi::OsString]) -> Result<(), Error> {
    build::build()?;
    // cargo refuses `--workspace` together with `--package`.
    let names_package = arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| {
            let argument = argument.to_string_lossy();
            argument == "-p" || argument.starts_with("--package")
        });
    if !names_package {
        command_line()?;
    }
    let since = Instant::now();
    eprintln!("==> running the tests (cargo test)");
    let mut command = project::command("cargo")?;
    command.arg("test");
    if !names_package {
        command.arg("--workspace");
    }
    command.args(arguments);
    let mut tally = Tally::default();
    let ended = process::run_lines(&mut command, "cargo test", CARGO_HINTS, |line| {
        tally.add(line);
        // stdout may be closed; the tests matter, not who reads.
        let _ = writeln!(std::io::stdout(), "{line}");
    });
    eprintln!(
        "==> {} passed, {} failed, {} ignored, in {}",
        tally.n_passed,
        tally.n_failed,
        tally.n_ignored,
        progress::elapsed(since.elapsed())
    );
    ended?;
    if tally.n_ignored > 0 {
        return Err(Error::other(
            format!("{} tests are ignored", tally.n_ignored),
            "a test that cannot run must fail: remove #[ignore]",
        ));
    }
    if tally.n_passed == 0 {
        return Err(Error::other(
            "no test ran",
            "look at the arguments: no test has such a name",
        ));
    }
    Ok(())
}

/// The tests call it as its users do, by `cargo run --package jobs-ingest-cli`. That is not the build
/// of `--workspace`, which has more features of shared crates: here it is announced, there a test
/// would stand still for it.
fn command_line() -> Result<(), Error> {
    step(
        "building the command jobs-ingest (about 1 min when nothing is cached)",
        || {
            let mut command = project::command("cargo")?;
            command.args(["build", "--package", "jobs-ingest-cli"]);
            process::run(&mut command, "cargo build", CARGO_HINTS)
        },
    )
}

const CARGO_HINTS: Hints<'_> = Hints {
    missing: "install Rust with rustup (https://rustup.rs)",
    failed: "the failures are listed above",
};

/// The sum of the `test result:` lines, one of each test binary.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    n_passed: u64,
    n_failed: u64,
    n_ignored: u64,
}

impl Tally {
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line
            .strip_prefix("test result: ")
            .and_then(|rest| rest.split_once(". "))
        else {
            return;
        };
        for part in counts.split("; ") {
            let Some((number, what)) = part.split_once(' ') else {
                continue;
            };
            let number = number.parse().unwrap_or(0);
            match what {
                "passed" => self.n_passed += number,
                "failed" => self.n_failed += number,
                "ignored" => self.n_ignored += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[test]
    fn sums_the_results_of_several_test_binaries() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.10s",
        ] {
            tally.add(line);
        }
        let expected = Tally {
            n_passed: 7,
            n_failed: 2,
            n_ignored: 1,
        };
        assert_eq!(tally, expected);
    }
}
