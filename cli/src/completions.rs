//! `jobs-ingest completions`: a completion script for a shell.

use std::io::Write as _;

use clap_complete::Shell;
use d1_migrate::exit::Exit;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example:
  jobs-ingest completions bash > ~/.local/share/bash-completion/completions/jobs-ingest")]
pub struct Args {
    shell: Shell,
}

pub fn run(args: &Args, program: &mut clap::Command) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, program, "jobs-ingest", &mut script);
    match std::io::stdout().write_all(&script) {
        Ok(()) => Exit::Ok,
        Err(cause) => {
            eprintln!("error: cannot print the script: {cause}");
            Exit::Error
        }
    }
}
