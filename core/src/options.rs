//! Options of an ingest, from the query of its URL.

/// The options of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    pub on_error: OnError,
    pub unknown: Unknown,
    pub defaults: Defaults,
    pub missing: Missing,
    /// Count what would happen, and write nothing.
    pub dry_run: bool,
    /// Also write unchanged postings, which updates their `ingested_at`.
    pub touch: bool,
}

/// How an invalid posting affects the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnError {
    /// Nothing is written.
    #[default]
    Abort,
    /// The valid ones are written.
    Skip,
}

/// How an unknown field is treated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unknown {
    /// The response names it.
    #[default]
    Ignore,
    /// It is an error of the posting.
    Error,
}

/// What is stored for fields that a posting does not state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Defaults {
    /// The defaults of the function that this service replaces.
    #[default]
    Legacy,
    /// Null.
    None,
}

/// How a field that a posting does not mention affects a stored row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// It is set to the default.
    #[default]
    Default,
    /// It keeps its value.
    Keep,
}

/// An invalid option. Nothing is guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionError {
    Unknown {
        name: String,
    },
    InvalidValue {
        name: &'static str,
        value: String,
        accepted: &'static str,
    },
    Repeated {
        name: String,
    },
}

impl std::fmt::Display for OptionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown { name } => {
                let (last, others) = NAMES.split_last().unwrap_or((&"", &[]));
                let others = others.join(", ");
                write!(
                    f,
                    "unknown option {name:?}; the options are {others} and {last}"
                )
            }
            Self::InvalidValue {
                name,
                value,
                accepted,
            } => write!(f, "{name} is {value:?}, expected {accepted}"),
            Self::Repeated { name } => write!(f, "option {name:?} is given twice"),
        }
    }
}

/// The names of all options.
pub const NAMES: [&str; 6] = [
    "on_error", "unknown", "defaults", "missing", "dry_run", "touch",
];

impl Options {
    /// Parses the decoded name and value pairs of a query.
    pub fn from_query(
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, OptionError> {
        let mut options = Self::default();
        // Contains only valid names: an unknown one ends the parsing.
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in pairs {
            if seen.contains(&name) {
                return Err(OptionError::Repeated { name });
            }
            options.set(&name, value)?;
            seen.push(name);
        }
        Ok(options)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), OptionError> {
        match name {
            "on_error" => {
                let (abort, skip) = (("abort", OnError::Abort), ("skip", OnError::Skip));
                self.on_error = choice("on_error", value, "abort or skip", [abort, skip])?;
            }
            "unknown" => {
                let (ignore, error) = (("ignore", Unknown::Ignore), ("error", Unknown::Error));
                self.unknown = choice("unknown", value, "ignore or error", [ignore, error])?;
            }
            "defaults" => {
                let (legacy, none) = (("legacy", Defaults::Legacy), ("none", Defaults::None));
                self.defaults = choice("defaults", value, "legacy or none", [legacy, none])?;
            }
            "missing" => {
                let (default, keep) = (("default", Missing::Default), ("keep", Missing::Keep));
                self.missing = choice("missing", value, "default or keep", [default, keep])?;
            }
            "dry_run" => self.dry_run = flag("dry_run", value)?,
            "touch" => self.touch = flag("touch", value)?,
            _ => {
                let name = name.to_owned();
                return Err(OptionError::Unknown { name });
            }
        }
        Ok(())
    }
}

fn flag(name: &'static str, value: String) -> Result<bool, OptionError> {
    let choices = [("true", true), ("false", false)];
    choice(name, value, "true or false", choices)
}

fn choice<T: Copy>(
    name: &'static str,
    value: String,
    accepted: &'static str,
    choices: [(&str, T); 2],
) -> Result<T, OptionError> {
    let chosen = choices.iter().find(|(text, _)| *text == value);
    match chosen {
        Some((_, chosen)) => Ok(*chosen),
        None => Err(OptionError::InvalidValue {
            name,
            value,
            accepted,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(query: &[(&str, &str)]) -> Result<Options, String> {
        let pairs = query.iter().map(|(k, v)| (k.to_string(), v.to_string()));
        Options::from_query(pairs).map_err(|error| error.to_string())
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
        assert_eq!(query.map(|(name, _)| name), NAMES);
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
        insta::assert_snapshot!(message(&[("dryrun", "true")]), @r#"unknown option "dryrun"; the options are on_error, unknown, defaults, missing, dry_run and touch"#);
        insta::assert_snapshot!(message(&[("on_error", "ignore")]), @r#"on_error is "ignore", expected abort or skip"#);
        insta::assert_snapshot!(message(&[("unknown", "abort")]), @r#"unknown is "abort", expected ignore or error"#);
        insta::assert_snapshot!(message(&[("defaults", "null")]), @r#"defaults is "null", expected legacy or none"#);
        insta::assert_snapshot!(message(&[("missing", "null")]), @r#"missing is "null", expected default or keep"#);
        insta::assert_snapshot!(message(&[("dry_run", "1")]), @r#"dry_run is "1", expected true or false"#);
        insta::assert_snapshot!(message(&[("touch", "")]), @r#"touch is "", expected true or false"#);
        insta::assert_snapshot!(message(&[("touch", "true"), ("touch", "false")]), @r#"option "touch" is given twice"#);
    }
}
