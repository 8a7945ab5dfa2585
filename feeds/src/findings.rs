//! The report of a mapping: warnings, skipped rows, completeness.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Warnings that are listed; all are counted.
const MAX_LISTED_WARNINGS: usize = 100;

/// The rule behind a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// Bytes that are invalid in the encoding of the body became U+FFFD.
    NotUtf8,
    /// JSON with mistakes that have one sensible reading was repaired.
    JsonRepaired,
    /// A time in an unknown notation became null.
    TimeUnreadable,
    /// A time without a zone was read as UTC.
    TimeWithoutZone,
    /// All postings have the date of the build, so it became null.
    PostedAtIsBuildTime,
    /// A country outside ISO 3166-1 became null.
    CountryUnknown,
    /// A URL that is not http or https, or is too long, became null.
    UrlUnusable,
    /// A language tag that is not BCP 47 became null.
    LanguageUnusable,
    /// A currency that is not in ISO 4217 became null.
    CurrencyUnusable,
    /// The ends of a pay range were swapped.
    SalarySwapped,
    /// Pay in several currencies or periods is kept as text only.
    SalaryAmbiguous,
    /// An id of more than 500 characters was replaced by its SHA-256.
    IdHashed,
    /// Rows with the same id differ in more than their place.
    RowsDiffer,
    /// The largest parts of `extra` were removed to fit its limit.
    ExtraCut,
    /// A column or value that no field accepts.
    Ignored,
    /// A row that is not a posting, with the reason.
    Skipped,
}

impl WarningCode {
    /// The stable name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotUtf8 => "not_utf8",
            Self::JsonRepaired => "json_repaired",
            Self::TimeUnreadable => "time_unreadable",
            Self::TimeWithoutZone => "time_without_zone",
            Self::PostedAtIsBuildTime => "posted_at_is_build_time",
            Self::CountryUnknown => "country_unknown",
            Self::UrlUnusable => "url_unusable",
            Self::LanguageUnusable => "language_unusable",
            Self::CurrencyUnusable => "currency_unusable",
            Self::SalarySwapped => "salary_swapped",
            Self::SalaryAmbiguous => "salary_ambiguous",
            Self::IdHashed => "id_hashed",
            Self::RowsDiffer => "rows_differ",
            Self::ExtraCut => "extra_cut",
            Self::Ignored => "ignored",
            Self::Skipped => "skipped",
        }
    }
}

/// A value that was changed or removed, and its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    pub code: WarningCode,
    /// The index of the row, from 0; `None` for the body as a whole.
    pub index: Option<u64>,
    pub message: String,
}

/// Why a row is not a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// Reachable only by its link.
    Unlisted,
    /// For employees of the company only.
    Internal,
    /// Closed, a draft, or not published.
    Closed,
    /// A talent pool without an opening.
    Prospect,
    /// Neither an id nor a URL to use instead.
    NoId,
    /// Different postings share the URL that would be their id.
    AmbiguousId,
    /// Cannot be parsed as a posting.
    Unreadable,
}

impl Skip {
    /// Whether the row may be an open posting, so that its absence from the list proves nothing.
    pub fn hides_a_posting(self) -> bool {
        matches!(self, Self::NoId | Self::AmbiguousId | Self::Unreadable)
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unlisted => "unlisted",
            Self::Internal => "internal",
            Self::Closed => "closed",
            Self::Prospect => "a prospect post without an opening",
            Self::NoId => "has neither an id nor a URL to use instead",
            Self::AmbiguousId => "shares its URL, which would be its id, with a different posting",
            Self::Unreadable => "unreadable",
        })
    }
}

/// Whether the postings are all open postings of their source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Completeness {
    /// All of them, and why that is certain.
    Complete { how: &'static str },
    /// Not all of them, or not certain enough to close postings that are absent.
    Incomplete { why: Gap },
    /// The feed does not state it.
    Unknown { why: &'static str },
}

/// Why a list is not considered complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "gap", rename_all = "snake_case")]
pub enum Gap {
    /// No rows: a board without openings looks the same as a wrong board name.
    Empty,
    /// The feed's own counter differs from its rows.
    Counter {
        name: &'static str,
        stated: u64,
        rows: u64,
    },
    /// Rows that could not be used may be open postings.
    Hidden { rows: u64 },
    /// Pages share rows: the list changed between the calls, so other rows may be missing.
    Overlap { rows: u64 },
    /// One page of several.
    Page,
    /// A call with a filter or a limit.
    Filtered { parameter: String },
    /// A single posting of a site.
    Single,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "the list is empty, which may also mean a wrong board name or an outage",
            ),
            Self::Counter { name, stated, rows } => {
                write!(
                    f,
                    "{name} is {stated}, but the list has {}",
                    n(*rows, "row")
                )
            }
            Self::Hidden { rows } => {
                write!(
                    f,
                    "{} could not be used and may be open postings",
                    n(*rows, "row")
                )
            }
            Self::Overlap { rows } => {
                write!(
                    f,
                    "the pages have {} in common, so others may be missing",
                    n(*rows, "row")
                )
            }
            Self::Page => f.write_str("the body is one page of several"),
            Self::Filtered { parameter } => {
                write!(f, "the call has `{parameter}`, which restricts the list")
            }
            Self::Single => f.write_str("a page contains a single posting, not the list"),
        }
    }
}

/// A number with a noun.
fn n(number: u64, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{ending}")
}

/// The report of a mapping.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Findings {
    /// Rows of the feed, before merging.
    pub n_rows: u64,
    /// Postings produced.
    pub n_postings: u64,
    /// Rows that were merged into another row's posting.
    pub n_merged: u64,
    pub n_skipped: BTreeMap<Skip, u64>,
    pub n_warnings: BTreeMap<WarningCode, u64>,
    /// The first warnings, up to a limit.
    pub warnings: Vec<Warning>,
}

impl Findings {
    pub(crate) fn warn(
        &mut self,
        code: WarningCode,
        index: Option<u64>,
        message: impl FnOnce() -> String,
    ) {
        *self.n_warnings.entry(code).or_default() += 1;
        if self.warnings.len() < MAX_LISTED_WARNINGS {
            self.warnings.push(Warning {
                code,
                index,
                message: message(),
            });
        }
    }

    pub(crate) fn skip(&mut self, reason: Skip, index: u64, detail: &str) {
        *self.n_skipped.entry(reason).or_default() += 1;
        if reason.hides_a_posting() {
            self.warn(WarningCode::Skipped, Some(index), || {
                if detail.is_empty() {
                    reason.to_string()
                } else {
                    format!("{reason}: {detail}")
                }
            });
        }
    }

    /// Rows that may be open postings.
    pub fn n_hidden(&self) -> u64 {
        self.n_skipped
            .iter()
            .filter(|(reason, _)| reason.hides_a_posting())
            .map(|(_, n)| n)
            .sum()
    }
}
