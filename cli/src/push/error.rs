//! Why a push fails.

use std::io;
use std::path::PathBuf;

use d1_migrate::exit::Exit;

use crate::http::NoAnswer;
use crate::target::TargetError;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("--url is missing")]
    UrlMissing,
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("{} has no files", path.display())]
    EmptyFolder { path: PathBuf },
    #[error("{name}: {cause}")]
    Mapping {
        name: String,
        cause: jobs_ingest_feeds::Error,
    },
    #[error("{name} changed while it was read")]
    Changed { name: String },
    #[error("{name} is {url:?}, expected https://, or http:// on this machine")]
    NotHttps { name: &'static str, url: String },
    #[error("{url} redirects to {location:?}, which is another host")]
    OtherHost { url: String, location: String },
    #[error("{url} redirects more than {limit} times")]
    TooManyRedirects { url: String, limit: usize },
    #[error("{url} has more than {limit} pages")]
    TooManyPages { url: String, limit: usize },
    #[error("{url} names itself as its next page, or one before it")]
    PagesLoop { url: String },
    #[error("{url} has more than {limit_bytes} bytes")]
    TooLarge { url: String, limit_bytes: u64 },
    #[error("{url} answered {status}")]
    FeedStatus { url: String, status: u16 },
    #[error("{url} gave no whole answer in {n_attempts} attempts: {cause}")]
    FeedSilent {
        url: String,
        n_attempts: u32,
        cause: NoAnswer,
    },
    #[error("the source {source_name:?} occurs in a feed and in a file of own fields")]
    MixedSource { source_name: String },
    #[error("{source_name:?} is not a source: expected 1 to 100 characters without U+0000")]
    InvalidSource { source_name: String },
    #[error("more than {} postings in one push", u32::MAX)]
    TooManyPostings,
    #[error("the Worker does not answer: {cause}")]
    WorkerSilent { cause: NoAnswer },
    #[error("{call}: the Worker answered {answer}")]
    Refused { call: String, answer: String },
    #[error("{call}: the Worker's answer lacks {field}")]
    Unexpected { call: String, field: &'static str },
    #[error("a temporary file cannot be written: {0}")]
    Spool(io::Error),
    #[error("{} cannot be written: {cause}", path.display())]
    Unwritable { path: PathBuf, cause: io::Error },
}

impl Error {
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::UrlMissing => "name the Worker (--url https://HOST), or use --check",
            Self::Target(error) => return Some(error.hint()),
            Self::Mapping { cause, .. } => match cause {
                jobs_ingest_feeds::Error::BoardMissing { .. } => {
                    "for example --source greenhouse:acme"
                }
                jobs_ingest_feeds::Error::Unrecognised { .. } => "name it with --format",
                _ => "nothing was sent; check what the body is",
            },
            Self::MixedSource { .. } => "push them separately, or with different sources",
            Self::FeedStatus { .. } | Self::FeedSilent { .. } => "nothing was sent",
            Self::OtherHost { .. } => "push the new URL if you trust it; nothing was sent",
            Self::WorkerSilent { .. } | Self::Changed { .. } => {
                "run the same command again; postings that were stored are not sent again"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }

    pub fn exit(&self) -> Exit {
        match self {
            Self::UrlMissing
            | Self::Target(_)
            | Self::NotHttps { .. }
            | Self::InvalidSource { .. } => Exit::Usage,
            _ => Exit::Error,
        }
    }
}
