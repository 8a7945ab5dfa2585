//! The queries of requests: which options each kind of request takes.

use crate::ingest::{TIME_EXPECTED, time_millis};
use crate::limits::MAX_LABEL_CHARS;
use crate::list::{ListOptions, MaxClose};
use crate::options::{self, OptionError, Options, flag};

/// The query of `POST /jobs/ingest`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestQuery {
    pub options: Options,
    /// The source of all postings of the request.
    pub source: Option<String>,
    /// With `snapshot=complete`: the body is the complete list of the source.
    pub list: Option<ListOptions>,
}

/// The query of `PUT /sources/{source}/snapshot`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SnapshotQuery {
    pub list: ListOptions,
    pub dry_run: bool,
}

/// The query of `POST /jobs/close`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseQuery {
    pub source: String,
    pub dry_run: bool,
}

/// Names of the options of each kind of request.
pub const INGEST_NAMES: [&str; options::NAMES.len() + 5] = [
    "on_error",
    "unknown",
    "defaults",
    "missing",
    "dry_run",
    "touch",
    "source",
    "snapshot",
    "observed_at",
    "max_close",
    "allow_empty",
];
pub const SNAPSHOT_NAMES: [&str; 4] = ["observed_at", "max_close", "allow_empty", "dry_run"];
pub const CLOSE_NAMES: [&str; 2] = ["source", "dry_run"];
pub const COMPARE_NAMES: [&str; 1] = ["source"];

pub const SOURCE_EXPECTED: &str = "1 to 100 characters without U+0000";
const _: () = assert!(MAX_LABEL_CHARS == 100);

/// A text that may be a source.
pub fn is_source(text: &str) -> bool {
    (1..=MAX_LABEL_CHARS).contains(&text.chars().count()) && !text.contains('\0')
}

type Pairs<'p> = &'p mut dyn Iterator<Item = (String, String)>;

impl IngestQuery {
    /// Reads the decoded name and value pairs of a query.
    pub fn from_pairs(pairs: Pairs<'_>) -> Result<Self, OptionError> {
        let mut query = Self::default();
        let (mut is_list, mut list) = (false, ListReader::default());
        each(pairs, &INGEST_NAMES, &mut |name, value| {
            match name {
                "source" => query.source = Some(source(value)?),
                "snapshot" if value == "complete" => is_list = true,
                "snapshot" => {
                    return Err(OptionError::InvalidValue {
                        name: "snapshot",
                        value: value.to_owned(),
                        accepted: "complete",
                    });
                }
                _ => return Ok(query.options.set(name, value)? || list.set(name, value)?),
            }
            Ok(true)
        })?;
        if is_list && query.source.is_none() {
            let (name, needed) = ("snapshot=complete", "source");
            return Err(OptionError::Needs { name, needed });
        }
        if let Some(name) = list.first_name.filter(|_| !is_list) {
            let needed = "snapshot=complete";
            return Err(OptionError::Needs { name, needed });
        }
        query.list = is_list.then_some(list.options);
        Ok(query)
    }

    /// The part of an idempotency key's fingerprint besides [`Options`].
    pub fn fingerprint(&self) -> String {
        let list = self.list.map(ListOptions::fingerprint);
        let source = self
            .source
            .as_ref()
            .map(|source| format!(" source={source}"));
        list.unwrap_or_default() + &source.unwrap_or_default()
    }
}

impl SnapshotQuery {
    /// Reads the decoded name and value pairs of a query.
    pub fn from_pairs(pairs: Pairs<'_>) -> Result<Self, OptionError> {
        let (mut dry_run, mut list) = (false, ListReader::default());
        each(pairs, &SNAPSHOT_NAMES, &mut |name, value| {
            if name == "dry_run" {
                dry_run = flag("dry_run", value)?;
                return Ok(true);
            }
            list.set(name, value)
        })?;
        Ok(Self {
            list: list.options,
            dry_run,
        })
    }
}

