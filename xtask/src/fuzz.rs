//! Coverage-guided fuzzing of the core: libFuzzer looks for a body that breaks a law of laws/.
//!
//! Without a sanitizer `cargo fuzz` needs no nightly toolchain: coverage is a flag of the stable
//! compiler. The core has no unsafe code that a sanitizer would watch.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::*;

use crate::error::Error;
use crate::process::{Hints, run};
use crate::progress::{step, timed};
use crate::subcommand::Subcommand;
use crate::tools::CargoTool;
use crate::{project, setup};

pub const COMMAND: Subcommand = Subcommand {
    name: "fuzz",
    about: "Look for a body that breaks a law of the core (libFuzzer)",
    help: "\
Usage: cargo xtask fuzz [--minutes N] [--minimise]

Installs cargo-fuzz into .tools if it is missing, builds fuzz/ with the project's own toolchain (and
a C++ compiler, for libFuzzer), then looks for a body that breaks a law of laws/, starting from the
bodies in fuzz/corpus/. Bodies that reach new code go to fuzz/found/, which git ignores; a body that
breaks a law goes to fuzz/artifacts/.

Options:
  --minutes N  How long to fuzz [default: 1]
  --minimise   Instead of fuzzing, add to fuzz/corpus/ the bodies of fuzz/found/ that reach code beyond it
",
    run: |arguments| {
        let options = Options::parse(arguments)?;
        setup::cargo_fuzz()?;
        match options.minimise {
            true => minimise(),
            false => fuzz(options.minutes),
        }
    },
};

#[derive(Debug, PartialEq, Eq)]
struct Options {
    minutes: u32,
    minimise: bool,
}

impl Options {
    fn parse(arguments: Vec<OsString>) -> Result<Self, Error> {
        let mut options = Self {
            minutes: 1,
            minimise: false,
        };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("minutes") => options.minutes = parser.value()?.parse()?,
                Long("minimise") => options.minimise = true,
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}

/// libFuzzer's options: a body that takes ten seconds is a hang, and one that takes half a GiB of
/// memory is a leak.
const LIMITS: [&str; 4] = [
    "-dict=fuzz/ingest.dict",
    "-max_len=16384",
    "-timeout=10",
    "-rss_limit_mb=512",
];

/// Fuzzes for `minutes`; needs what [`setup::cargo_fuzz`] installs.
pub fn fuzz(minutes: u32) -> Result<(), Error> {
    let found = found_dir()?;
    build()?;
    timed(&format!("fuzzing for {minutes} min"), || {
        let mut command = cargo_fuzz("run")?;
        command
            .arg("ingest")
            .arg(found)
            .arg("fuzz/corpus/ingest")
            .arg("--")
            .args(LIMITS)
            .arg(format!("-max_total_time={}", u64::from(minutes) * 60))
            .arg("-print_final_stats=1")
            // Otherwise it prints each body that reaches something new.
            .arg("-verbosity=0");
        let failed = "the broken law and the body that breaks it are named above; give the body a \
                      name in fuzz/corpus/ingest, and it is a test";
        run(&mut command, "cargo fuzz run", hints(failed))
    })
}

/// Merges into the committed corpus the bodies that reach code beyond it.
fn minimise() -> Result<(), Error> {
    let found = found_dir()?;
    build()?;
    step("choosing what the corpus lacks", |log| {
        let mut command = cargo_fuzz("run")?;
        command
            .args(["ingest", "fuzz/corpus/ingest"])
            .arg(found)
            // Keeps the fewest and smallest bodies that together reach the same code.
            .args(["--", "-merge=1", "-set_cover_merge=1", "-use_counters=0"])
            .args(LIMITS);
        log.run(
            &mut command,
            "cargo fuzz run",
            hints("its output above says why"),
        )
    })
}

fn build() -> Result<(), Error> {
    step(
        "building the fuzzer (about 2 min when nothing is cached)",
        |log| {
            let mut command = cargo_fuzz("build")?;
            command.arg("ingest");
            let failed = "its output above says why; libFuzzer needs a C++ compiler (Debian: apt \
                      install g++)";
            log.run(&mut command, "cargo fuzz build", hints(failed))
        },
    )
}

fn cargo_fuzz(subcommand: &str) -> Result<std::process::Command, Error> {
    let mut command = project::command(CargoTool::cargo_fuzz().path())?;
    command.args(["fuzz", subcommand, "--sanitizer", "none"]);
    Ok(command)
}

fn found_dir() -> Result<PathBuf, Error> {
    let folder = project::root().join("fuzz/found");
    std::fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
    Ok(folder)
}

fn hints(failed: &str) -> Hints<'_> {
    Hints {
        missing: "remove the folder .tools, then run again: it is created again",
        failed,
    }
}
