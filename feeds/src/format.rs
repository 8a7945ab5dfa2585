//! The formats: their names and the URLs of their feeds. The table of all is in `formats/`.

use std::fmt;
use std::str::FromStr;

use url::Url;

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

impl Format {
    /// Each format once.
    pub const ALL: [Self; 16] = [
        Self::Greenhouse,
        Self::Lever,
        Self::Ashby,
        Self::Recruitee,
        Self::Workable,
        Self::SmartRecruiters,
        Self::Teamtailor,
        Self::JobPosting,
        Self::Personio,
        Self::Indeed,
        Self::Talent,
        Self::Jora,
        Self::Jooble,
        Self::Jobrapido,
        Self::Csv,
        Self::Json,
    ];

    /// The value of `--format`, and the first part of a source.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Greenhouse => "greenhouse",
            Self::Lever => "lever",
            Self::Ashby => "ashby",
            Self::Recruitee => "recruitee",
            Self::Workable => "workable",
            Self::SmartRecruiters => "smartrecruiters",
            Self::Teamtailor => "teamtailor",
            Self::JobPosting => "jobposting",
            Self::Personio => "personio",
            Self::Indeed => "indeed",
            Self::Talent => "talent",
            Self::Jora => "jora",
            Self::Jooble => "jooble",
            Self::Jobrapido => "jobrapido",
            Self::Csv => "csv",
            Self::Json => "json",
        }
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
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| UnknownFormat {
                given: given.to_owned(),
                names: names(),
            })
    }
}

/// The names of all formats, for messages.
pub(crate) fn names() -> String {
    Format::ALL.map(Format::name).join(", ")
}
