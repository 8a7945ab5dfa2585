//! `db push`: a local database straight to schema.sql, for prototyping.

use d1_sim::Simulator;

use crate::diff::plan;
use crate::diff::rename::Given;
use crate::error::Error;
use crate::exit::Exit;
use crate::guard;
use crate::program;
use crate::report;
use crate::target::Target;

use super::generate::refuse_dangling;
use super::renames::{self, Choice};

/// Options of `push`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A table or column that got another name: old:new, or table.old:new; `none` for no other renames
    #[arg(long, value_name = "OLD:NEW")]
    rename: Vec<Given>,
}

/// Changes the database, writes no file and no ledger.
pub fn run(target: &Target<'_>, args: &Args, yes: bool) -> Result<Exit, Error> {
    if target.is_remote {
        return Err(Error::LocalOnly {
            command: "push",
            env: target.project.env.label().to_owned(),
        });
    }
    let ledger = &target.project.database.ledger;
    let live = target.schema()?;
    let to = target.project.wanted()?;
    refuse_dangling(target.project.schema_text()?, &to)?;
    let work = Simulator::from_schema(live.objects.iter().map(|one| one.sql.as_str()))?;
    let choice = Choice {
        given: &args.rename,
        yes,
    };
    let renames = renames::decide(&work, &to, ledger, &choice)?;
    let plan = report::progress("comparing the schemas", || {
        plan::make(&work, &to, &renames, ledger)
    })?;
    if plan.statements.is_empty() {
        report::talk(&format!("nothing to do: {} has schema.sql", target.label()));
        return Ok(Exit::Ok);
    }
    let sql: String = plan
        .statements
        .iter()
        .map(|one| format!("{one};\n"))
        .collect();
    report::data(&sql)?;
    if !plan.lost.is_empty() || !plan.computed.is_empty() {
        for lost in &plan.lost {
            report::talk(&format!("will be lost: {lost}, with what is in it"));
        }
        for column in &plan.computed {
            report::talk(&format!(
                "will be lost: the values of {column}, which becomes a computed column"
            ));
        }
        guard::pass(target, "change", yes)?;
    }
    report::progress("changing the database", || target.execute(&sql))?;
    report::talk(&format!(
        "{} has schema.sql now; its ledger is as it was. Before you share this: {}, then {} instead of `migrate` for this database",
        target.label(),
        program::call("generate NAME"),
        program::call("baseline N")
    ));
    Ok(Exit::Ok)
}
