//! The command line: finds the subcommand, prints help and errors, sets the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::error::Error;
use crate::progress::tell;
use crate::subcommand::Subcommand;
use crate::{
    bench, build, ci, deny, dev, fuzz, generate, new_check, process, release, sbom, setup, test,
    torture,
};

const COMMANDS: &[&Subcommand] = &[
    &dev::COMMAND,
    &test::COMMAND,
    &build::COMMAND,
    &setup::COMMAND,
    &generate::COMMAND,
    &torture::COMMAND,
    &fuzz::COMMAND,
    &deny::COMMAND,
    &sbom::COMMAND,
    &release::COMMAND,
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
    // After `--` an argument belongs to the command that is called.
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
            tell(format_args!("error: {error}"));
            if let Error::Usage { .. } = error {
                tell(format_args!("\n{}", command.help.trim_end()));
            } else if let Some(hint) = error.hint() {
                tell(format_args!("hint: {hint}"));
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
    text.push_str("\n`cargo xtask COMMAND --help` describes a command.\n");
    text
}
