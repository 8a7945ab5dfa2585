//! `d1-migrate`: the library as a command of its own.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser};

/// Migrations of D1 databases: write, check, apply and undo them
#[derive(Debug, Parser)]
#[command(name = "d1-migrate", version)]
struct Cli {
    #[command(flatten)]
    args: d1_migrate::Args,
}

fn main() -> ExitCode {
    let exit = match d1_migrate::exit::parsed() {
        Ok(Cli { args }) => d1_migrate::run(args, &mut Cli::command(), "d1-migrate"),
        Err(exit) => exit,
    };
    exit.into()
}
