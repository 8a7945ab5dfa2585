//! Exit codes of the command.

use std::process::ExitCode;

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
