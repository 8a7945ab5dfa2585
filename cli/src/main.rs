//! `jobs-ingest`: the native command of the project.

mod db;
mod exit;
mod smoke;
mod token;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};

use exit::Exit;

/// Native command of jobs-ingest.
#[derive(Debug, Parser)]
#[command(name = "jobs-ingest", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Migrations of the D1 database
    Db(db::Args),
    Smoke(smoke::Args),
    Token(token::Args),
}

fn main() -> ExitCode {
    let exit = match Cli::try_parse() {
        Ok(Cli { command }) => match command {
            Command::Db(args) => db::run(args, &mut Cli::command()),
            Command::Smoke(args) => smoke::run(&args),
            Command::Token(args) => token::run(args),
        },
        Err(error) => {
            // Nothing is left to say it to when even this cannot be printed.
            let _ = error.print();
            if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Ok
            }
        }
    };
    exit.into()
}
