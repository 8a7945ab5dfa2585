//! The Worker's variables: their valid values, and the messages for invalid ones.

use std::fmt;
use std::ops::RangeInclusive;

use crate::limits::{DEFAULT_RETENTION_DAYS, MAX_RETENTION_DAYS, MIN_RETENTION_DAYS};
use crate::quota::{BYTES_VARIABLE, Quota, ROWS_VARIABLE};

const RETENTION_DAYS: &str = "RETENTION_DAYS";
const CLOSED_RETENTION_DAYS: &str = "CLOSED_RETENTION_DAYS";
const CORS_ORIGINS: &str = "CORS_ORIGINS";

/// A variable as set by the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variable {
    Absent,
    /// A text, or a number in text form.
    Text(String),
    /// Another type that wrangler.toml allows, by its name.
    Other(&'static str),
}

/// A variable with an invalid value. It is not replaced by a guess: operations
/// that depend on it are not performed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    pub name: &'static str,
    found: Variable,
    expected: String,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, expected) = (self.name, &self.expected);
        match &self.found {
            Variable::Absent => write!(f, "{name} is not set, expected {expected}"),
            Variable::Text(text) => write!(f, "{name} is {text:?}, expected {expected}"),
            Variable::Other(kind) => write!(f, "{name} is {kind}, expected {expected}"),
        }
    }
}

/// All variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Days that runs and rejects are kept.
    pub retention_days: Result<u64, Unusable>,
    /// Days that closed postings are kept; for ever if unset.
    pub closed_retention_days: Result<Option<u64>, Unusable>,
    /// Origins whose pages may call the service.
    pub cors_origins: Result<Vec<String>, Unusable>,
    /// Quotas of tokens without their own.
    pub rows_per_day: Result<Option<u64>, Unusable>,
    pub bytes_per_day: Result<Option<u64>, Unusable>,
}

