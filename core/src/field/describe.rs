//! What a field accepts and how large it may be, in words: for the pages and the API schema.

use super::kind::Kind;
use super::table::FieldSpec;
use crate::finding::FindingCode;
use crate::limits::{
    MAX_EXTERNAL_ID_CHARS, MAX_EXTRA_BYTES, MAX_LABEL_CHARS, MAX_LANGUAGE_CHARS, MAX_REFERENCE_ID,
    MAX_URL_CHARS,
};

/// A field's maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub max: u64,
    /// What `max` counts; empty if it bounds the value itself.
    pub unit: &'static str,
    /// The finding for a larger value: [`FindingCode::Truncated`] is a warning, any other code an error.
    pub over: FindingCode,
}

impl Kind {
    /// Returns the limit of the field's value, if it has one.
    pub const fn limit(self) -> Option<Limit> {
        const CHARS: &str = "characters";
        let (max, unit, over) = match self {
            Self::Source => (MAX_LABEL_CHARS, CHARS, FindingCode::TooLong),
            Self::Id => (MAX_EXTERNAL_ID_CHARS, CHARS, FindingCode::TooLong),
            Self::Text { max_chars } | Self::Texts { max_chars } => {
                (max_chars, CHARS, FindingCode::Truncated)
            }
            Self::LongText { max_bytes } => (max_bytes, "bytes of UTF-8", FindingCode::TooLong),
            Self::Reference => {
                return Some(Limit {
                    max: MAX_REFERENCE_ID,
                    unit: "",
                    over: FindingCode::OutOfRange,
                });
            }
            Self::Url => (MAX_URL_CHARS, CHARS, FindingCode::TooLong),
            Self::Language => (MAX_LANGUAGE_CHARS, CHARS, FindingCode::InvalidValue),
            Self::Object => (MAX_EXTRA_BYTES, "bytes of JSON", FindingCode::TooLong),
            Self::Flag
            | Self::Time
            | Self::Country
            | Self::Amount
            | Self::Currency
            | Self::Period => return None,
        };
        let max = max as u64;
        Some(Limit { max, unit, over })
    }

    /// Describes the accepted values, as Markdown.
    pub const fn accepts(self) -> &'static str {
        match self {
            Self::Source | Self::Text { .. } | Self::LongText { .. } => "a text or a number",
            Self::Id => "a text or a number; white space around it is removed",
            Self::Texts { .. } => {
                "a text, a number, or an array of texts, which are joined by `; `"
            }
            Self::Reference => "an integer from 1, or its text",
            Self::Flag => {
                "true or false, 1 or 0, or `true`, `false`, `1`, `0`, `yes` or `no` as a text in any case"
            }
            Self::Url => "an absolute `http` or `https` URL",
            Self::Time => {
                "a date or a time from 1970 to 9999: RFC 3339, `YYYY-MM-DD`, `YYYY-MM-DD HH:MM:SS` \
                 with or without ` UTC`, seconds or milliseconds since 1970"
            }
            Self::Country => "a code of ISO 3166-1 alpha-2, such as `DE`, in any case",
            Self::Language => "a tag of BCP 47, such as `en` or `pt-BR`",
            Self::Amount => "a number from 0, or its text",
            Self::Currency => "a code of ISO 4217, such as `EUR`, in any case",
            Self::Period => "`YEAR`, `MONTH`, `WEEK`, `DAY` or `HOUR`, in any case",
            Self::Object => "a JSON object",
        }
    }
}

impl FieldSpec {
    /// Whether a posting must have the field.
    pub fn is_required(&self) -> bool {
        self.kind == Kind::Id
    }
}
