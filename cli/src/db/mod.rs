//! `jobs-ingest db`: migrations of the D1 database, over files that plain wrangler applies.

mod checks;
mod checksum;
mod cmd;
mod codes;
mod config;
mod diff;
mod error;
mod file;
mod project;
mod replay;
mod report;
mod schema;
mod sql;

use clap::Subcommand;

use config::Env;
use error::Error;
use project::Project;

use crate::exit::Exit;

/// Options of all `db` commands.
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = false)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    /// Environment of wrangler.toml: dev is local, the others are remote
    #[arg(long, global = true, value_enum, default_value = "dev")]
    env: Env,
    /// Use the environment's local database instead of the remote one
    #[arg(long, global = true)]
    local: bool,
    /// Answer every question with yes
    #[arg(long, global = true)]
    yes: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the migration files in order
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run all checks, without touching any database
    Validate {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub fn run(args: Args, _program: &mut clap::Command) -> Exit {
    match dispatch(args) {
        Ok(exit) => exit,
        Err(error) => {
            report::error(&error);
            Exit::Error
        }
    }
}

fn dispatch(args: Args) -> Result<Exit, Error> {
    match args.command {
        Command::List { json } => cmd::list::run(&Project::read(args.env)?, json),
        Command::Validate { json } => cmd::validate::run(&Project::read(args.env)?, json),
    }
}
