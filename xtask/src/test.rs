//! Runs every test of the workspace, after building the Worker once.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::process::Command;
use std::time::Instant;

use crate::error::Error;
use crate::process::Hints;
use crate::progress::{self, step, tell};
use crate::subcommand::Subcommand;
use crate::{build, process, project, setup};

pub const COMMAND: Subcommand = Subcommand {
    name: "test",
    about: "Set up, build the Worker, run every test",
    help: "\
Usage: cargo xtask test [ARGUMENTS OF cargo test]

Installs what is missing, builds the Worker, then runs `cargo test --workspace` with the arguments
given: the unit tests of every package, and the black-box tests over HTTP and of the console in Chromium,
each of which starts a workerd of its own. On a terminal and without arguments the tests' output goes to
target/log/ and is shown if a test fails; otherwise it is printed. An ignored test is a failure: no test
may skip itself.

  cargo xtask test --package jobs-ingest-core
  cargo xtask test health -- --nocapture
",
    run: |arguments| {
        setup::setup()?;
        test(&arguments)
    },
};

/// Builds the Worker and runs the tests; needs what [`setup::setup`] installs.
///
/// On a terminal and without arguments the output of the tests goes to a log; otherwise it is printed.
pub fn test(arguments: &[OsString]) -> Result<(), Error> {
    build::build()?;
    let options = arguments.iter().take_while(|argument| *argument != "--");
    // cargo refuses `--workspace` together with `--package`.
    let names_package = options.clone().any(|argument| {
        let argument = argument.to_string_lossy();
        argument == "-p" || argument.starts_with("--package")
    });
    let cargo_test = || -> Result<Command, Error> {
        let mut command = project::command("cargo")?;
        command.arg("test");
        if !names_package {
            command.arg("--workspace");
        }
        Ok(command)
    };
    if !names_package {
        setup::browser()?;
        command_line()?;
    }
    step(
        "building the tests (about 2 min when nothing is cached)",
        |log| {
            let mut command = cargo_test()?;
            command.arg("--no-run").args(options);
            log.run(&mut command, "cargo test --no-run", CARGO_HINTS)
        },
    )?;
    let since = Instant::now();
    let mut tally = Tally::default();
    let mut command = cargo_test()?;
    command.args(arguments);
    // In a log of CI one wants to see each test.
    let ended = if arguments.is_empty() && std::io::stderr().is_terminal() {
        step("running the tests (about 4 min)", |log| {
            let mut output = log.file()?;
            command.stderr(log.file()?);
            process::run_lines(&mut command, "cargo test", CARGO_HINTS, |line| {
                tally.add(line);
                let _ = writeln!(output, "{line}");
            })
        })
    } else {
        process::run_lines(&mut command, "cargo test", CARGO_HINTS, |line| {
            tally.add(line);
            // stdout may be closed; the tests run to their end nevertheless.
            let _ = writeln!(std::io::stdout(), "{line}");
        })
    };
    tell(format_args!(
        "==> {} passed, {} failed, {} ignored, in {}",
        tally.n_passed,
        tally.n_failed,
        tally.n_ignored,
        progress::elapsed(since.elapsed())
    ));
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
            "check the arguments: no test has such a name",
        ));
    }
    Ok(())
}

/// The tests call it as its users do, by `cargo run --package jobs-ingest-cli`. That build has fewer
/// features of shared crates than that of `--workspace`, so a test would otherwise wait for it.
fn command_line() -> Result<(), Error> {
    step(
        "building the command jobs-ingest (about 1 min when nothing is cached)",
        |log| {
            let mut command = project::command("cargo")?;
            command.args(["build", "--package", "jobs-ingest-cli"]);
            log.run(&mut command, "cargo build", CARGO_HINTS)
        },
    )
}

const CARGO_HINTS: Hints<'_> = Hints {
    missing: "install Rust with rustup (https://rustup.rs)",
    failed: "the failures are listed above",
};

/// The sum of the `test result:` lines, one per test binary.
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
