//! Migrations of D1 databases, over files that plain wrangler applies.
//!
//! A library with the whole command in it, so that another program can have it as one of its own: see [`run`].

mod ask;
mod check;
pub mod checks;
mod checksum;
mod child;
mod cmd;
mod config;
mod diff;
mod error;
pub mod exit;
mod file;
mod guard;
mod history;
mod jsonc;
mod program;
mod project;
mod replay;
mod report;
mod schema;
mod sql;
mod target;
mod template;
mod validate;
mod wrangler;

pub use check::{Check, Example};

use std::path::PathBuf;

use clap::Subcommand;
use clap_complete::Shell;

use error::Error;
use project::Project;
use target::Target;

use exit::Exit;

/// The command line: what is to be done, and options of all commands.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    /// Environment of the wrangler configuration, remote; without it the top level, local
    #[arg(long, global = true, value_name = "NAME")]
    env: Option<String>,
    /// Use the environment's local database instead of the remote one
    #[arg(long, global = true)]
    local: bool,
    /// Use the top level's remote database instead of the local one
    #[arg(long, global = true, conflicts_with = "local")]
    remote: bool,
    /// Wrangler configuration; by default the nearest wrangler.json, wrangler.jsonc or wrangler.toml
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Binding or name of the database, when the environment has several
    #[arg(long, global = true, value_name = "NAME")]
    binding: Option<String>,
    /// Answer every question with yes
    #[arg(long, global = true)]
    yes: bool,
    /// What the user types for this program, in hints
    #[arg(long, global = true, hide = true, value_name = "COMMAND")]
    called_as: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the next migration: from what migrations/ builds to schema.sql
    Generate(cmd::generate::Args),
    /// Apply what is pending, through wrangler
    Migrate(cmd::migrate::Args),
    /// Show which migrations a database has; exit 2 unless all
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the migration files in order
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run all checks, without touching any database
    Validate(cmd::validate::Args),
    /// Run DOWN of the last migrations and take them out of the ledger
    Rollback(cmd::rollback::Args),
    /// Print the schema of a live database, or its drift
    Pull(cmd::pull::Args),
    /// Bring a local database straight to schema.sql, without a file
    Push(cmd::push::Args),
    /// Open the database browser of wrangler dev on a local database
    Studio(cmd::studio::Args),
    /// Mark files as applied on a database that already has their schema
    Baseline(cmd::baseline::Args),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Runs the command. `program` is the whole command line, for completions; `called_as` is what the user types before
/// the name of a command, for hints.
pub fn run(args: Args, program: &mut clap::Command, called_as: &str) -> Exit {
    program::set_name(args.called_as.as_deref().unwrap_or(called_as));
    match dispatch(args, program) {
        Ok(exit) => exit,
        Err(error) => {
            report::error(&error);
            match error {
                Error::NoEnvironment { .. } | Error::NoBinding { .. } => Exit::Usage,
                _ => Exit::Error,
            }
        }
    }
}

fn dispatch(args: Args, program: &mut clap::Command) -> Result<Exit, Error> {
    let yes = args.yes;
    if let Command::Completions { shell } = args.command {
        return completions(shell, program);
    }
    let project = Project::read(
        args.config.as_deref(),
        args.env.as_deref(),
        args.binding.as_deref(),
    )?;
    let target = || Target::new(&project, args.local, args.remote);
    match args.command {
        Command::Generate(options) => cmd::generate::run(&project, &options, yes),
        Command::Migrate(options) => cmd::migrate::run(&target(), &options, yes),
        Command::Status { json } => cmd::status::run(&target(), json),
        Command::List { json } => cmd::list::run(&project, json),
        Command::Validate(options) => cmd::validate::run(&project, &options),
        Command::Rollback(options) => cmd::rollback::run(&target(), &options, yes),
        Command::Pull(options) => cmd::pull::run(&target(), &options),
        Command::Push(options) => cmd::push::run(&target(), &options, yes),
        Command::Studio(options) => cmd::studio::run(&target(), &options),
        Command::Baseline(options) => cmd::baseline::run(&target(), &options, yes),
        Command::Completions { .. } => Ok(Exit::Ok),
    }
}

fn completions(shell: Shell, program: &mut clap::Command) -> Result<Exit, Error> {
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, program, name, &mut script);
    report::data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
