//! Errors that prevent mapping a body.

use std::io;

use crate::format::Format;

/// A body that cannot be mapped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the body is empty; {format} returns {expected}")]
    Empty {
        format: Format,
        expected: &'static str,
    },
    #[error("the body is not {format}: expected {expected}, found {found}")]
    MarksMissing {
        format: Format,
        expected: &'static str,
        found: String,
    },
    #[error("the body is not {syntax}: {problem}")]
    Syntax {
        syntax: &'static str,
        problem: String,
    },
    #[error("the body ends in the middle of {syntax}: it is truncated")]
    CutOff { syntax: &'static str },
    #[error(
        "the XML has a document type declaration, which is not allowed because it can define entities"
    )]
    DocumentType,
    #[error("row {index} is larger than {limit_bytes} bytes")]
    RowTooLarge { index: u64, limit_bytes: usize },
    #[error("elements are nested more than {limit} deep")]
    TooDeep { limit: usize },
    #[error("cannot detect the format of the body ({found}): name one of {names}")]
    Unrecognised { found: String, names: String },
    #[error(
        "{format} needs the board's name, because its ids are unique only within a board: name the board or the source"
    )]
    BoardMissing { format: Format },
    #[error("reading failed: {0}")]
    Read(#[from] io::Error),
    #[error("stopped by the consumer of the postings")]
    Stopped,
}

impl Error {
    /// The stable name, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "empty_body",
            Self::MarksMissing { .. } => "not_this_format",
            Self::Syntax { .. } => "syntax",
            Self::CutOff { .. } => "cut_off",
            Self::DocumentType => "document_type",
            Self::RowTooLarge { .. } => "row_too_large",
            Self::TooDeep { .. } => "too_deep",
            Self::Unrecognised { .. } => "unrecognised",
            Self::BoardMissing { .. } => "board_missing",
            Self::Read(_) => "read",
            Self::Stopped => "stopped",
        }
    }
}
