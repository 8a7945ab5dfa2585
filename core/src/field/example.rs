//! An example value for each kind of field: for the API schema, and for tests that walk the table.

use super::kind::Kind;

/// Two example values that differ, as JSON.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// A value as sent.
    pub sent: &'static str,
    /// The same value as stored.
    pub stored: &'static str,
    /// A different value, stored as sent.
    pub other: &'static str,
}

impl Kind {
    pub const fn example(self) -> Example {
        let (sent, stored, other) = match self {
            Self::Source => (
                "\"greenhouse:acme\"",
                "\"greenhouse:acme\"",
                "\"lever:acme\"",
            ),
            Self::Id => ("4012345", "\"4012345\"", "\"4012346\""),
            Self::Text { .. } | Self::LongText { .. } => ("\"Köln\"", "\"Köln\"", "\"Berlin\""),
            Self::Texts { .. } => ("[\"Köln\",\"Berlin\"]", "\"Köln; Berlin\"", "\"Berlin\""),
            Self::Reference => ("\"42\"", "42", "43"),
            Self::Flag => ("\"Yes\"", "1", "0"),
            Self::Url => (
                "\" https://jobs.example/4012345\"",
                "\"https://jobs.example/4012345\"",
                "\"https://jobs.example/4012346\"",
            ),
            Self::Time => (
                "\"2026-11-25T15:56:45+02:00\"",
                "\"2026-11-25T13:56:45.000Z\"",
                "\"2026-11-26\"",
            ),
            Self::Country => ("\"de\"", "\"DE\"", "\"FR\""),
            Self::Language => ("\"pt-BR\"", "\"pt-BR\"", "\"en\""),
            Self::Amount => ("\"52000\"", "52000", "31.5"),
            Self::Currency => ("\"eur\"", "\"EUR\"", "\"USD\""),
            Self::Period => ("\"year\"", "\"YEAR\"", "\"HOUR\""),
            Self::Object => ("{\"team\":7}", "\"{\\\"team\\\":7}\"", "{}"),
        };
        Example {
            sent,
            stored,
            other,
        }
    }
}
