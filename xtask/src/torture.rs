//! The torture: what it needs, then the program of tests/torture/.

use std::ffi::OsString;

use crate::error::Error;
use crate::process::{self, Hints};
use crate::subcommand::Subcommand;
use crate::{build, project, schemathesis, setup};

pub const COMMAND: Subcommand = Subcommand {
    name: "torture",
    about: "Kill, flood and abuse the Worker, and check that it keeps its promises",
    help: "\
Usage: cargo xtask torture [--short] [--seed N] [PART…]

Installs what is missing, builds the Worker, then runs each part against workerd and D1 on this
machine (docs/RELIABILITY.md lists what each checks):

  kills        workerd is killed at random moments during writes, 200 times (about 5 min)
  clients      32 clients, repeats, dropped connections (10 min)
  memory       1,000 requests of the largest size, one after another and eight at once (about 15 min)
  abuse        gzip bombs, slow bodies, millions of keys and the like (about 1 min)
  trickle      slow bodies of one token beside small and large ones of another (about 5 min)
  full         a disk that is full (about 1 min; needs root, or the right to mount a tmpfs)
  description  requests made from openapi.json by schemathesis (about 5 min)

Ends with a table of figures, for a page in tests/torture/results/. The first broken promise ends it with
exit code 1; the storage is kept then. Without PART all of them run.

Options:
  --short   A few kills, seconds instead of minutes: what CI runs (about 2 min)
  --seed N  Repeat the random choices of another run, which has printed its seed
",
    run: |arguments| {
        setup::setup()?;
        torture(&arguments)
    },
};

/// Builds the Worker and tortures it; needs what [`setup::setup`] installs.
pub fn torture(arguments: &[OsString]) -> Result<(), Error> {
    let runs_description = arguments.iter().all(|argument| {
        argument
            .to_string_lossy()
            .starts_with(|c: char| !c.is_alphabetic())
    }) || arguments.iter().any(|argument| argument == "description");
    if runs_description {
        schemathesis::setup()?;
    }
    build::build()?;
    let mut command = project::command("cargo")?;
    command
        .args(["run", "--quiet", "--package", "jobs-ingest-tests"])
        .args(["--bin", "torture", "--"])
        .args(arguments);
    process::run(
        &mut command,
        "torture",
        Hints {
            missing: "install Rust with rustup (https://rustup.rs)",
            failed: "its output above says why: a broken promise, and where the storage is kept, or what \
                     the command line should be",
        },
    )
}
