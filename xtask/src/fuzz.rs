//! Coverage-guided fuzzing: libFuzzer looks for a body that breaks a law of laws/.
//!
//! Without a sanitizer `cargo fuzz` needs no nightly toolchain: coverage is a flag of the stable
//! compiler. What is fuzzed has no unsafe code that a sanitizer would watch.

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
    about: "Look for a body that breaks a law (libFuzzer)",
    help: "\
Usage: cargo xtask fuzz [--minutes N] [--only TARGET] [--minimise]

Installs cargo-fuzz into .tools if it is missing, builds fuzz/ with the project's own toolchain (and
a C++ compiler, for libFuzzer), then looks for a body that breaks a law of laws/: of the core (target
ingest) and of the formats of feeds (target feeds), starting from the bodies in fuzz/corpus/TARGET/. Bodies
that reach new code go to fuzz/found/TARGET/, which git ignores; a body that breaks a law goes to
fuzz/artifacts/.

Options:
  --minutes N    How long to fuzz, all targets together [default: 1]
  --only TARGET  Only this target
  --minimise     Instead of fuzzing, add to fuzz/corpus/ the bodies of fuzz/found/ that reach code beyond it
",
    run: |arguments| {
        let options = Options::parse(arguments)?;
        setup::cargo_fuzz()?;
        match options.minimise {
            true => options.targets.iter().try_for_each(minimise),
            false => fuzz(&options),
        }
    },
};

/// A program of fuzz/.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Target {
    name: &'static str,
    /// Options of libFuzzer.
    limits: &'static [&'static str],
}

/// A body that takes ten seconds is a hang, and one that takes half a GiB of memory is a leak. The formats
/// take milliseconds, so that a second shows time that grows faster than the body.
const TARGETS: [Target; 2] = [
    Target {
        name: "ingest",
        limits: &[
            "-dict=fuzz/ingest.dict",
            "-max_len=16384",
            "-timeout=10",
            "-rss_limit_mb=512",
        ],
    },
    Target {
        name: "feeds",
        limits: &["-max_len=65536", "-timeout=2", "-rss_limit_mb=512"],
    },
];

#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    minutes: u32,
    targets: Vec<Target>,
    minimise: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            minutes: 1,
            targets: TARGETS.to_vec(),
            minimise: false,
        }
    }
}

impl Options {
    fn parse(arguments: Vec<OsString>) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("minutes") => options.minutes = parser.value()?.parse()?,
                Long("only") => {
                    let name = parser.value()?.string()?;
                    options.targets.retain(|target| target.name == name);
                }
                Long("minimise") => options.minimise = true,
                other => return Err(other.unexpected().into()),
            }
        }
        if options.targets.is_empty() {
            let names = TARGETS.map(|target| target.name).join(" or ");
            return Err(Error::usage(format!("--only takes {names}")));
        }
        Ok(options)
    }
}

/// Fuzzes each target for an equal part of the time; needs what [`setup::cargo_fuzz`] installs.
pub fn fuzz(options: &Options) -> Result<(), Error> {
    let seconds = u64::from(options.minutes) * 60 / options.targets.len() as u64;
    for target in &options.targets {
        build(target)?;
    }
    for target in &options.targets {
        let name = target.name;
        timed(&format!("fuzzing {name} for {seconds} s"), || {
            let mut command = start(target)?;
            command
                .arg(format!("-max_total_time={seconds}"))
                .arg("-print_final_stats=1")
                // Otherwise it prints each body that reaches something new.
                .arg("-verbosity=0");
            let failed = format!(
                "the broken law and the body that breaks it are named above; give the body a name in \
                 fuzz/corpus/{name}, and it is a test"
            );
            run(&mut command, "cargo fuzz run", hints(&failed))
        })?;
    }
    Ok(())
}

/// Merges into the committed corpus the bodies that reach code beyond it.
fn minimise(target: &Target) -> Result<(), Error> {
    build(target)?;
    let what = format!("choosing what the corpus of {} lacks", target.name);
    step(&what, |log| {
        let mut command = cargo_fuzz("run")?;
        command
            .args([target.name, &corpus(target)])
            .arg(found_dir(target)?)
            // Keeps the fewest and smallest bodies that together reach the same code.
            .args(["--", "-merge=1", "-set_cover_merge=1", "-use_counters=0"])
            .args(target.limits);
        log.run(
            &mut command,
            "cargo fuzz run",
            hints("its output above says why"),
        )
    })
}

/// Fuzzing that begins with the corpus.
fn start(target: &Target) -> Result<std::process::Command, Error> {
    let mut command = cargo_fuzz("run")?;
    command
        .arg(target.name)
        .arg(found_dir(target)?)
        .arg(corpus(target))
        .arg("--")
        .args(target.limits);
    Ok(command)
}

fn corpus(target: &Target) -> String {
    format!("fuzz/corpus/{}", target.name)
}

fn build(target: &Target) -> Result<(), Error> {
    let what = format!(
        "building the fuzzer of {} (about 2 min when nothing is cached)",
        target.name
    );
    step(&what, |log| {
        let mut command = cargo_fuzz("build")?;
        command.arg(target.name);
        let failed = "its output above says why; libFuzzer needs a C++ compiler (Debian: apt \
                      install g++)";
        log.run(&mut command, "cargo fuzz build", hints(failed))
    })
}

fn cargo_fuzz(subcommand: &str) -> Result<std::process::Command, Error> {
    let mut command = project::command(CargoTool::cargo_fuzz().path())?;
    command.args(["fuzz", subcommand, "--sanitizer", "none"]);
    Ok(command)
}

fn found_dir(target: &Target) -> Result<PathBuf, Error> {
    let folder = project::root().join("fuzz/found").join(target.name);
    std::fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
    Ok(folder)
}

fn hints(failed: &str) -> Hints<'_> {
    Hints {
        missing: "remove the folder .tools, then run again: it is created again",
        failed,
    }
}
