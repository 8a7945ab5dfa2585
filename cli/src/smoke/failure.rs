//! How an answer differs from what is documented.

use serde_json::Value;

use crate::http::NoAnswer;

/// Why a step is not as documented.
#[derive(Debug)]
pub enum Failure {
    NoAnswer(NoAnswer),
    Mismatch { mismatch: Mismatch, answer: String },
    Token { lack: Lack, answer: String },
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoAnswer(no_answer) => no_answer.fmt(f),
            Self::Mismatch { mismatch, .. } => mismatch.fmt(f),
            Self::Token { lack, .. } => lack.fmt(f),
        }
    }
}

impl From<NoAnswer> for Failure {
    fn from(no_answer: NoAnswer) -> Self {
        Self::NoAnswer(no_answer)
    }
}

/// The first thing that is not as expected.
#[derive(Debug, PartialEq)]
pub enum Mismatch {
    Status {
        expected: u16,
        found: u16,
    },
    NoHeader {
        name: &'static str,
    },
    NotJson,
    Field {
        path: &'static str,
        expected: Value,
        found: Option<Value>,
    },
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Status { expected, found } => {
                write!(f, "the status is {found}, expected {expected}")
            }
            Self::NoHeader { name } => write!(f, "the header {name} is missing"),
            Self::NotJson => f.write_str("the body is not JSON"),
            Self::Field {
                path,
                expected,
                found: Some(found),
            } => {
                write!(f, "{path} is {found}, expected {expected}")
            }
            Self::Field {
                path,
                expected,
                found: None,
            } => {
                write!(f, "{path} is missing, expected {expected}")
            }
        }
    }
}

/// Why the token cannot be used for the check.
#[derive(Debug, PartialEq, Eq)]
pub enum Lack {
    Unknown,
    Writing,
    Source { source: &'static str },
    Closing,
}

impl std::fmt::Display for Lack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown => f.write_str("the deployment does not know the token"),
            Self::Writing => f.write_str("the token may read, but not write"),
            Self::Source { source } => write!(f, "the token may not post the source '{source}'"),
            Self::Closing => {
                f.write_str("the token is limited to companies and may not close postings")
            }
        }
    }
}
