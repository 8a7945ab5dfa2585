//! Errors and warnings about single postings: which item, which field, which rule.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{MAX_KEPT_ERRORS, MAX_LISTED_FINDINGS};

/// The rule that a posting broke, as its stable code in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The field must be there and is missing, null or empty.
    Missing,
    /// The value's JSON type is not one that the field accepts.
    WrongType,
    /// Over a limit that is not cut.
    TooLong,
    /// Over a limit that is cut: a warning.
    Truncated,
    /// The text holds U+0000.
    NulCharacter,
    /// The text holds one half of a surrogate pair.
    LoneSurrogate,
    /// A number outside what the field accepts.
    OutOfRange,
    /// A number or text that should be an integer.
    NotAnInteger,
    /// The right type, but none of the accepted values.
    InvalidValue,
    /// Two different ids of one request become equal when they are cut.
    IdCollision,
    /// A line of NDJSON that does not parse.
    InvalidJson,
    /// The token may not post this source.
    SourceNotAllowed,
    /// The token may not post this `companyId`.
    CompanyNotAllowed,
    /// The row of this id belongs to a source that the token may not post.
    SourceConflict,
}

impl Code {
    /// All codes, for the pages and tests that list them.
    pub const ALL: [Self; 14] = [
        Self::Missing,
        Self::WrongType,
        Self::TooLong,
        Self::Truncated,
        Self::NulCharacter,
        Self::LoneSurrogate,
        Self::OutOfRange,
        Self::NotAnInteger,
        Self::InvalidValue,
        Self::IdCollision,
        Self::InvalidJson,
        Self::SourceNotAllowed,
        Self::CompanyNotAllowed,
        Self::SourceConflict,
    ];
}

/// Where a posting stands in its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// From 0, in the order of the request; blank lines of NDJSON do not count.
    pub index: usize,
    /// From 1; NDJSON only.
    pub line: Option<usize>,
}

/// One error or warning about one posting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub index: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// As stored, so at most 100 characters; null when the posting has no acceptable one.
    pub external_id: Option<String>,
    /// The field's name in the request; null when the posting as a whole is meant.
    pub field: Option<Cow<'static, str>>,
    pub code: Code,
    pub message: String,
}

/// Findings of one kind, in the order of the request: the first whole, the rest as a number.
#[derive(Debug)]
pub struct Findings {
    kept: Vec<Finding>,
    n_all: usize,
    max_kept: usize,
}

impl Default for Findings {
    /// Keeps what an answer lists.
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            n_all: 0,
            max_kept: MAX_LISTED_FINDINGS,
        }
    }
}

impl Findings {
    /// Keeps as many as may be stored with rejected postings.
    pub fn for_rejects() -> Self {
        Self {
            max_kept: MAX_KEPT_ERRORS,
            ..Self::default()
        }
    }

    /// Counts one, and makes it only when it will be kept.
    pub fn add(&mut self, make: impl FnOnce() -> Finding) {
        if self.kept.len() < self.max_kept {
            self.kept.push(make());
        }
        self.n_all += 1;
    }

    /// Adds findings that were found in another pass; the order is that of the request again.
    pub fn merge(&mut self, other: Self) {
        for finding in other.kept {
            let is_before = |kept: &Finding| kept.index <= finding.index;
            let place = self.kept.partition_point(is_before);
            self.kept.insert(place, finding);
        }
        self.kept.truncate(self.max_kept);
        self.n_all += other.n_all;
    }

    pub fn is_empty(&self) -> bool {
        self.n_all == 0
    }

    /// What an answer lists.
    pub fn listed(&self) -> &[Finding] {
        let n_listed = self.kept.len().min(MAX_LISTED_FINDINGS);
        self.kept.get(..n_listed).unwrap_or_default()
    }

    pub fn n_omitted(&self) -> usize {
        self.n_all - self.listed().len()
    }

    /// The errors of one posting; `None` when they may not all have been kept.
    pub fn of_item(&self, index: usize) -> Option<&[Finding]> {
        let start = self.kept.partition_point(|finding| finding.index < index);
        let end = self.kept.partition_point(|finding| finding.index <= index);
        let is_whole = self.n_all == self.kept.len() || end < self.kept.len();
        self.kept.get(start..end).filter(|_| is_whole)
    }
}

/// `items[17]`, as every message begins.
#[derive(Debug, Clone, Copy)]
pub struct ItemName(pub usize);

impl fmt::Display for ItemName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "items[{}]", self.0)
    }
}
