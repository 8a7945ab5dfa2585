//! The type of a subcommand. The list of all is in cli.rs, which depends on every one of them.

use std::ffi::OsString;

use crate::error::Error;

/// A subcommand. To add one: a module with a `COMMAND`, and its name in `COMMANDS` of cli.rs.
pub struct Subcommand {
    /// The name that the user types.
    pub name: &'static str,
    /// One line for the list of commands.
    pub about: &'static str,
    /// What `cargo xtask NAME --help` prints.
    pub help: &'static str,
    /// Gets the arguments after the name.
    pub run: fn(Vec<OsString>) -> Result<(), Error>,
}

/// A usage error when there is an argument.
pub fn no_arguments(arguments: Vec<OsString>) -> Result<(), Error> {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => Err(Error::usage(format!(
            "unexpected argument '{}'",
            argument.display()
        ))),
    }
}
