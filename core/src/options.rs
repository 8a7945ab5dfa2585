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
        /// The options of the request.
        names: &'static [&'static str],
    },
    InvalidValue {
        name: &'static str,
        value: String,
        accepted: &'static str,
    },
    Repeated {
        name: String,
    },
    Missing {
        name: &'static str,
    },
    /// An option without the one that it needs.
    Needs {
        name: &'static str,
        needed: &'static str,
    },
}

impl std::fmt::Display for OptionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown { name, names } => {
                write!(f, "unknown option {name:?}; ")?;
                match names.split_last() {
                    Some((only, [])) => write!(f, "the only option is {only}"),
                    Some((last, others)) => {
                        write!(f, "the options are {} and {last}", others.join(", "))
                    }
                    None => f.write_str("there are no options"),
                }
            }
            Self::InvalidValue {
                name,
                value,
                accepted,
            } => write!(f, "{name} is {value:?}, expected {accepted}"),
            Self::Missing { name } => write!(f, "option {name} is missing"),
            Self::Needs { name, needed } => write!(f, "{name} needs {needed}"),
            Self::Repeated { name } => write!(f, "option {name:?} is given twice"),
        }
    }
}

/// The names of these options.
pub const NAMES: [&str; 6] = [
    "on_error", "unknown", "defaults", "missing", "dry_run", "touch",
];

impl Options {
    /// Sets one of [`NAMES`]; false for another name.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<bool, OptionError> {
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
            _ => return Ok(false),
        }
        Ok(true)
    }
}

pub(crate) fn flag(name: &'static str, value: &str) -> Result<bool, OptionError> {
    let choices = [("true", true), ("false", false)];
    choice(name, value, "true or false", choices)
}

fn choice<T: Copy>(
    name: &'static str,
    value: &str,
    accepted: &'static str,
    choices: [(&str, T); 2],
) -> Result<T, OptionError> {
    let chosen = choices.iter().find(|(text, _)| *text == value);
    match chosen {
        Some((_, chosen)) => Ok(*chosen),
        None => Err(OptionError::InvalidValue {
            name,
            value: value.to_owned(),
            accepted,
        }),
    }
}
