//! The table of formats, from which dispatch, help, detection by URL and docs/FEEDS.md are derived.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::formats::{
    ashby, greenhouse, indeed, job_posting, lever, own_csv, own_json, personio, recruitee,
    smartrecruiters, teamtailor, workable,
};
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    Greenhouse,
    Lever,
    Ashby,
    Recruitee,
    Workable,
    SmartRecruiters,
    Teamtailor,
    JobPosting,
    Personio,
    Indeed,
    Talent,
    Jora,
    Jooble,
    Jobrapido,
    Csv,
    Json,
}

/// The scope in which an id is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdScope {
    /// All boards of the system.
    System,
    Board,
    /// The source named by the caller or the row.
    Source,
}

/// Who names the employer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// The feed names it.
    Stated,
    /// The feed, if it names one.
    Sometimes,
    /// The caller.
    Parameter,
}

/// The definition of a format.
#[derive(Debug)]
pub struct Spec {
    pub format: Format,
    /// The value of `--format`, and the first part of a source.
    pub name: &'static str,
    /// The display name.
    pub title: &'static str,
    /// The URL to fetch, with `{board}` for the board's name; for files, where they come from.
    pub call: &'static str,
    /// What a body must contain to be recognised as this format.
    pub marks: &'static str,
    pub id_scope: IdScope,
    pub company: Company,
    /// How completeness of the list is determined.
    pub completeness: &'static str,
    /// Parameters of the call that do not restrict the list; `None` for files.
    pub parameters: Option<&'static [&'static str]>,
    /// Fields of a posting and their origin in the feed.
    pub fields: &'static [(&'static str, &'static str)],
    /// What the feed contains and the posting does not.
    pub lost: &'static str,
    /// What is inferred rather than read.
    pub guessed: &'static str,
}

/// All formats, in the order of [`Format`].
pub static FORMATS: [&Spec; 16] = [
    &greenhouse::SPEC,
    &lever::SPEC,
    &ashby::SPEC,
    &recruitee::SPEC,
    &workable::SPEC,
    &smartrecruiters::SPEC,
    &teamtailor::SPEC,
    &job_posting::SPEC,
    &personio::SPEC,
    &indeed::INDEED,
    &indeed::TALENT,
    &indeed::JORA,
    &indeed::JOOBLE,
    &indeed::JOBRAPIDO,
    &own_csv::SPEC,
    &own_json::SPEC,
];

impl Format {
    /// The definition of this format.
    pub fn spec(self) -> &'static Spec {
        match self {
            Self::Greenhouse => &greenhouse::SPEC,
            Self::Lever => &lever::SPEC,
            Self::Ashby => &ashby::SPEC,
            Self::Recruitee => &recruitee::SPEC,
            Self::Workable => &workable::SPEC,
            Self::SmartRecruiters => &smartrecruiters::SPEC,
            Self::Teamtailor => &teamtailor::SPEC,
            Self::JobPosting => &job_posting::SPEC,
            Self::Personio => &personio::SPEC,
            Self::Indeed => &indeed::INDEED,
            Self::Talent => &indeed::TALENT,
            Self::Jora => &indeed::JORA,
            Self::Jooble => &indeed::JOOBLE,
            Self::Jobrapido => &indeed::JOBRAPIDO,
            Self::Csv => &own_csv::SPEC,
            Self::Json => &own_json::SPEC,
        }
    }

    /// The value of `--format`.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// Whether the rows have the product's own fields.
    pub fn is_own(self) -> bool {
        matches!(self, Self::Csv | Self::Json)
    }

    /// Whether a file larger than memory can be mapped row by row.
    pub fn streams(self) -> bool {
        matches!(
            self,
            Self::Csv
                | Self::Json
                | Self::Personio
                | Self::Indeed
                | Self::Talent
                | Self::Jora
                | Self::Jooble
                | Self::Jobrapido
        )
    }

    /// The URL of a board's feed, if the format has one.
    pub fn url_of_board(self, board: &str) -> Option<String> {
        let call = self.spec().call;
        let board: String = url::form_urlencoded::byte_serialize(board.as_bytes()).collect();
        let board = board.replace('+', "%20");
        call.starts_with("https://")
            .then(|| call.replace("{board}", &board))
    }

    /// The format and board of a feed's URL.
    pub fn from_url(url: &str) -> Option<(Self, String)> {
        let url = Url::parse(url).ok()?;
        let host = url.host_str()?;
        let path: Vec<&str> = url
            .path_segments()?
            .filter(|part| !part.is_empty())
            .collect();
        let first_label = || host.split('.').next();
        let (format, board) = match (host, path.as_slice()) {
            (
                "boards-api.greenhouse.io" | "boards-api.eu.greenhouse.io",
                ["v1", "boards", board, "jobs", ..],
            ) => (Self::Greenhouse, *board),
            ("api.lever.co" | "api.eu.lever.co", ["v0", "postings", board]) => {
                (Self::Lever, *board)
            }
            ("api.ashbyhq.com", ["posting-api", "job-board", board]) => (Self::Ashby, *board),
            ("apply.workable.com", ["api", "v1", "widget", "accounts", board])
            | ("www.workable.com", ["api", "accounts", board]) => (Self::Workable, *board),
            ("api.smartrecruiters.com", ["v1", "companies", board, "postings", ..]) => {
                (Self::SmartRecruiters, *board)
            }
            (_, ["api", "offers"]) if host.ends_with(".recruitee.com") => {
                (Self::Recruitee, first_label()?)
            }
            (_, ["xml"]) if is_personio_host(host) => (Self::Personio, first_label()?),
            (_, ["jobs.json"]) if host.ends_with(".teamtailor.com") => {
                (Self::Teamtailor, first_label()?)
            }
            _ => return None,
        };
        Some((format, board.to_owned()))
    }
}

pub(crate) fn is_personio_host(host: &str) -> bool {
    host.ends_with(".jobs.personio.de") || host.ends_with(".jobs.personio.com")
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is not a format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no format {given:?}; the formats are {names}")]
pub struct UnknownFormat {
    pub given: String,
    pub names: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(given: &str) -> Result<Self, UnknownFormat> {
        let lower = given.to_ascii_lowercase();
        let name = match lower.as_str() {
            "ndjson" | "jsonl" => "json",
            "tsv" => "csv",
            "schema.org" | "jsonld" | "json-ld" => "jobposting",
            name => name,
        };
        FORMATS
            .iter()
            .find(|spec| spec.name == name)
            .map(|spec| spec.format)
            .ok_or_else(|| UnknownFormat {
                given: given.to_owned(),
                names: names(),
            })
    }
}

/// The names of all formats, for messages.
pub(crate) fn names() -> String {
    let names: Vec<&str> = FORMATS.iter().map(|spec| spec.name).collect();
    names.join(", ")
}
