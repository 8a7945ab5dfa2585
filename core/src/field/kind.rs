//! The kinds of fields.

/// How a field's value is read and validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The first part of a posting's key: a text that is never truncated or repaired.
    Source,
    /// The second part of the key: a text or number that is never truncated or repaired.
    Id,
    /// A text or number, truncated with a warning beyond `max_chars` Unicode scalar values.
    Text { max_chars: usize },
    /// Like [`Kind::Text`], or an array of texts, which are joined by `; `.
    Texts { max_chars: usize },
    /// A text; an error beyond `max_bytes` of UTF-8.
    LongText { max_bytes: usize },
    /// An integer from 1 to [`crate::limits::MAX_REFERENCE_ID`], or its text; 0 counts as missing.
    Reference,
    /// true/false, 1/0, yes/no.
    Flag,
    /// An absolute http or https URL of at most [`crate::limits::MAX_URL_CHARS`].
    Url,
    /// A date, or a time, stored in UTC.
    Time,
    /// ISO 3166-1 alpha-2.
    Country,
    /// A BCP 47 language tag.
    Language,
    /// A finite number ≥ 0, or its text.
    Amount,
    /// ISO 4217.
    Currency,
    /// YEAR, MONTH, WEEK, DAY or HOUR.
    Period,
    /// A JSON object of at most [`crate::limits::MAX_EXTRA_BYTES`] bytes, stored as sent.
    Object,
}
