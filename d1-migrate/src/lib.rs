//! Migrations of D1 databases, over files that plain wrangler applies.
//!
//! A library with the whole command in it, so that another program can have it as one of its own: see [`run`].

mod ask;
mod check;
pub mod checks;
mod checksum;
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
mod words;
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
    /// Adopt a project as it is: write schema.sql, a template and checksums
    #[command(after_help = "Examples:
  init                             schema.sql from what the migrations build
  init --live                      schema.sql from the local database
  init --live --env production     schema.sql from production")]
    Init(cmd::init::Args),
    /// Write the next migration: from what migrations/ builds to schema.sql
    #[command(after_help = "Examples:
  generate 'add tags'                              the way to schema.sql, and back
  generate 'pay' --rename jobs.salary:jobs.pay     keep the values of a renamed column
  generate 'fill slugs' --empty                    a template for SQL by hand")]
    Generate(cmd::generate::Args),
    /// Rewrite a rebuild that loses rows (drizzle-kit's, Prisma's, by hand) into one that keeps them
    #[command(after_help = "Examples:
  fix 12 --dry-run                   show what would be written
  fix drizzle/0012_brave_hulk.sql    show the difference, ask, write")]
    Fix(cmd::fix::Args),
    /// Apply what is pending, through wrangler
    #[command(after_help = "Examples:
  migrate                                the local database
  migrate --env production --dry-run     show what would be applied; exit 2 when something would
  migrate --env production --to 12       stop after number 12")]
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
    #[command(after_help = "Examples:
  validate --strict                                warnings and notes fail, too
  validate --since origin/main --format github     annotations of a pull request
  validate --real                                  apply everything to D1 in a temporary folder")]
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
    /// Replace the files up to a number by one that builds the same
    Squash(cmd::squash::Args),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a man page: of the program, or of a command
    Man {
        /// A command
        command: Option<String>,
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
    match args.command {
        Command::Completions { shell } => return completions(shell, program),
        Command::Man { command } => return man(command.as_deref(), program),
        _ => {}
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
        Command::Fix(options) => cmd::fix::run(&project, &options, yes),
        Command::Squash(options) => cmd::squash::run(&project, &options, yes),
        Command::Init(options) => cmd::init::run(&target(), &options),
        Command::Completions { .. } | Command::Man { .. } => Ok(Exit::Ok),
    }
}

fn man(command: Option<&str>, program: &mut clap::Command) -> Result<Exit, Error> {
    program.build();
    let page = match command {
        None => program.clone(),
        Some(name) => program
            .find_subcommand(name)
            .cloned()
            .ok_or_else(|| Error::Refused(format!("there is no command {name}")))?,
    };
    let mut text = Vec::new();
    let rendered = clap_mangen::Man::new(page).render(&mut text);
    rendered.map_err(|source| Error::Print { source })?;
    report::data(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Ok)
}

fn completions(shell: Shell, program: &mut clap::Command) -> Result<Exit, Error> {
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, program, name, &mut script);
    report::data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Ok)
}
