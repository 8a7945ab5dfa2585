//! Exit codes of the command.

use std::process::ExitCode;

use clap::Parser;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All good.
    Ok,
    /// Something failed or was refused.
    Error,
    /// Nothing failed, but something is pending or different.
    Different,
    /// The command line was not understood (`EX_USAGE` of sysexits.h; clap's own 2 means something else here).
    Usage,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::Error => 1,
            Exit::Different => 2,
            Exit::Usage => 64,
        })
    }
}

/// Reads the command line. What cannot be understood, or asks for help, is answered here.
pub fn parsed<Cli: Parser>() -> Result<Cli, Exit> {
    Cli::try_parse().map_err(|error| {
        // Nothing is left to say it to when even this cannot be printed.
        let _ = error.print();
        if error.use_stderr() {
            Exit::Usage
        } else {
            Exit::Ok
        }
    })
}
