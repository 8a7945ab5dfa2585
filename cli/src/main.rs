//! `jobs-ingest`, the native command of the project.

mod completions;
mod http;
mod man;
mod push;
mod smoke;
mod target;
mod token;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};

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
    Db(d1_migrate::Args),
    Push(push::Args),
    Smoke(smoke::Args),
    Token(token::Args),
    Completions(completions::Args),
    Man(man::Args),
}

fn main() -> ExitCode {
    let exit = match d1_migrate::exit::parsed() {
        Ok(Cli { command }) => match command {
            Command::Db(args) => d1_migrate::run(args, &mut Cli::command(), "jobs-ingest db"),
            Command::Push(args) => push::run(&args),
            Command::Smoke(args) => smoke::run(&args),
            Command::Token(args) => token::run(args),
            Command::Completions(args) => completions::run(&args, &mut Cli::command()),
            Command::Man(args) => man::run(&args, Cli::command()),
        },
        Err(exit) => exit,
    };
    exit.into()
}
