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
mod options;
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

use clap::Subcommand;
use clap_complete::Shell;

use error::Error;
use options::{Asks, OnDatabase, OnFiles, OnLocal};

use exit::Exit;

/// The command line: what is to be done.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
    /// What the user types for this program, in hints
    #[arg(long, global = true, hide = true, value_name = "COMMAND")]
    called_as: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Adopt a project as it is: write schema.sql, a template and checksums
    #[command(after_help = "Exit status:
  0   written, or there already
  1   error
  64  wrong usage

Examples:
  init                             schema.sql from what the migrations build
  init --live                      schema.sql from the local database
  init --live --env production     schema.sql from production")]
    Init(OnDatabase<cmd::init::Args>),
    /// Write the next migration: from what migrations/ builds to schema.sql
    #[command(after_help = "Exit status:
  0   written, or nothing to do
  1   error, or a question without a terminal
  64  wrong usage

Examples:
  generate 'add tags'                              the way to schema.sql, and back
  generate 'pay' --rename jobs.salary:jobs.pay     keep the values of a renamed column
  generate 'fill slugs' --empty                    a template for SQL by hand")]
    Generate(OnFiles<Asks<cmd::generate::Args>>),
    /// Rewrite a rebuild that loses rows (drizzle-kit's, Prisma's, by hand) into one that keeps them
    #[command(after_help = "Exit status:
  0   rewritten, or nothing to do
  1   error, or the answer was no
  2   with --dry-run: there is something to rewrite
  64  wrong usage

Examples:
  fix 12 --dry-run                   show what would be written
  fix drizzle/0012_brave_hulk.sql    show the difference, ask, write")]
    Fix(OnFiles<Asks<cmd::fix::Args>>),
    /// Apply what is pending, through wrangler
    #[command(after_help = "Exit status:
  0   applied, or nothing to apply
  1   error, findings of the checks, or the answer was no
  2   with --dry-run: something is pending; without it: applied, but the schema is not the expected one
  64  wrong usage

Examples:
  migrate                                the local database
  migrate --env production --dry-run     show what would be applied
  migrate --env production --to 12       stop after number 12")]
    Migrate(OnDatabase<Asks<cmd::migrate::Args>>),
    /// Show which migrations a database has
    #[command(after_help = "Exit status:
  0   all are applied
  1   error
  2   something is pending, or the histories differ
  64  wrong usage

Examples:
  status                             the local database
  status --env production --json     for a script")]
    Status(OnDatabase<cmd::status::Args>),
    /// Show the migration files in order
    #[command(after_help = "Exit status:
  0   printed
  1   error
  64  wrong usage

Examples:
  list            number, name, sections, statements, checksum
  list --json     for a script")]
    List(OnFiles<cmd::list::Args>),
    /// Run all checks, without touching any database
    #[command(after_help = "Exit status:
  0   no error found
  1   an error found; with --strict, any finding
  64  wrong usage

Examples:
  validate --strict                                warnings and notes fail, too
  validate --since origin/main --format github     annotations of a pull request
  validate --real                                  apply everything to D1 in a temporary folder")]
    Validate(OnFiles<cmd::validate::Args>),
    /// Run DOWN of the last migrations and take them out of the ledger
    #[command(after_help = "Exit status:
  0   rolled back
  1   error, or the answer was no
  2   rolled back, but the schema is not the expected one
  64  wrong usage

Examples:
  rollback                        the last migration of the local database
  rollback 2 --env production     the last two of production
  rollback --to 12                all after number 12")]
    Rollback(OnDatabase<Asks<cmd::rollback::Args>>),
    /// Print the schema of a live database, or its drift
    #[command(after_help = "Exit status:
  0   printed; with --check: no drift
  1   error
  2   with --check: the database differs from its applied migrations
  64  wrong usage

Examples:
  pull --env production             the schema as SQL
  pull --check --env production     what somebody changed by hand")]
    Pull(OnDatabase<cmd::pull::Args>),
    /// Bring a local database straight to schema.sql, without a file
    #[command(after_help = "Exit status:
  0   changed, or nothing to do
  1   error, or the answer was no
  64  wrong usage

Examples:
  push                                the local database of the top level
  push --rename jobs.salary:jobs.pay  keep the values of a renamed column
  push --env staging --local          the local database of an environment")]
    Push(OnLocal<Asks<cmd::push::Args>>),
    /// Open the database browser of wrangler dev on a local database
    #[command(after_help = "Exit status:
  0   ended with Ctrl-C
  1   error
  64  wrong usage

Examples:
  studio                           prints the URL
  studio --port 4983               always the same URL
  studio --env staging --local     the local database of an environment")]
    Studio(OnLocal<cmd::studio::Args>),
    /// Mark files as applied on a database that already has their schema
    #[command(after_help = "Exit status:
  0   marked, or marked already
  1   error, another schema, or the answer was no
  64  wrong usage

Examples:
  baseline 1                      the local database has the first file
  baseline 3 --env production     production has the first three")]
    Baseline(OnDatabase<Asks<cmd::baseline::Args>>),
    /// Replace the files up to a number by one that builds the same
    #[command(after_help = "Exit status:
  0   squashed
  1   error, or the answer was no
  64  wrong usage

Example:
  squash 12     one file in place of numbers 1 to 12")]
    Squash(OnFiles<Asks<cmd::squash::Args>>),
    /// Print a completion script for a shell
    #[command(after_help = "Exit status:
  0   printed
  1   error
  64  wrong usage

Example:
  completions bash > ~/.local/share/bash-completion/completions/d1-migrate")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a man page: of the program, or of a command
    #[command(after_help = "Exit status:
  0   printed
  1   error
  64  wrong usage

Example:
  man migrate | man -l -")]
    Man {
        /// A command
        command: Option<String>,
    },
}

/// Runs the command. `program` is the whole command line, for completions; `called_as` is what the user types before
/// the name of a command, for hints.
pub fn run(args: Args, program: &mut clap::Command, called_as: &str) -> Exit {
    program::set_name(args.called_as.as_deref().unwrap_or(called_as));
    match dispatch(args.command, program) {
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

fn dispatch(command: Command, program: &mut clap::Command) -> Result<Exit, Error> {
    use cmd::{baseline, fix, generate, migrate, push, rollback, squash};
    match command {
        Command::Init(on) => on.run(cmd::init::run),
        Command::Generate(on) => on.run(|project, a| generate::run(project, &a.own, a.yes)),
        Command::Fix(on) => on.run(|project, a| fix::run(project, &a.own, a.yes)),
        Command::Migrate(on) => on.run(|target, a| migrate::run(target, &a.own, a.yes)),
        Command::Status(on) => on.run(cmd::status::run),
        Command::List(on) => on.run(cmd::list::run),
        Command::Validate(on) => on.run(cmd::validate::run),
        Command::Rollback(on) => on.run(|target, a| rollback::run(target, &a.own, a.yes)),
        Command::Pull(on) => on.run(cmd::pull::run),
        Command::Push(on) => on.run(|target, a| push::run(target, &a.own, a.yes)),
        Command::Studio(on) => on.run(cmd::studio::run),
        Command::Baseline(on) => on.run(|target, a| baseline::run(target, &a.own, a.yes)),
        Command::Squash(on) => on.run(|project, a| squash::run(project, &a.own, a.yes)),
        Command::Completions { shell } => completions(shell, program),
        Command::Man { command } => man(command.as_deref(), program),
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
