//! Why a command ended without success.

use std::io;
use std::process::ExitStatus;

#[derive(Debug)]
pub enum Error {
    /// The command line is invalid.
    Usage { message: String },
    /// A program could not be started.
    Start {
        program: String,
        cause: io::Error,
        hint: String,
    },
    /// A program failed, and has printed why.
    Exit {
        what: String,
        status: ExitStatus,
        hint: String,
    },
    /// A file of the project could not be read or written.
    File {
        doing: &'static str,
        path: std::path::PathBuf,
        cause: io::Error,
    },
    /// Any other failure, with its own sentence.
    Other {
        message: String,
        hint: Option<String>,
    },
    /// A signal asked us to end; everything that was started has been ended.
    Interrupted { signal: i32 },
}

impl Error {
    /// `EX_USAGE` of sysexits.h.
    pub const EXIT_USAGE: u8 = 64;

    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage {
            message: message.into(),
        }
    }

    pub fn other(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Other {
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    pub fn file(
        doing: &'static str,
        path: impl Into<std::path::PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |cause| Self::File { doing, path, cause }
    }

    /// What to do about it, if known.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Start { hint, .. } | Self::Exit { hint, .. } => Some(hint),
            Self::Other { hint, .. } => hint.as_deref(),
            Self::Usage { .. } | Self::File { .. } | Self::Interrupted { .. } => None,
        }
    }

    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => Self::EXIT_USAGE,
            // One of our programs was given our arguments, and found the usage wrong.
            Self::Exit { status, .. } if status.code() == Some(Self::EXIT_USAGE.into()) => {
                Self::EXIT_USAGE
            }
            // The code that a shell reports for a command ended by a signal.
            Self::Interrupted { signal } => u8::try_from(128 + signal).unwrap_or(1),
            _ => 1,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Usage { message } | Self::Other { message, .. } => f.write_str(message),
            Self::Start { program, cause, .. } => write!(f, "cannot start {program}: {cause}"),
            Self::Exit { what, status, .. } => write!(f, "{what} failed ({status})"),
            Self::File { doing, path, cause } => {
                write!(f, "cannot {doing} {}: {cause}", path.display())
            }
            Self::Interrupted { .. } => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for Error {}

impl From<lexopt::Error> for Error {
    fn from(error: lexopt::Error) -> Self {
        Self::usage(error.to_string())
    }
}
