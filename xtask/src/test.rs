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

Installs what is missing, builds the Worker, then runs `cargo test --workspace --no-fail-fast` with the
arguments given: the unit tests of every package, and the black-box tests over HTTP and of the console in
Chromium, each of which starts a workerd of its own. A summary names every test that failed, as a line that
runs it again. On a terminal and without arguments the tests' output goes to target/log/ and is shown if a
test fails; otherwise it is printed. An ignored test is a failure: no test may skip itself.

  cargo xtask test rejects_body_one_byte_over     the tests whose path contains this
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
    let options = options(arguments);
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
            command.arg("--no-run").args(options.clone());
            log.run(&mut command, "cargo test --no-run", CARGO_HINTS)
        },
    )?;
    let since = Instant::now();
    let mut tally = Tally::default();
    let mut command = cargo_test()?;
    if options.clone().all(|option| option != NO_FAIL_FAST) {
        command.arg(NO_FAIL_FAST);
    }
    command.args(arguments);
    let what = "running the tests (about 12 min for all)";
    // In a log of CI one wants to see each test.
    let ended = if arguments.is_empty() && std::io::stderr().is_terminal() {
        step(what, |log| {
            let mut output = log.file()?;
            process::run_all_lines(&mut command, "cargo test", CARGO_HINTS, |line| {
                if let Some(suite) = tally.add(line) {
                    progress::note(&suite);
                }
                let _ = writeln!(output, "{line}");
            })
        })
    } else {
        tell(format_args!("==> {what}"));
        process::run_all_lines(&mut command, "cargo test", CARGO_HINTS, |line| {
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
    if !tally.failures.is_empty() {
        tell("Each failure, as the line that runs it again:");
    }
    for failure in &tally.failures {
        tell(format_args!("  {failure}"));
    }
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

const NO_FAIL_FAST: &str = "--no-fail-fast";

/// The arguments of cargo itself. Those after `--` are for the tests.
fn options(arguments: &[OsString]) -> impl Iterator<Item = &OsString> + Clone {
    arguments.iter().take_while(|argument| *argument != "--")
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

/// What the lines of `cargo test` say.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    /// The sum of the `test result:` lines, one per suite.
    n_passed: u64,
    n_failed: u64,
    n_ignored: u64,
    /// The line that runs each failed test again; of a suite that ended early, the whole suite.
    failures: Vec<String>,
    /// The indented lines since the last `failures:` of the suite: at its end, the names of its failed tests.
    indented: Vec<String>,
    /// Those names, once the suite has ended.
    failed_names: Vec<String>,
}

impl Tally {
    /// Returns the suite that begins with this line.
    fn add(&mut self, line: &str) -> Option<String> {
        let suite = suite(line);
        if suite.is_some() {
            self.failed_names.clear();
        } else if line == "failures:" {
            // Printed twice: before the output of the failed tests, and before their names alone.
            self.indented.clear();
        } else if let Some(name) = line.strip_prefix("    ") {
            self.indented.push(name.to_owned());
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            self.add_counts(counts);
        } else if let Some(rerun) = line.strip_prefix("error: test failed, to rerun pass `") {
            self.add_failures(rerun.trim_end_matches('`'));
        }
        suite
    }

    fn add_counts(&mut self, counts: &str) {
        let Some((verdict, counts)) = counts.split_once(". ") else {
            return;
        };
        let names = std::mem::take(&mut self.indented);
        if verdict == "FAILED" {
            self.failed_names = names;
        }
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

    /// `suite` are the options with which cargo runs the suite that has failed.
    fn add_failures(&mut self, suite: &str) {
        if self.failed_names.is_empty() {
            self.failures.push(format!("cargo test {suite}"));
        }
        for name in self.failed_names.drain(..) {
            let line = format!("cargo test {suite} -- --exact '{name}'");
            self.failures.push(line);
        }
    }
}

/// `Running tests/http/main.rs (target/debug/deps/http-0123456789abcdef)` is `http: tests/http/main.rs`.
fn suite(line: &str) -> Option<String> {
    let line = line.trim_start();
    if let Some(package) = line.strip_prefix("Doc-tests ") {
        return Some(format!("{package}: examples in the documentation"));
    }
    let (source, program) = line.strip_prefix("Running ")?.split_once(" (")?;
    let (_, program) = program.rsplit_once('/')?;
    let (name, _hash) = program.rsplit_once('-')?;
    Some(format!("{name}: {source}"))
}

#[cfg(test)]
mod tests {
    use super::{Tally, suite};

    fn tally(lines: &str) -> Tally {
        let mut tally = Tally::default();
        for line in lines.lines() {
            tally.add(line);
        }
        tally
    }

    #[test]
    fn sums_the_results_of_several_suites() {
        let tally = tally(
            "running 3 tests\n\
             test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
             test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.10s\n",
        );
        let expected = Tally {
            n_passed: 7,
            n_ignored: 1,
            ..Tally::default()
        };
        assert_eq!(tally, expected);
    }

    #[test]
    fn names_every_failure_of_every_suite() {
        let tally = tally(
            "     Running tests/http/main.rs (target/debug/deps/http-0a1b)

test a::b ... FAILED
test a::c ... ok

failures:

---- a::b stdout ----
    left: 1

failures:
    a::b
    a::d

test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s

error: test failed, to rerun pass `-p tests --test http`
     Running unittests src/lib.rs (target/debug/deps/core-2c3d)
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
     Running tests/dev/main.rs (target/debug/deps/dev-4e5f)
error: test failed, to rerun pass `-p tests --test dev`

Caused by:
  process didn't exit successfully (signal: 9, SIGKILL: kill)
",
        );
        assert_eq!((tally.n_passed, tally.n_failed), (2, 2));
        assert_eq!(
            tally.failures,
            [
                "cargo test -p tests --test http -- --exact 'a::b'",
                "cargo test -p tests --test http -- --exact 'a::d'",
                "cargo test -p tests --test dev",
            ]
        );
    }

    #[test]
    fn suite_is_named_by_its_program_and_source() {
        let of = |line| suite(line).unwrap_or_default();
        assert_eq!(
            of("     Running unittests src/lib.rs (target/debug/deps/core-0a1b2c)"),
            "core: unittests src/lib.rs"
        );
        assert_eq!(
            of("   Doc-tests core"),
            "core: examples in the documentation"
        );
        assert_eq!(of("test Running (x)"), "");
    }
}
