//! What must hold of the core for every body, from its bytes to the answer.
//!
//! The fuzzer (fuzz/) looks for a body that breaks a law; the tests of this package run the bodies
//! that it has found interesting so far (fuzz/corpus/) on every `cargo test`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken law is a panic: that is how the fuzzer and the tests see it"
)]

mod answer;
mod dictionary;
mod findings;
mod input;
mod json;
mod oracle;
mod rejects;
mod rows;

use jobs_ingest_core::gzip::gunzip;
use jobs_ingest_core::ingest::{BodyError, Prepared, prepare};
use jobs_ingest_core::limits::MAX_ITEMS;
use jobs_ingest_core::media::BodyFormat;
use serde::de::IgnoredAny;

pub use dictionary::dictionary;
pub use input::{Input, Token};

/// What a body may hold here: enough, and it keeps the fuzzer fast.
const MAX_UNPACKED_BYTES: usize = 1 << 18;

/// Takes one request through the core; panics when a law is broken.
pub fn check(input: Input<'_>) {
    if !input.is_gzip {
        return check_body(input);
    }
    if let Ok(body) = gunzip(input.body, MAX_UNPACKED_BYTES) {
        assert!(body.len() <= MAX_UNPACKED_BYTES, "{} bytes", body.len());
        check_body(Input {
            body: &body,
            ..input
        });
    }
}

fn check_body(input: Input<'_>) {
    let rules = input.rules();
    let prepared = prepare(input.body, input.format, rules);
    agrees_about_grammar(input, &prepared);
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return answer::check_body_error(error),
    };
    does_not_depend_on_the_hash_key(input, &prepared);
    counts_fit_together(&prepared);
    findings::check(&prepared, input);
    let rows = rows::read(&prepared, rules);
    rows::keep_to_their_growth(&prepared, input.body.len());
    rows::keep_every_limit(&rows, rules);
    rows::belong_to_the_source(&rows, &prepared);
    rows::are_sent_or_stamped(&rows, &prepared, rules);
    rows::come_out_the_same_when_sent_again(&rows, rules);
    oracle::agrees(input, &prepared, &rows);
    rejects::are_kept(&prepared, rules);
    answer::check(prepared, input.on_error);
}

/// serde_json says of the same bytes what the core says of them. (It checks grammar alone when
/// what it reads is ignored: no depth limit, no range of numbers, no surrogate pairs.)
fn agrees_about_grammar(input: Input<'_>, prepared: &Result<Prepared, BodyError>) {
    let Ok(text) = std::str::from_utf8(input.body) else {
        assert!(
            matches!(prepared, Err(BodyError::InvalidUtf8(_))),
            "not UTF-8, and taken for {prepared:?}"
        );
        return;
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
    let is_blank = |text: &str| text.trim_matches([' ', '\t', '\r', '\n']).is_empty();
    match (input.format, prepared) {
        (_, Err(BodyError::InvalidUtf8(_))) => panic!("UTF-8, and refused as if it were not"),
        // It stops at the limit, before the end of the text.
        (_, Err(BodyError::TooManyItems)) => {}
        (BodyFormat::Json, Ok(_)) => assert!(is_json(text), "no JSON, and accepted"),
        (BodyFormat::Json, Err(BodyError::ItemsRequired)) => {
            assert!(is_json(text) || is_blank(text), "no JSON, and read");
        }
        (BodyFormat::Json, Err(BodyError::InvalidJson(place))) => {
            assert!(!is_json(text), "JSON, and refused: {place}");
        }
        (BodyFormat::Ndjson, Ok(prepared)) => {
            let lines = text.split('\n').filter(|line| !is_blank(line));
            let n_lines = lines.clone().count();
            assert_eq!(prepared.n_received, n_lines, "lines of the body");
            let has_bad_line = !lines.clone().all(is_json);
            assert_eq!(prepared.first_bad_line.is_some(), has_bad_line);
        }
        (BodyFormat::Ndjson, Err(BodyError::ItemsRequired)) => assert!(is_blank(text)),
        (BodyFormat::Ndjson, Err(BodyError::InvalidJson(place))) => {
            panic!("a line that does not parse is a rejected posting, not {place}")
        }
    }
}

/// The table of identities is keyed with a secret, which decides nothing but where it has them.
fn does_not_depend_on_the_hash_key(input: Input<'_>, prepared: &Prepared) {
    let mut rules = input.rules();
    rules.hash_key = [u64::MAX, 0];
    let other = prepare(input.body, input.format, rules).expect("a body that was read before");
    assert_eq!(other.params, prepared.params);
    assert_eq!(other.n_duplicates, prepared.n_duplicates);
    assert_eq!(other.findings().to_json(), prepared.findings().to_json());
    assert_eq!(other.rejects.to_json(), prepared.rejects.to_json());
}

fn counts_fit_together(prepared: &Prepared) {
    let Prepared {
        n_received,
        n_rows,
        n_duplicates,
        n_rejected,
        ..
    } = prepared;
    assert!(*n_received > 0 && *n_received <= MAX_ITEMS);
    assert_eq!(*n_received, n_rows + n_duplicates + n_rejected);
}
