//! Options of an ingest in the query of its URL.

/// What a request asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    pub on_error: OnError,
    /// Count what would happen and write nothing.
    pub dry_run: bool,
    /// Write postings that have not changed, too, so that their `ingested_at` is new.
    pub touch: bool,
}

/// What one invalid posting means for the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnError {
    /// Nothing is written.
    #[default]
    Abort,
    /// The valid ones are written.
    Skip,
}

/// An option that is not understood; nothing is guessed.
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
            Self::Unknown { name } => write!(
                f,
                "unknown option {name:?}; the options are on_error, dry_run and touch"
            ),
            Self::InvalidValue {
                name,
                value,
                accepted,
            } => write!(f, "{name} is {value:?}, expected {accepted}"),
            Self::Repeated { name } => write!(f, "option {name:?} is given twice"),
        }
    }
}

impl Options {
    /// Reads the decoded name and value pairs of a query.
    pub fn from_query(
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, OptionError> {
        let mut options = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in pairs {
            if seen.contains(&name) {
                return Err(OptionError::Repeated { name });
            }
            match name.as_str() {
                "on_error" => {
                    options.on_error = match value.as_str() {
                        "abort" => OnError::Abort,
                        "skip" => OnError::Skip,
                        _ => {
                            return Err(OptionError::InvalidValue {
                                name: "on_error",
                                value,
                                accepted: "abort or skip",
                            });
                        }
                    }
                }
                "dry_run" => options.dry_run = flag("dry_run", value)?,
                "touch" => options.touch = flag("touch", value)?,
                _ => return Err(OptionError::Unknown { name }),
            }
            seen.push(name);
        }
        Ok(options)
    }
}

fn flag(name: &'static str, value: String) -> Result<bool, OptionError> {
    match value.as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(OptionError::InvalidValue {
            name,
            value,
            accepted: "true or false",
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
        let all = Options {
            on_error: OnError::Skip,
            dry_run: true,
            touch: true,
        };
        let query = [("on_error", "skip"), ("dry_run", "true"), ("touch", "true")];
        assert_eq!(options(&query), Ok(all));
        let query = [("on_error", "abort"), ("dry_run", "false")];
        assert_eq!(options(&query), Ok(Options::default()));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let message = |query: &[(&str, &str)]| options(query).expect_err("an error");
        insta::assert_snapshot!(message(&[("dryrun", "true")]), @r#"unknown option "dryrun"; the options are on_error, dry_run and touch"#);
        insta::assert_snapshot!(message(&[("on_error", "ignore")]), @r#"on_error is "ignore", expected abort or skip"#);
        insta::assert_snapshot!(message(&[("dry_run", "1")]), @r#"dry_run is "1", expected true or false"#);
        insta::assert_snapshot!(message(&[("touch", "")]), @r#"touch is "", expected true or false"#);
        insta::assert_snapshot!(message(&[("touch", "true"), ("touch", "false")]), @r#"option "touch" is given twice"#);
    }
}
