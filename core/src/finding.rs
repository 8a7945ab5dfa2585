//! Errors and warnings about single postings: which item, which field, which rule.

use std::borrow::Cow;
use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::limits::{MAX_KEPT_ERRORS, MAX_LISTED_FINDINGS};

/// Declares the codes, each with its documentation.
macro_rules! codes {
    ($(#[doc = $doc:literal] $variant:ident($name:literal),)+) => {
        /// The rule that a posting broke, as a stable code in responses.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        #[repr(usize)]
        pub enum FindingCode {
            $(#[doc = $doc] #[serde(rename = $name)] $variant,)+
        }

        impl FindingCode {
            pub const ALL: [Self; N_CODES] = [$(Self::$variant),+];

            /// Its text in a response.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $doc.trim_ascii(),)+ }
            }
        }

        const N_CODES: usize = [$(FindingCode::$variant),+].len();
    };
}

codes! {
    /// A required field is missing, null or empty.
    Missing("missing"),
    /// The field does not accept this JSON type.
    WrongType("wrong_type"),
    /// Over a limit at which values are not truncated.
    TooLong("too_long"),
    /// U+0000 in `externalId` or `source`.
    NulCharacter("nul_character"),
    /// One half of a surrogate pair in `externalId` or `source`.
    LoneSurrogate("lone_surrogate"),
    /// A number outside the range of the field.
    OutOfRange("out_of_range"),
    /// A number or text that must be an integer.
    NotAnInteger("not_an_integer"),
    /// The right type, but not a value that the field accepts.
    InvalidValue("invalid_value"),
    /// A line of NDJSON that is not JSON or not UTF-8.
    InvalidJson("invalid_json"),
    /// A source that the token, or the option `source`, does not allow.
    SourceNotAllowed("source_not_allowed"),
    /// The token may not post this `companyId`.
    CompanyNotAllowed("company_not_allowed"),
    /// With `unknown=error`: a key that is not a field.
    UnknownField("unknown_field"),
    /// A warning: over a limit, and truncated.
    Truncated("truncated"),
    /// A warning: a posting without a title.
    EmptyTitle("empty_title"),
    /// A warning: half a surrogate pair became U+FFFD, or U+0000 was removed.
    Replaced("replaced"),
    /// A warning: a later posting of the request has the same key but other values, and was kept.
    Duplicate("duplicate"),
}

/// The position of a posting in its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemPosition {
    /// From 0, in request order; blank NDJSON lines do not count.
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
    /// As stored; null if the posting has no valid one.
    pub external_id: Option<String>,
    /// The field's name in the request; null if the finding concerns the whole posting.
    pub field: Option<Cow<'static, str>>,
    pub code: FindingCode,
    pub message: String,
}

/// Number of findings by code, for the codes that occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeCounts([usize; N_CODES]);

impl CodeCounts {
    pub fn of(&self, code: FindingCode) -> usize {
        self.0.get(code as usize).copied().unwrap_or_default()
    }
}

impl Serialize for CodeCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for code in FindingCode::ALL {
            match self.of(code) {
                0 => {}
                n => map.serialize_entry(code.name(), &n)?,
            }
        }
        map.end()
    }
}

/// Errors or warnings in request order: all are counted, the first are kept in full.
#[derive(Debug)]
pub struct Findings {
    kept: Vec<Finding>,
    counts: [usize; N_CODES],
    n_all: usize,
    max_kept: usize,
}

impl Default for Findings {
    /// Keeps as many as a response lists.
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

    /// Counts a finding; builds it only if it is kept.
    pub fn add(&mut self, code: FindingCode, make: impl FnOnce() -> Finding) {
        if self.kept.len() < self.max_kept {
            self.kept.push(make());
        }
        if let Some(n) = self.counts.get_mut(code as usize) {
            *n += 1;
        }
        self.n_all += 1;
    }

    /// Merges the findings of another pass, restoring request order.
    pub fn merge(&mut self, other: Self) {
        for finding in other.kept {
            let is_before = |kept: &Finding| kept.index <= finding.index;
            let index = self.kept.partition_point(is_before);
            self.kept.insert(index, finding);
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

    /// The findings that a response lists.
    pub fn listed(&self) -> &[Finding] {
        let n_listed = self.kept.len().min(MAX_LISTED_FINDINGS);
        self.kept.get(..n_listed).unwrap_or_default()
    }

    /// Counts of all findings by code, including those not listed.
    pub fn counts(&self) -> CodeCounts {
        CodeCounts(self.counts)
    }

    pub fn n_omitted(&self) -> usize {
        self.n_all - self.listed().len()
    }

    /// The errors of one posting; `None` if some of them may not have been kept.
    pub fn of_item(&self, index: usize) -> Option<&[Finding]> {
        let start = self.kept.partition_point(|finding| finding.index < index);
        let end = self.kept.partition_point(|finding| finding.index <= index);
        let is_whole = self.n_all == self.kept.len() || end < self.kept.len();
        self.kept.get(start..end).filter(|_| is_whole)
    }
}

/// `items[17]`, the prefix of every message.
#[derive(Debug, Clone, Copy)]
pub struct ItemName(pub usize);

impl fmt::Display for ItemName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "items[{}]", self.0)
    }
}
/// A key that is not a field, and how many postings of the request contain it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IgnoredField {
    pub name: String,
    pub count: usize,
    /// The field that was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did_you_mean: Option<Cow<'static, str>>,
}

/// Errors, warnings and ignored fields, as success and problem responses list them.
#[derive(Debug, Clone, Serialize)]
pub struct ListedFindings<'a> {
    pub(crate) errors: &'a [Finding],
    pub(crate) errors_omitted: usize,
    pub(crate) error_counts: CodeCounts,
    pub(crate) warnings: &'a [Finding],
    pub(crate) warnings_omitted: usize,
    pub(crate) warning_counts: CodeCounts,
    pub(crate) ignored_fields: &'a [IgnoredField],
}

impl<'a> ListedFindings<'a> {
    pub fn new(errors: &'a Findings, warnings: &'a Findings, ignored: &'a [IgnoredField]) -> Self {
        Self {
            errors: errors.listed(),
            errors_omitted: errors.n_omitted(),
            error_counts: errors.counts(),
            warnings: warnings.listed(),
            warnings_omitted: warnings.n_omitted(),
            warning_counts: warnings.counts(),
            ignored_fields: ignored,
        }
    }

    /// The members of a response, which are also stored with an idempotency key.
    pub fn to_json(&self) -> String {
        // A plain struct: serialisation cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}
