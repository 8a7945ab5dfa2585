//! `db migrate`: applies what is pending, through wrangler.

use serde::Serialize;

use crate::diff::schema_diff;
use crate::error::Error;
use crate::exit::Exit;
use crate::file::Migration;
use crate::guard;
use crate::history::{self, Entry, State};
use crate::program;
use crate::report;
use crate::target::{Applied, Target};

use crate::validate;
use crate::words::counted;

use super::backfill;
use super::estimate;
use super::seal;
use super::validate::is_fatal;

/// Options of `migrate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Apply up to this number
    #[arg(long, value_name = "N")]
    to: Option<u64>,
    /// Show what would be applied
    #[arg(long)]
    dry_run: bool,
    /// Print JSON (with --dry-run)
    #[arg(long, requires = "dry_run")]
    json: bool,
    /// Stop on warnings and notes of the checks, too
    #[arg(long)]
    strict: bool,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    environment: &'a str,
    database: &'a str,
    location: &'static str,
    migrations: Vec<Planned<'a>>,
}

#[derive(Debug, Serialize)]
struct Planned<'a> {
    name: &'a str,
    statements: Vec<PlannedStatement<'a>>,
}

#[derive(Debug, Serialize)]
struct PlannedStatement<'a> {
    section: &'static str,
    sql: &'a str,
}

/// Plans, validates, asks, applies, verifies.
pub fn run(target: &Target<'_>, args: &Args, yes: bool) -> Result<Exit, Error> {
    let project = target.project;
    let applied = report::progress("reading the ledger", || target.applied())?;
    let entries = history::entries(project, &applied);
    history::refuse_unless(&entries, &[State::Applied, State::Pending])?;
    let last = args
        .to
        .map(|number| project.by_number(number))
        .transpose()?;
    let pending: Vec<&Migration> = project
        .migrations
        .iter()
        .filter(|one| !Target::is_applied(&applied, one))
        .filter(|one| {
            // Files without a number come last.
            last.is_none_or(|last| one.number.is_some() && one.number <= last.number)
        })
        .collect();
    validate_first(target, args.strict)?;
    plan(target, &pending, args.json)?;
    if pending.is_empty() {
        let is_pending = |one: &&Entry| one.state == State::Pending;
        report::talk(&match entries.iter().filter(is_pending).count() {
            0 => format!("nothing to apply: {} is up to date", target.label()),
            n_behind => format!(
                "nothing to apply so far; {} has {} behind that number",
                target.label(),
                counted(n_behind, "pending migration")
            ),
        });
        if !args.dry_run {
            backfill::run(target, &applied)?;
        }
        return Ok(Exit::Ok);
    }
    estimate::tell(target, &pending)?;
    if args.dry_run {
        return Ok(Exit::Different);
    }
    if target.is_remote {
        guard::pass(
            target,
            &format!("apply {} to", counted(pending.len(), "migration")),
            yes,
        )?;
    }
    let before: Vec<&Migration> = project
        .migrations
        .iter()
        .filter(|one| Target::is_applied(&applied, one))
        .chain(pending.iter().copied())
        .collect();
    let what = format!("applying {}", counted(pending.len(), "migration"));
    let result = report::progress(&what, || target.apply(&before));
    let now = report::progress("reading the ledger", || target.applied())?;
    said(&pending, &now);
    result?;
    verify(target, &pending, &now)?;
    seal(project)?;
    backfill::run(target, &now)?;
    compare(target, &now)
}

fn validate_first(target: &Target<'_>, strict: bool) -> Result<(), Error> {
    let findings = report::progress("checking the migrations", || {
        validate::project(target.project)
    })?;
    let fatal: Vec<_> = findings
        .iter()
        .filter(|one| is_fatal(one, strict))
        .collect();
    for finding in &fatal {
        report::finding_to_stderr(finding);
    }
    let n_others = findings.len() - fatal.len();
    if n_others > 0 {
        report::talk(&format!(
            "warnings and notes: {n_others}; {} shows them",
            program::call("validate")
        ));
    }
    if fatal.is_empty() {
        Ok(())
    } else {
        Err(Error::Invalid { count: fatal.len() })
    }
}

fn plan(target: &Target<'_>, pending: &[&Migration], json: bool) -> Result<(), Error> {
    if json {
        return report::json(&Answer {
            environment: target.project.env.label(),
            database: &target.project.database.name,
            location: target.location(),
            migrations: pending.iter().map(|one| planned(one)).collect(),
        });
    }
    for migration in pending {
        report::data(&format!("-- {}", migration.name))?;
        for statement in &migration.statements {
            report::data(&format!("{};", statement.sql))?;
        }
        report::data("")?;
    }
    Ok(())
}

fn planned(migration: &Migration) -> Planned<'_> {
    Planned {
        name: &migration.name,
        statements: migration
            .statements
            .iter()
            .map(|one| PlannedStatement {
                section: one.section.label(),
                sql: &one.sql,
            })
            .collect(),
    }
}

fn said(pending: &[&Migration], now: &[Applied]) {
    for migration in pending {
        let state = if Target::is_applied(now, migration) {
            "applied"
        } else {
            "not applied"
        };
        report::talk(&format!("{state}: {}", migration.name));
    }
}

/// Wrangler can report success for what it did not record.
fn verify(target: &Target<'_>, pending: &[&Migration], now: &[Applied]) -> Result<(), Error> {
    let names: Vec<String> = pending
        .iter()
        .filter(|one| !Target::is_applied(now, one))
        .map(|one| one.name.clone())
        .collect();
    if names.is_empty() {
        report::talk(&format!("ok: {}", target.label()));
        Ok(())
    } else {
        Err(Error::NotRecorded { names })
    }
}

/// Whether the database is now what its migrations build.
pub fn compare(target: &Target<'_>, applied: &[Applied]) -> Result<Exit, Error> {
    let built = target
        .project
        .built(|one| Target::is_applied(applied, one))?;
    let live = report::progress("reading the schema", || target.schema())?;
    if live.same_as(&built) {
        return Ok(Exit::Ok);
    }
    report::talk("the database differs from what its migrations build (- migrations, + database):");
    report::talk(&schema_diff(&built, &live));
    Ok(Exit::Different)
}
