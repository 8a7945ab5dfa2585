//! `db status`: which migrations a database has. Read-only: it makes neither ledger nor database.

use serde::Serialize;

use crate::error::Error;
use crate::exit::Exit;
use crate::history::{self, Entry, State};
use crate::report;
use crate::target::Target;

/// Options of `status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    environment: &'a str,
    database: &'a str,
    location: &'static str,
    applied: usize,
    pending: usize,
    migrations: &'a [Entry],
}

/// Prints the states; [`Exit::Different`] unless all are applied.
pub fn run(target: &Target<'_>, args: &Args) -> Result<Exit, Error> {
    let applied = report::progress("reading the ledger", || target.applied())?;
    let entries = history::entries(target.project, &applied);
    let n_of = |state| entries.iter().filter(|one| one.state == state).count();
    let n_pending = n_of(State::Pending) + n_of(State::OutOfOrder);
    let answer = Answer {
        environment: target.project.env.label(),
        database: &target.project.database.name,
        location: target.location(),
        applied: entries.len() - n_pending,
        pending: n_pending,
        migrations: &entries,
    };
    if args.json {
        report::json(&answer)?;
    } else {
        let rows: Vec<Vec<String>> = entries
            .iter()
            .map(|one| {
                vec![
                    one.number.map(|n| format!("{n:04}")).unwrap_or_default(),
                    one.name.clone(),
                    one.state.label().to_owned(),
                    one.applied_at.clone().unwrap_or_default(),
                ]
            })
            .collect();
        report::table(&["number", "name", "state", "applied at (UTC)"], &rows)?;
        report::talk(&format!(
            "{}: {} applied, {} pending",
            target.label(),
            answer.applied,
            answer.pending
        ));
        for advice in history::advice(&entries) {
            report::talk(&advice);
        }
    }
    let all = n_of(State::Applied) == entries.len();
    Ok(if all { Exit::Ok } else { Exit::Different })
}
