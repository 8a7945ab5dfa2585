//! `db rollback`: runs DOWN and takes the line out of the ledger, in one transaction.

use crate::error::Error;
use crate::exit::Exit;
use crate::file::Migration;
use crate::guard;
use crate::history::{self, State};
use crate::report;
use crate::sql::name::{ident, literal};
use crate::target::{Applied, Target};
use crate::words::counted;

use super::losses;
use super::migrate::compare;

/// Options of `rollback`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many to roll back, the last first
    #[arg(default_value_t = 1, conflicts_with = "to", value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// Roll back all after this number; 0 for all
    #[arg(long, value_name = "N")]
    to: Option<u64>,
}

/// Says what will be lost, asks, rolls back one by one, verifies.
pub fn run(target: &Target<'_>, args: &Args, yes: bool) -> Result<Exit, Error> {
    let applied = report::progress("reading the ledger", || target.applied())?;
    let entries = history::entries(target.project, &applied);
    history::refuse_unless(
        &entries,
        &[State::Applied, State::Pending, State::OutOfOrder],
    )?;
    let chosen = chosen(target, args, &applied)?;
    for migration in &chosen {
        if migration.down.is_none() {
            return Err(Error::NoDown {
                file: migration.name.clone(),
            });
        }
    }
    if chosen.is_empty() {
        report::talk("nothing to roll back");
        return Ok(Exit::Ok);
    }
    for migration in &chosen {
        report::data(&format!("-- {}", migration.name))?;
        for statement in migration.down.iter().flatten() {
            report::data(&format!("{};", statement.sql))?;
        }
    }
    losses::tell(target, &applied, &chosen)?;
    guard::pass(
        target,
        &format!("roll back {} of", counted(chosen.len(), "migration")),
        yes,
    )?;
    for migration in &chosen {
        let what = format!("rolling back {}", migration.name);
        let sql = sql(target, migration);
        report::progress(&what, || target.execute(&sql))?;
        report::talk(&format!("rolled back: {}", migration.name));
    }
    let now = report::progress("reading the ledger", || target.applied())?;
    if let Some(left) = chosen.iter().find(|one| Target::is_applied(&now, one)) {
        return Err(Error::Refused(format!(
            "{} is still in the ledger",
            left.name
        )));
    }
    if !target.is_remote {
        report::talk(
            "to edit a file that no other database has, delete its line in checksums.txt and those below",
        );
    }
    compare(target, &now)
}

/// The migrations to roll back, the last applied first.
fn chosen<'a>(
    target: &'a Target<'_>,
    args: &Args,
    applied: &[Applied],
) -> Result<Vec<&'a Migration>, Error> {
    let mut in_order: Vec<&Migration> = Vec::new();
    let squashed = &target.project.squashed;
    for line in applied.iter().rev() {
        if squashed.iter().any(|(old, _)| *old == line.name) {
            continue;
        }
        let found = target
            .project
            .migrations
            .iter()
            .find(|one| one.name == line.name);
        in_order.push(found.ok_or_else(|| Error::UnknownMigration {
            file: line.name.clone(),
        })?);
    }
    if in_order.is_empty() {
        return Err(Error::NothingApplied {
            place: target.label(),
        });
    }
    let Some(number) = args.to else {
        let count = usize::try_from(args.count).unwrap_or(usize::MAX);
        return Ok(in_order.into_iter().take(count).collect());
    };
    if number == 0 {
        // A file numbered 0000 as well: drizzle-kit counts from there.
        return Ok(in_order);
    }
    target.project.by_number(number)?;
    Ok(in_order
        .into_iter()
        .filter(|one| one.number.is_none_or(|its| its > number))
        .collect())
}

fn sql(target: &Target<'_>, migration: &Migration) -> String {
    let mut out = String::new();
    for statement in migration.down.iter().flatten() {
        out.push_str(&statement.sql);
        out.push_str(";\n");
    }
    out.push_str(&format!(
        "DELETE FROM {} WHERE name = {};",
        ident(&target.project.database.ledger),
        literal(&migration.name)
    ));
    out
}
