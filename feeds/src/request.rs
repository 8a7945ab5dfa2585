//! What the caller knows in addition to the body.

use url::Url;

use crate::error::Error;
use crate::format::Format;

/// A format, and what the caller knows in addition to the body.
#[derive(Debug, Clone)]
pub struct Request {
    pub format: Format,
    /// The board's name in the system, as in its URL. Part of the source.
    pub board: Option<String>,
    /// The employer of postings that do not name one.
    pub company_name: Option<String>,
    /// The source, instead of `FORMAT:BOARD`.
    pub source: Option<String>,
    /// The URL of the body: fallback for a page's own URL, language and host for Personio, and
    /// checked for filters that restrict the list.
    pub url: Option<String>,
}

impl Request {
    /// A request for `format` without further knowledge.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            board: None,
            company_name: None,
            source: None,
            url: None,
        }
    }

    /// The board: as given, or from the URL.
    pub fn board(&self) -> Option<String> {
        if let Some(board) = trimmed(self.board.as_deref()) {
            return Some(board.to_owned());
        }
        let url = self.url.as_deref()?;
        if self.format == Format::JobPosting {
            return Some(Url::parse(url).ok()?.host_str()?.to_owned());
        }
        let (_, board) = Format::from_url(url).filter(|(format, _)| *format == self.format)?;
        Some(board)
    }

    /// The source of the postings; `None` if the product's own fields name it.
    pub(crate) fn source(&self) -> Result<Option<String>, Error> {
        if let Some(source) = trimmed(self.source.as_deref()) {
            return Ok(Some(source.to_owned()));
        }
        match self.board() {
            Some(board) => Ok(Some(format!("{}:{board}", self.format))),
            None if self.format.is_own() => Ok(None),
            None => Err(Error::BoardMissing {
                format: self.format,
            }),
        }
    }

    pub(crate) fn company_name(&self) -> Option<&str> {
        trimmed(self.company_name.as_deref())
    }
}

fn trimmed(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
