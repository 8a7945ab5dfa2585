//! The command line: finds the subcommand, prints help and errors, sets the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::error::Error;
use crate::{
    bench, build, ci, deny, dev, fuzz, generate, new_check, process, sbom, setup, test, torture,
};

/// A subcommand. To add one: a module with a `COMMAND`, and its name in [`COMMANDS`].
pub struct Command {
    /// As it is typed.
    pub name: &'static str,
    /// One line for the list of commands.
    pub about: &'static str,
    /// What `cargo xtask NAME --help` prints.
    pub help: &'static str,
    /// Gets the arguments after the name.
    pub run: fn(Vec<OsString>) -> Result<(), Error>,
}

const COMMANDS: &[&Command] = &[
    &dev::COMMAND,
    &test::COMMAND,
    &build::COMMAND,
    &setup::COMMAND,
    &generate::COMMAND,
    &torture::COMMAND,
    &fuzz::COMMAND,
    &deny::COMMAND,
    &sbom::COMMAND,
    &ci::COMMAND,
    &bench::COMMAND,
    &new_check::COMMAND,
];

pub fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(name) = arguments.next() else {
        eprint!("{}", help());
        return ExitCode::from(Error::EXIT_USAGE);
    };
    if name == "--help" || name == "-h" || name == "help" {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| name == command.name) else {
        eprintln!("error: unknown command '{}'\n", name.display());
        eprint!("{}", help());
        return ExitCode::from(Error::EXIT_USAGE);
    };
    let arguments: Vec<OsString> = arguments.collect();
    // Behind `--` an argument belongs to the command that is called.
    let asks_for_help = arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument == "--help" || argument == "-h");
    if asks_for_help {
        print!("{}", command.help);
        return ExitCode::SUCCESS;
    }
    match process::watch_signals().and_then(|()| (command.run)(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            if let Error::Usage { .. } = error {
                eprint!("\n{}", command.help);
            } else if let Some(hint) = error.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(error.exit_code())
        }
    }
}

fn help() -> String {
    let mut text = String::from("Usage: cargo xtask COMMAND\n\nCommands:\n");
    for command in COMMANDS {
        text.push_str(&format!("  {:<11}{}\n", command.name, command.about));
    }
    text.push_str("\n`cargo xtask COMMAND --help` says more.\n");
    text
}

/// Ends with a usage error when there is an argument.
pub fn no_arguments(arguments: Vec<OsString>) -> Result<(), Error> {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => Err(Error::usage(format!(
            "unexpected argument '{}'",
            argument.display()
        ))),
    }
}
