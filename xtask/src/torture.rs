//! The torture: what it needs, then the program of tests/torture/.

use std::ffi::OsString;

use crate::error::Error;
use crate::process::{self, Hints};
use crate::subcommand::Subcommand;
use crate::{build, project, python, setup};

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
  migrations   200 random pairs of schemas, there and back on D1, rows and rowids compared (about 2 min)

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

/// The part that tries generated migrations on D1.
const MIGRATIONS: &str = "migrations";

fn migrations(n_pairs: usize) -> Result<(), Error> {
    let mut command = project::command("cargo")?;
    command
        .args(["test", "--quiet", "--package", "d1-migrate", "--lib"])
        .args(["--", "diff::laws::pairs_end_on_real_d1_as_here"])
        .env("D1_MIGRATE_PAIRS", n_pairs.to_string());
    process::run(
        &mut command,
        "torture migrations",
        Hints {
            missing: "install Rust with rustup (https://rustup.rs)",
            failed: "its output above names the pair and the rows that differ",
        },
    )
}

/// Builds the Worker and tortures it; needs what [`setup::setup`] installs.
pub fn torture(arguments: &[OsString]) -> Result<(), Error> {
    let is_part = |argument: &&OsString| {
        argument
            .to_string_lossy()
            .starts_with(|c: char| c.is_alphabetic())
    };
    let runs_all = !arguments.iter().any(|one| is_part(&one));
    let names = |part: &str| arguments.iter().any(|argument| argument == part);
    if runs_all || names(MIGRATIONS) {
        migrations(if names("--short") { 40 } else { 200 })?;
    }
    // The part that needs no Worker.
    let others = || arguments.iter().filter(|one| *one != MIGRATIONS);
    if !runs_all && !others().any(|one| is_part(&one)) {
        return Ok(());
    }
    let runs_description = runs_all || names("description");
    if runs_description {
        python::SCHEMATHESIS.setup()?;
    }
    build::build()?;
    let mut command = project::command("cargo")?;
    command
        .args(["run", "--quiet", "--package", "jobs-ingest-tests"])
        .args(["--bin", "torture", "--"])
        .args(others());
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