impl CloseQuery {
    /// Reads the decoded name and value pairs of a query.
    pub fn from_pairs(pairs: Pairs<'_>) -> Result<Self, OptionError> {
        let (mut found, mut dry_run) = (None, false);
        each(pairs, &CLOSE_NAMES, &mut |name, value| {
            match name {
                "source" => found = Some(source(value)?),
                "dry_run" => dry_run = flag("dry_run", value)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let source = found.ok_or(OptionError::Missing { name: "source" })?;
        Ok(Self { source, dry_run })
    }
}

/// Reads the query of `POST /jobs/compare`, which is a source.
pub fn compare_source(pairs: Pairs<'_>) -> Result<String, OptionError> {
    let mut found = None;
    each(pairs, &COMPARE_NAMES, &mut |name, value| {
        match name {
            "source" => found = Some(source(value)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    found.ok_or(OptionError::Missing { name: "source" })
}

/// Sets each option, of which none may be given twice; `set` returns false for a name that is none.
fn each(
    pairs: Pairs<'_>,
    names: &'static [&'static str],
    set: &mut dyn FnMut(&str, &str) -> Result<bool, OptionError>,
) -> Result<(), OptionError> {
    // Only names of options: an unknown one ends the reading.
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in pairs {
        if seen.contains(&name) {
            return Err(OptionError::Repeated { name });
        }
        if !set(&name, &value)? {
            return Err(OptionError::Unknown { name, names });
        }
        seen.push(name);
    }
    Ok(())
}

fn source(value: &str) -> Result<String, OptionError> {
    let value = value.to_owned();
    match is_source(&value) {
        true => Ok(value),
        false => Err(OptionError::InvalidValue {
            name: "source",
            value,
            accepted: SOURCE_EXPECTED,
        }),
    }
}

#[derive(Default)]
struct ListReader {
    options: ListOptions,
    first_name: Option<&'static str>,
}

impl ListReader {
    fn set(&mut self, name: &str, value: &str) -> Result<bool, OptionError> {
        let invalid = |name, accepted| OptionError::InvalidValue {
            name,
            value: value.to_owned(),
            accepted,
        };
        let name = match name {
            "observed_at" => {
                let millis = time_millis(value);
                self.options.observed_at_ms =
                    Some(millis.ok_or_else(|| invalid("observed_at", TIME_EXPECTED))?);
                "observed_at"
            }
            "max_close" => {
                let parsed = MaxClose::parse(value);
                self.options.max_close =
                    parsed.ok_or_else(|| invalid("max_close", MaxClose::EXPECTED))?;
                "max_close"
            }
            "allow_empty" => {
                self.options.allow_empty = flag("allow_empty", value)?;
                "allow_empty"
            }
            _ => return Ok(false),
        };
        self.first_name.get_or_insert(name);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Defaults, Missing, OnError, Unknown};

    fn ingest(query: &[(&str, &str)]) -> Result<IngestQuery, String> {
        let mut pairs = query.iter().map(|(k, v)| (k.to_string(), v.to_string()));
        IngestQuery::from_pairs(&mut pairs).map_err(|error| error.to_string())
    }

    fn options(query: &[(&str, &str)]) -> Result<Options, String> {
        ingest(query).map(|query| query.options)
    }

    #[test]
    fn defaults_and_values() {
        assert_eq!(options(&[]), Ok(Options::default()));
        let query = [
            ("on_error", "abort"),
            ("unknown", "ignore"),
            ("defaults", "legacy"),
            ("missing", "default"),
            ("dry_run", "false"),
            ("touch", "false"),
        ];
        assert_eq!(query.map(|(name, _)| name), options::NAMES);
        assert_eq!(options(&query), Ok(Options::default()));
        let all = Options {
            on_error: OnError::Skip,
            unknown: Unknown::Error,
            defaults: Defaults::None,
            missing: Missing::Keep,
            dry_run: true,
            touch: true,
        };
        let query = [
            ("on_error", "skip"),
            ("unknown", "error"),
            ("defaults", "none"),
            ("missing", "keep"),
            ("dry_run", "true"),
            ("touch", "true"),
        ];
        assert_eq!(options(&query), Ok(all));
    }

    #[test]
    fn invalid_options_are_quoted() {
        let message = |query: &[(&str, &str)]| options(query).expect_err("an error");
        insta::assert_snapshot!(message(&[("dryrun", "true")]), @r#"unknown option "dryrun"; the options are on_error, unknown, defaults, missing, dry_run, touch, source, snapshot, observed_at, max_close and allow_empty"#);
        insta::assert_snapshot!(message(&[("on_error", "ignore")]), @r#"on_error is "ignore", expected abort or skip"#);
        insta::assert_snapshot!(message(&[("unknown", "abort")]), @r#"unknown is "abort", expected ignore or error"#);
        insta::assert_snapshot!(message(&[("defaults", "null")]), @r#"defaults is "null", expected legacy or none"#);
        insta::assert_snapshot!(message(&[("missing", "null")]), @r#"missing is "null", expected default or keep"#);
        insta::assert_snapshot!(message(&[("dry_run", "1")]), @r#"dry_run is "1", expected true or false"#);
        insta::assert_snapshot!(message(&[("touch", "")]), @r#"touch is "", expected true or false"#);
        insta::assert_snapshot!(message(&[("touch", "true"), ("touch", "false")]), @r#"option "touch" is given twice"#);
    }

    #[test]
    fn a_complete_list_has_a_source() {
        let list = ingest(&[("source", "acme"), ("snapshot", "complete")]).unwrap();
        assert_eq!(list.source.as_deref(), Some("acme"));
        assert_eq!(list.list, Some(ListOptions::default()));
        let list = ingest(&[
            ("snapshot", "complete"),
            ("max_close", "5%"),
            ("observed_at", "2026-11-25T13:56:45Z"),
            ("allow_empty", "true"),
            ("source", "acme"),
        ]);
        let expected = ListOptions {
            observed_at_ms: Some(1_795_615_005_000),
            max_close: MaxClose {
                rows: 0,
                percent: 5,
            },
            allow_empty: true,
        };
        assert_eq!(list.unwrap().list, Some(expected));
        assert_eq!(ingest(&[("source", "acme")]).unwrap().list, None);
    }

    #[test]
    fn what_a_list_lacks_is_named() {
        let message = |query: &[(&str, &str)]| ingest(query).expect_err("an error");
        insta::assert_snapshot!(message(&[("snapshot", "complete")]), @"snapshot=complete needs source");
        insta::assert_snapshot!(message(&[("max_close", "5"), ("source", "a")]), @"max_close needs snapshot=complete");
        insta::assert_snapshot!(message(&[("snapshot", "full")]), @r#"snapshot is "full", expected complete"#);
        insta::assert_snapshot!(message(&[("source", "")]), @r#"source is "", expected 1 to 100 characters without U+0000"#);
        insta::assert_snapshot!(message(&[("max_close", "x")]), @r#"max_close is "x", expected a number of postings (25) or a share (40%)"#);
        insta::assert_snapshot!(message(&[("observed_at", "x")]), @r#"observed_at is "x", expected a date (2026-11-25), a time (2026-11-25T13:56:45Z or 2026-11-25 13:56:45) or seconds or milliseconds since 1970"#);
        let mut none = std::iter::empty();
        let missing = CloseQuery::from_pairs(&mut none).expect_err("an error");
        insta::assert_snapshot!(missing, @"option source is missing");
    }

    #[test]
    fn an_ingest_takes_all_options_of_postings() {
        assert!(INGEST_NAMES.starts_with(&options::NAMES));
    }

    #[test]
    fn a_comparison_takes_a_source_alone() {
        let compare = |query: &[(&str, &str)]| {
            let mut pairs = query.iter().map(|(k, v)| (k.to_string(), v.to_string()));
            compare_source(&mut pairs).map_err(|error| error.to_string())
        };
        assert_eq!(compare(&[("source", "acme")]), Ok("acme".to_owned()));
        let message = |query: &[(&str, &str)]| compare(query).expect_err("an error");
        insta::assert_snapshot!(message(&[]), @"option source is missing");
        insta::assert_snapshot!(message(&[("source", "acme"), ("dry_run", "true")]), @r#"unknown option "dry_run"; the only option is source"#);
    }

    #[test]
    fn a_source_has_1_to_100_characters() {
        for (text, is_one) in [
            ("a", true),
            (&*"é".repeat(100), true),
            ("", false),
            (&*"é".repeat(101), false),
            ("a\0", false),
        ] {
            assert_eq!(is_source(text), is_one, "{text:?}");
        }
    }
}
