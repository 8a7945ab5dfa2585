//! Errors and warnings about single postings: which item, which field, which rule.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::limits::MAX_LISTED_FINDINGS;

/// The rule that a posting broke, as its stable code in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
}

impl Code {
    /// All codes, for the pages and tests that list them.
    pub const ALL: [Self; 11] = [
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    pub index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// As stored, so at most 100 characters; null when the posting has no acceptable one.
    pub external_id: Option<String>,
    /// The field's name in the request; null when the posting as a whole is meant.
    pub field: Option<&'static str>,
    pub code: Code,
    pub message: String,
}

/// Findings of one kind: the first [`MAX_LISTED_FINDINGS`] whole, the rest as a number.
#[derive(Debug, Default)]
pub struct Findings {
    listed: Vec<Finding>,
    n_all: usize,
}

impl Findings {
    /// Counts one, and makes it only when it will be listed.
    pub fn add(&mut self, make: impl FnOnce() -> Finding) {
        if self.listed.len() < MAX_LISTED_FINDINGS {
            self.listed.push(make());
        }
        self.n_all += 1;
    }

    /// Adds findings that were found in another pass; the order is that of the request again.
    pub fn merge(&mut self, other: Self) {
        self.listed.extend(other.listed);
        self.listed.sort_by_key(|finding| finding.index);
        self.listed.truncate(MAX_LISTED_FINDINGS);
        self.n_all += other.n_all;
    }

    pub fn is_empty(&self) -> bool {
        self.n_all == 0
    }

    pub fn listed(&self) -> &[Finding] {
        &self.listed
    }

    pub fn n_omitted(&self) -> usize {
        self.n_all - self.listed.len()
    }
}

impl Serialize for Findings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.listed.serialize(serializer)
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