impl Settings {
    /// Reads the variables by name.
    pub fn read(variable: impl Fn(&'static str) -> Variable) -> Self {
        let retention = MIN_RETENTION_DAYS..=MAX_RETENTION_DAYS;
        let quota = |name| number(name, variable(name), 1..=u64::MAX, "a whole number from 1");
        Self {
            retention_days: number(
                RETENTION_DAYS,
                variable(RETENTION_DAYS),
                retention,
                &format!(
                    "a whole number of days from {MIN_RETENTION_DAYS} to {MAX_RETENTION_DAYS}"
                ),
            )
            .map(|days| days.unwrap_or(DEFAULT_RETENTION_DAYS)),
            closed_retention_days: number(
                CLOSED_RETENTION_DAYS,
                variable(CLOSED_RETENTION_DAYS),
                1..=MAX_RETENTION_DAYS,
                &format!("a whole number of days from 1 to {MAX_RETENTION_DAYS}"),
            ),
            cors_origins: origins(variable(CORS_ORIGINS)),
            rows_per_day: quota(ROWS_VARIABLE),
            bytes_per_day: quota(BYTES_VARIABLE),
        }
    }

    /// The invalid variables.
    pub fn unusable(&self) -> impl Iterator<Item = &Unusable> {
        [
            self.retention_days.as_ref().err(),
            self.closed_retention_days.as_ref().err(),
            self.cors_origins.as_ref().err(),
            self.rows_per_day.as_ref().err(),
            self.bytes_per_day.as_ref().err(),
        ]
        .into_iter()
        .flatten()
    }

    /// The quotas of a token: its own, or else the common ones. An error if it needs an invalid
    /// variable.
    pub fn quota(&self, own: Quota) -> Result<Quota, &Unusable> {
        Ok(Quota {
            rows: match own.rows {
                Some(rows) => Some(rows),
                None => *self.rows_per_day.as_ref()?,
            },
            bytes: match own.bytes {
                Some(bytes) => Some(bytes),
                None => *self.bytes_per_day.as_ref()?,
            },
        })
    }
}

fn number(
    name: &'static str,
    found: Variable,
    accepted: RangeInclusive<u64>,
    expected: &str,
) -> Result<Option<u64>, Unusable> {
    let number = match &found {
        Variable::Absent => return Ok(None),
        Variable::Text(text) => text.trim().parse().ok(),
        Variable::Other(_) => None,
    };
    match number.filter(|number| accepted.contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(Unusable {
            name,
            found,
            expected: expected.to_owned(),
        }),
    }
}

fn origins(found: Variable) -> Result<Vec<String>, Unusable> {
    let origins = match &found {
        Variable::Absent => Some(Vec::new()),
        Variable::Text(text) => {
            let listed = text.split(',').map(str::trim);
            let listed = listed.filter(|origin| !origin.is_empty());
            let origin = |origin: &str| is_origin(origin).then(|| origin.to_owned());
            listed.map(origin).collect()
        }
        Variable::Other(_) => None,
    };
    origins.ok_or_else(|| Unusable {
        name: CORS_ORIGINS,
        found,
        expected:
            "comma-separated origins as browsers send them: https://HOST or https://HOST:PORT, \
                   in lower case and without a path"
                .to_owned(),
    })
}

/// Whether a browser can send this as an origin; anything else would never match.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return false;
    };
    let default_port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => "",
    };
    let is_allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._:[]".contains(&byte);
    let is_scheme = |byte: u8| byte.is_ascii_lowercase() || b"+-.0123456789".contains(&byte);
    !scheme.is_empty()
        && scheme.bytes().all(is_scheme)
        && !host.is_empty()
        && host.bytes().all(is_allowed)
        && (default_port.is_empty() || !host.ends_with(default_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Variable {
        Variable::Text(text.to_owned())
    }

    fn with(name: &str, value: &Variable) -> Settings {
        Settings::read(|asked| match asked == name {
            true => value.clone(),
            false => Variable::Absent,
        })
    }

    fn messages(name: &str, value: &Variable) -> Vec<String> {
        let settings = with(name, value);
        settings.unusable().map(ToString::to_string).collect()
    }

    #[test]
    fn unset_variables_have_defaults() {
        let expected = Settings {
            retention_days: Ok(90),
            closed_retention_days: Ok(None),
            cors_origins: Ok(Vec::new()),
            rows_per_day: Ok(None),
            bytes_per_day: Ok(None),
        };
        assert_eq!(Settings::read(|_| Variable::Absent), expected);
    }

    #[test]
    fn accepts_valid_values() {
        assert_eq!(with(RETENTION_DAYS, &text(" 7 ")).retention_days, Ok(7));
        assert_eq!(with(RETENTION_DAYS, &text("2")).retention_days, Ok(2));
        assert_eq!(
            with(RETENTION_DAYS, &text("36500")).retention_days,
            Ok(36_500)
        );
        assert_eq!(with(ROWS_VARIABLE, &text("1")).rows_per_day, Ok(Some(1)));
        let most = u64::MAX.to_string();
        assert_eq!(
            with(BYTES_VARIABLE, &text(&most)).bytes_per_day,
            Ok(Some(u64::MAX))
        );
        let origins = "https://a.example,, http://localhost:8080 ,http://[::1]:3000,";
        assert_eq!(
            with(CORS_ORIGINS, &text(origins)).cors_origins.unwrap(),
            [
                "https://a.example",
                "http://localhost:8080",
                "http://[::1]:3000"
            ]
        );
        assert_eq!(
            with(CORS_ORIGINS, &text(" , ")).cors_origins,
            Ok(Vec::new())
        );
    }

    #[test]
    fn invalid_values_are_quoted() {
        let mut found = Vec::new();
        for days in ["", "ninety", "-1", "1.5", "0", "1", "36501", "1e2"] {
            found.extend(messages(RETENTION_DAYS, &text(days)));
        }
        found.extend(messages(RETENTION_DAYS, &Variable::Other("a boolean")));
        for rows in ["0", "many", "18446744073709551616"] {
            found.extend(messages(ROWS_VARIABLE, &text(rows)));
            found.extend(messages(BYTES_VARIABLE, &text(rows)));
        }
        insta::assert_snapshot!(found.join("\n"), @r#"
        RETENTION_DAYS is "", expected a whole number of days from 2 to 36500
        RETENTION_DAYS is "ninety", expected a whole number of days from 2 to 36500
        RETENTION_DAYS is "-1", expected a whole number of days from 2 to 36500
        RETENTION_DAYS is "1.5", expected a whole number of days from 2 to 36500
        RETENTION_DAYS is "0", expected a whole number of days from 2 to 36500
        RETENTION_DAYS is "1", expected a whole number of days from 2 to 36500
        RETENTION_DAYS is "36501", expected a whole number of days from 2 to 36500
        RETENTION_DAYS is "1e2", expected a whole number of days from 2 to 36500
        RETENTION_DAYS is a boolean, expected a whole number of days from 2 to 36500
        ROWS_PER_DAY is "0", expected a whole number from 1
        BYTES_PER_DAY is "0", expected a whole number from 1
        ROWS_PER_DAY is "many", expected a whole number from 1
        BYTES_PER_DAY is "many", expected a whole number from 1
        ROWS_PER_DAY is "18446744073709551616", expected a whole number from 1
        BYTES_PER_DAY is "18446744073709551616", expected a whole number from 1
        "#);
    }

    #[test]
    fn rejects_origins_that_no_browser_sends() {
        for origin in [
            "*",
            "null",
            "a.example",
            "://a.example",
            "https://",
            "https://a.example/",
            "https://A.example",
            "HTTPS://a.example",
            "https://ä.example",
            "https://a.example https://b.example",
            "https://me@a.example",
            "https://a.example:443",
            "http://a.example:80",
            "https://a.example;https://b.example",
        ] {
            let list = format!("https://good.example, {origin}");
            assert_eq!(messages(CORS_ORIGINS, &text(&list)).len(), 1, "{origin}");
        }
        insta::assert_snapshot!(messages(CORS_ORIGINS, &Variable::Other("an array")).join(""), @"CORS_ORIGINS is an array, expected comma-separated origins as browsers send them: https://HOST or https://HOST:PORT, in lower case and without a path");
    }

    #[test]
    fn own_quota_overrides_the_common_one() {
        let settings = with(ROWS_VARIABLE, &text("100"));
        let own = Quota {
            rows: Some(5),
            bytes: None,
        };
        assert_eq!(settings.quota(own), Ok(own));
        let all = Quota {
            rows: Some(100),
            bytes: None,
        };
        assert_eq!(settings.quota(Quota::default()), Ok(all));
        // An invalid variable is not treated as unlimited, and does not affect tokens that do not
        // need it.
        let settings = with(ROWS_VARIABLE, &text("many"));
        assert_eq!(settings.quota(own), Ok(own));
        let unusable = settings.quota(Quota::default()).expect_err("an error");
        assert_eq!(unusable.name, ROWS_VARIABLE);
    }
}
