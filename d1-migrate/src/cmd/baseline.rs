//! `db baseline`: marks files as applied on a database that already has their schema.

use crate::diff::schema_diff;
use crate::error::Error;
use crate::exit::Exit;
use crate::file::Migration;
use crate::guard;
use crate::report;
use crate::sql::name::{ident, literal};
use crate::target::Target;
use crate::words::counted;

/// Options of `baseline`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Mark files up to this number
    number: u64,
}

/// Compares first; writes only the ledger.
pub fn run(target: &Target<'_>, args: &Args, yes: bool) -> Result<Exit, Error> {
    let last = target.project.by_number(args.number)?;
    if !target.exists() {
        return Err(Error::NoLocalDatabase {
            env: target.project.env.label().to_owned(),
        });
    }
    let up_to = |one: &Migration| one.number.is_some_and(|n| n <= args.number);
    let built = target.project.built(up_to)?;
    let live = report::progress("reading the schema", || target.schema())?;
    if !live.same_as(&built) {
        return Err(Error::BaselineDiffers {
            file: last.name.clone(),
            diff: format!("- migrations, + database\n{}", schema_diff(&built, &live)),
        });
    }
    let applied = report::progress("reading the ledger", || target.applied())?;
    let new: Vec<&Migration> = target
        .project
        .migrations
        .iter()
        .filter(|one| up_to(one) && !Target::is_applied(&applied, one))
        .collect();
    if new.is_empty() {
        report::talk("nothing to mark: the ledger has them all");
        return Ok(Exit::Ok);
    }
    for migration in &new {
        report::data(&migration.name)?;
    }
    guard::pass(
        target,
        &format!("mark {} as applied in", counted(new.len(), "file")),
        yes,
    )?;
    report::progress("writing the ledger", || target.execute(&sql(target, &new)))?;
    report::talk(&format!(
        "marked {} in {}",
        counted(new.len(), "file"),
        target.label()
    ));
    Ok(Exit::Ok)
}

/// The ledger as wrangler makes it, and its lines.
fn sql(target: &Target<'_>, migrations: &[&Migration]) -> String {
    let ledger = ident(&target.project.database.ledger);
    let mut out = format!(
        "CREATE TABLE IF NOT EXISTS {ledger}(\n\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n\t\tname       TEXT UNIQUE,\n\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n);\n"
    );
    for migration in migrations {
        out.push_str(&format!(
            "INSERT INTO {ledger} (name) VALUES ({});\n",
            literal(&migration.name)
        ));
    }
    out
}
