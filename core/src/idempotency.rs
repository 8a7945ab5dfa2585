//! `Idempotency-Key`: which keys are valid, and when two requests count as the same.

use std::fmt::Write as _;

use crate::limits::MAX_IDEMPOTENCY_KEY_CHARS;
use crate::media::BodyFormat;
use crate::options::{Defaults, Missing, OnError, Unknown};
use crate::query::IngestQuery;
use crate::result_row::ResultRow;
use crate::run::Run;

/// Whether a header value is a valid key: 1 to 255 visible ASCII characters.
pub fn is_valid_key(key: &str) -> bool {
    (1..=MAX_IDEMPOTENCY_KEY_CHARS).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Fingerprint of what must be equal for a repeat: the body and everything that affects how it is
/// read.
pub fn fingerprint(body_sha256: &[u8], format: BodyFormat, query: &IngestQuery) -> String {
    let options = query.options;
    let mut fingerprint = of_body(body_sha256, format);
    fingerprint.push_str(match options.on_error {
        OnError::Abort => " abort",
        OnError::Skip => " skip",
    });
    let more = [
        (options.touch, " touch"),
        (options.unknown == Unknown::Error, " unknown=error"),
        (options.defaults == Defaults::None, " defaults=none"),
        (options.missing == Missing::Keep, " missing=keep"),
    ];
    for (is_set, text) in more {
        fingerprint.push_str(if is_set { text } else { "" });
    }
    fingerprint + &query.fingerprint()
}

/// The same of a request whose body lists ids. `what` is the kind of request with its options.
pub fn ids_fingerprint(body_sha256: &[u8], format: BodyFormat, what: &str) -> String {
    of_body(body_sha256, format) + " ids " + what
}

fn of_body(body_sha256: &[u8], format: BodyFormat) -> String {
    let mut fingerprint = String::with_capacity(96);
    for byte in body_sha256 {
        // Writing to a String cannot fail.
        let _ = write!(fingerprint, "{byte:02x}");
    }
    fingerprint.push_str(match format {
        BodyFormat::Json => " json",
        BodyFormat::Ndjson => " ndjson",
    });
    fingerprint
}

/// The record of a key.
#[derive(Debug, Clone)]
pub struct Record {
    pub fingerprint: String,
    /// JSON of [`crate::finding::ListedFindings`].
    pub findings: String,
    /// `None` if it has been removed.
    pub run: Option<Run>,
}

impl Record {
    /// `None` if the row has not the columns of a record.
    pub fn of_row(row: &ResultRow) -> Option<Self> {
        Some(Self {
            fingerprint: row.string("fingerprint")?,
            findings: row.string("findings")?,
            run: Run::of_row(row),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::ListOptions;
    use crate::options::Options;

    #[test]
    fn keys_are_1_to_255_visible_ascii_characters() {
        for good in [
            "a",
            "8e03978e-40d5-43dd-bc93-6894a57f9324",
            &"~".repeat(255),
        ] {
            assert!(is_valid_key(good), "{good}");
        }
        for bad in ["", " ", "a b", "é", "a\tb", "\u{7f}", &"a".repeat(256)] {
            assert!(!is_valid_key(bad), "{bad}");
        }
    }

    #[test]
    fn everything_that_affects_the_outcome_affects_the_fingerprint() {
        let options = Options::default();
        let skip = Options {
            on_error: OnError::Skip,
            ..options
        };
        let touch = Options {
            touch: true,
            ..options
        };
        let unknown = Options {
            unknown: Unknown::Error,
            ..options
        };
        let defaults = Options {
            defaults: Defaults::None,
            ..options
        };
        let missing = Options {
            missing: Missing::Keep,
            ..options
        };
        let of = |body: u8, format, options| {
            let query = IngestQuery {
                options,
                ..IngestQuery::default()
            };
            fingerprint(&[body], format, &query)
        };
        let with = |source: &str, list| {
            let query = IngestQuery {
                source: Some(source.to_owned()),
                list,
                ..IngestQuery::default()
            };
            fingerprint(&[1], BodyFormat::Json, &query)
        };
        let list = ListOptions::default();
        let allows_empty = ListOptions {
            allow_empty: true,
            ..list
        };
        let all = [
            with("a", None),
            with("b", None),
            with("a", Some(list)),
            with("a", Some(allows_empty)),
            ids_fingerprint(&[1], BodyFormat::Json, "to close a"),
            ids_fingerprint(&[1], BodyFormat::Json, "listed a"),
            of(1, BodyFormat::Json, unknown),
            of(1, BodyFormat::Json, defaults),
            of(1, BodyFormat::Json, missing),
            of(1, BodyFormat::Json, options),
            of(2, BodyFormat::Json, options),
            of(1, BodyFormat::Ndjson, options),
            of(1, BodyFormat::Json, skip),
            of(1, BodyFormat::Json, touch),
        ];
        for (place, one) in all.iter().enumerate() {
            assert!(!all[..place].contains(one), "{one}");
        }
    }
}
