//! `db pull`: the schema of a live database. It reads `sqlite_master`, which works where `d1 export` refuses.

use serde::Serialize;

use crate::diff::schema_diff;
use crate::error::Error;
use crate::exit::Exit;
use crate::report;
use crate::schema::print;
use crate::target::Target;

/// Options of `pull`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Compare with what the applied migrations build, and show the drift
    #[arg(long)]
    check: bool,
    /// Print JSON (with --check)
    #[arg(long, requires = "check")]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    environment: &'a str,
    database: &'a str,
    location: &'static str,
    same: bool,
    /// Unified diff, - what migrations build, + the database.
    diff: &'a str,
}

/// Prints the schema, or the drift.
pub fn run(target: &Target<'_>, args: &Args) -> Result<Exit, Error> {
    if !target.exists() {
        return Err(Error::NoLocalDatabase {
            env: target.project.env.label().to_owned(),
        });
    }
    let live = report::progress("reading the schema", || target.schema())?;
    if !args.check {
        report::data(&print(&live))?;
        return Ok(Exit::Ok);
    }
    let applied = report::progress("reading the ledger", || target.applied())?;
    let built = target
        .project
        .built(|one| Target::is_applied(&applied, one))?;
    let same = live.same_as(&built);
    let diff = if same {
        String::new()
    } else {
        schema_diff(&built, &live)
    };
    if args.json {
        report::json(&Answer {
            environment: target.project.env.label(),
            database: &target.project.database.name,
            location: target.location(),
            same,
            diff: &diff,
        })?;
    } else if !same {
        report::data(&diff)?;
    }
    let outcome = if same {
        "has the schema"
    } else {
        "differs from the schema (- migrations, + database)"
    };
    report::talk(&format!(
        "{} {outcome} of its applied migrations",
        target.label()
    ));
    Ok(if same { Exit::Ok } else { Exit::Different })
}
