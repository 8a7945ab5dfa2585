//! Errors and warnings about single postings: which item, which field, which rule.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::limits::{MAX_KEPT_ERRORS, MAX_LISTED_FINDINGS};

/// Declares the codes, each with its documentation.
macro_rules! codes {
    ($(#[doc = $doc:literal] $variant:ident($name:literal),)+) => {
        /// The rule that a posting broke, as its stable code in an answer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[repr(usize)]
        pub enum Code {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: [Self; N_CODES] = [$(Self::$variant),+];

            /// Its text in an answer.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// One line of documentation.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $doc.trim_ascii(),)+ }
            }
        }

        const N_CODES: usize = [$(Code::$variant),+].len();
    };
}

codes! {
    /// The field must be there and is missing, null or empty.
    Missing("missing"),
    /// The value's JSON type is not one that the field accepts.
    WrongType("wrong_type"),
    /// Over a limit beyond which nothing is cut.
    TooLong("too_long"),
    /// U+0000 in `externalId` or `source`.
    NulCharacter("nul_character"),
    /// One half of a surrogate pair in `externalId` or `source`.
    LoneSurrogate("lone_surrogate"),
    /// A number outside what the field accepts.
    OutOfRange("out_of_range"),
    /// A number or text that should be an integer.
    NotAnInteger("not_an_integer"),
    /// The right type, but not a value that the field accepts.
    InvalidValue("invalid_value"),
    /// A line of NDJSON that does not parse or is not UTF-8.
    InvalidJson("invalid_json"),
    /// The token may not post this source.
    SourceNotAllowed("source_not_allowed"),
    /// With `unknown=error`: a field that a posting does not have.
    UnknownField("unknown_field"),
    /// A warning: over a limit, and cut.
    Truncated("truncated"),
    /// A warning: a posting without a title.
    EmptyTitle("empty_title"),
    /// A warning: half a surrogate pair became U+FFFD, or U+0000 was removed.
    Replaced("replaced"),
    /// A warning: a later posting of the request has the same identity and other values, and was kept.
    Duplicate("duplicate"),
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
    /// As stored; null when the posting has no acceptable one.
    pub external_id: Option<String>,
    /// The field's name in the request; null when the posting as a whole is meant.
    pub field: Option<Cow<'static, str>>,
    pub code: Code,
    pub message: String,
}

/// How many findings there are of each code that occurs, by its name.
pub type CodeCounts = Map<String, Value>;

/// Errors, or warnings, in the order of the request: the first whole, all of them counted.
#[derive(Debug)]
pub struct Findings {
    kept: Vec<Finding>,
    counts: [usize; N_CODES],
    n_all: usize,
    max_kept: usize,
}

impl Default for Findings {
    /// Keeps what an answer lists.
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            counts: [0; N_CODES],
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
    pub fn add(&mut self, code: Code, make: impl FnOnce() -> Finding) {
        if self.kept.len() < self.max_kept {
            self.kept.push(make());
        }
        if let Some(n) = self.counts.get_mut(code as usize) {
            *n += 1;
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
        for (n, more) in self.counts.iter_mut().zip(other.counts) {
            *n += more;
        }
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

    /// All of them by code, the omitted ones included.
    pub fn counts(&self) -> CodeCounts {
        let counts = Code::ALL.iter().zip(self.counts).filter(|(_, n)| *n > 0);
        counts
            .map(|(code, n)| (code.name().to_owned(), n.into()))
            .collect()
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
