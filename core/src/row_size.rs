//! How long rows can be: derived from the table of fields and the limits of their values.

use crate::content_hash::CONTENT_HASH_CHARS;
use crate::field::{FIELDS, FieldSpec, KEEP_JSON, Kind};
use crate::limits::{
    MAX_EXTERNAL_ID_CHARS, MAX_EXTRA_BYTES, MAX_LABEL_CHARS, MAX_LANGUAGE_CHARS, MAX_PARAM_BYTES,
    MAX_URL_CHARS,
};

/// Longest JSON text of one posting as a row of a parameter: its hash, its values, the brackets.
pub const MAX_ROW_BYTES: usize = ROW_HASH_BYTES + MAX_VALUES_BYTES + "[]".len();
/// Bytes of a row's hash with its quotes and comma.
pub const ROW_HASH_BYTES: usize = CONTENT_HASH_CHARS + "\"\",".len();

/// How much longer a posting's row can be than the posting and its comma in the body, `extra`
/// excluded: the hash, defaults of fields not mentioned, and values that are written out.
pub const MAX_ROW_GROWTH_BYTES: usize = ROW_HASH_BYTES + MAX_VALUES_GROWTH_BYTES;

/// Upper bound for the rows of `n_postings` postings that take `postings_bytes` in the body.
/// `extra` becomes a text in the row, in which each byte of its JSON may take two.
pub const fn max_rows_bytes(postings_bytes: usize, n_postings: usize) -> usize {
    let max_extra_bytes = n_postings.saturating_mul(MAX_EXTRA_BYTES);
    let extra_bytes = match max_extra_bytes < postings_bytes {
        true => max_extra_bytes,
        false => postings_bytes,
    };
    postings_bytes + extra_bytes + n_postings * MAX_ROW_GROWTH_BYTES
}

const _: () = assert!(MAX_ROW_BYTES + "[]".len() <= MAX_PARAM_BYTES);

impl FieldSpec {
    /// The longest JSON of a value in a row, in bytes. A character takes at most 12 in a text that
    /// is copied as sent (`\ud83d\ude00`) and 6 in a text that is re-encoded (`\u0001`); a byte of
    /// a text with a byte limit takes 6.
    pub const fn max_json_bytes(&self) -> usize {
        const QUOTES: usize = 2;
        let value_bytes = match self.kind {
            Kind::Source => MAX_LABEL_CHARS * 6 + QUOTES,
            Kind::Id => MAX_EXTERNAL_ID_CHARS * 6 + QUOTES,
            Kind::Text { max_chars } | Kind::Texts { max_chars } => max_chars * 12 + QUOTES,
            Kind::LongText { max_bytes } => max_bytes * 6 + QUOTES,
            Kind::Reference => "9007199254740991".len(),
            Kind::Flag => "1".len(),
            Kind::Url => MAX_URL_CHARS * 12 + QUOTES,
            Kind::Time => "2026-11-22T13:56:45.123Z".len() + QUOTES,
            Kind::Country => "DE".len() + QUOTES,
            Kind::Language => MAX_LANGUAGE_CHARS + QUOTES,
            // 17 digits after leading zeros; from 1e-7 down there is an exponent.
            Kind::Amount => "0.0000012345678901234567".len(),
            Kind::Currency => "EUR".len() + QUOTES,
            Kind::Period => "MONTH".len() + QUOTES,
            // A quote, a backslash and a line break between tokens take two bytes each.
            Kind::Object => MAX_EXTRA_BYTES * 2 + QUOTES,
        };
        max(value_bytes, KEEP_JSON.len())
    }

    /// The most bytes by which the field can make a row longer than the posting, commas included:
    /// its default if the posting does not mention it, or a value that is written out (`1e20`
    /// becomes 21 digits). Excludes the growth of an object, which depends on its length.
    pub const fn max_growth_bytes(&self) -> usize {
        let legacy_bytes = match self.legacy_json {
            Some(json) => json.len(),
            None => 0,
        };
        let default_bytes = match self.kind {
            // The default source is a separate parameter, and null in the row.
            Kind::Source => "null".len(),
            _ => max(max(self.default_json.len(), KEEP_JSON.len()), legacy_bytes),
        };
        let (sent, written) = match self.kind {
            Kind::Source
            | Kind::Id
            | Kind::Text { .. }
            | Kind::Texts { .. }
            | Kind::LongText { .. } => ("1e20", "\"100000000000000000000\""),
            Kind::Time => ("1", "\"1970-01-01T00:00:01.000Z\""),
            Kind::Amount => ("1e20", "100000000000000000000"),
            // Never longer than sent.
            _ => ("", ""),
        };
        let name_bytes = min(self.json_name.len(), self.column.len()) + "\"\":".len();
        let written_bytes = written.len().saturating_sub(sent.len() + name_bytes);
        max(default_bytes + ",".len(), written_bytes)
    }
}

const fn max(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

const fn min(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

/// The longest JSON of a row's values, each with its comma, in bytes.
const MAX_VALUES_BYTES: usize = {
    let (mut bytes, mut rest) = (0, FIELDS.as_slice());
    while let [spec, others @ ..] = rest {
        bytes += spec.max_json_bytes() + ",".len();
        rest = others;
    }
    bytes
};

/// The most bytes by which a row's values can be longer than the posting, commas included, objects
/// excluded.
const MAX_VALUES_GROWTH_BYTES: usize = {
    let (mut bytes, mut rest) = (0, FIELDS.as_slice());
    while let [spec, others @ ..] = rest {
        bytes += spec.max_growth_bytes();
        rest = others;
    }
    bytes
};
