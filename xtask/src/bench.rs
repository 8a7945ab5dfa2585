//! The benchmark: what it needs, then the program of bench/.

use std::ffi::OsString;

use crate::error::Error;
use crate::process::{self, Hints};
use crate::progress::step;
use crate::subcommand::Subcommand;
use crate::{build, project, setup};

pub const COMMAND: Subcommand = Subcommand {
    name: "bench",
    about: "Measure the Worker beside what a user would pick instead",
    help: "\
Usage: cargo xtask bench [--quick] [--only SECTION]...
       cargo xtask bench --against REV [--quick]
       cargo xtask bench instructions [--check]
       cargo xtask bench push [--quick] [--only SECTION]...
       cargo xtask bench document

Runs the Worker and its peers side by side, in turns, on workerd and D1 of this machine. A whole run
takes about 8 minutes and 6 GB in target/ and the folder of temporary files. It writes
bench/results/last.json, and from that bench/results/last.md, the table of docs/PERFORMANCE.md and its
two plots. Leave the machine idle meanwhile.

Options:
  --quick         3 rounds instead of 7 to 31; writes nothing
  --only SECTION  empty, million (rows in the table), rows, lists, stages, memory or size; can be repeated;
                  writes nothing
  --against REV   Instead of the peers: the Worker of another commit (built in the folder of temporary
                  files: about 4 min and 1.5 GB), in turns with this one, and with postings that have
                  all fields (about 5 min); writes nothing

`push` measures `jobs-ingest push` (about 8 min, 5 GB in the folder of temporary files) and writes
bench/results/push.json and push.md and its part of docs/PERFORMANCE.md. Its sections: repost (20,000
real-sized postings, beside curl), million (a file of 1,000,000 small ones, beside curl in a loop and Python
with 16 threads, and killed twice) and mapping (megabytes per second of the formats).
`instructions` counts core's instructions per posting under callgrind (needs valgrind) and writes
bench/instructions.txt; with --check it compares instead, and fails if one differs by more than 3 %.
`document` writes the pages, their tables and the plots again from bench/results/*.json.
",
    run: bench,
};

/// Cargo's profile of the benchmark, which is also the folder of its program.
const PROFILE: &str = "native";

fn bench(arguments: Vec<OsString>) -> Result<(), Error> {
    let subcommand = arguments.first().and_then(|argument| argument.to_str());
    if !matches!(subcommand, Some("instructions" | "document")) {
        setup::setup()?;
        build::build()?;
        setup::npm_ci(
            &project::root().join("bench/peers"),
            "installing the peers' Node packages (npm ci; about 10 s)",
        )?;
    }
    run(&arguments)
}

/// Fails if core takes more or fewer instructions than bench/instructions.txt records.
pub fn check_instructions() -> Result<(), Error> {
    run(&["instructions".into(), "--check".into()])
}

/// Builds and runs the program.
fn run(arguments: &[OsString]) -> Result<(), Error> {
    let what = "building the benchmark (about 1 min when nothing is cached)";
    step(what, |log| {
        let mut command = project::command("cargo")?;
        command.args(["build", "--profile", PROFILE, "--locked"]);
        command.args(["--package", "jobs-ingest-bench"]);
        if arguments.first().is_some_and(|argument| argument == "push") {
            command.args(["--package", "jobs-ingest-cli"]);
        }
        let hints = Hints {
            missing: "install Rust with rustup (https://rustup.rs)",
            failed: "the errors above are in bench/",
        };
        log.run(&mut command, "cargo build", hints)
    })?;
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
