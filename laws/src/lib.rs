//! Laws: what must hold for every body, from its bytes to the response, and for every body of a feed.
//!
//! The fuzzer (fuzz/) looks for a body that breaks a law; the tests of this package check the
//! bodies that it has found interesting so far (fuzz/corpus/) on every `cargo test`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a broken law panics, which the fuzzer and the tests detect"
)]

mod answer;
mod dictionary;
mod feeds;
mod findings;
mod input;
mod json;
mod oracle;
mod rejects;
mod rows;

use jobs_ingest_core::gzip::gunzip;
use jobs_ingest_core::ingest::{BodyError, Diagnosis, Prepared, prepare};
use jobs_ingest_core::limits::MAX_ITEMS;
use jobs_ingest_core::media::{BYTE_ORDER_MARK, BodyFormat};
use serde::de::IgnoredAny;

use findings::MAX_MESSAGE_BYTES;

pub use dictionary::dictionary;
pub use feeds::{Feed, check_feed};
pub use input::{Input, Token};

/// Limit of a decompressed body: large enough, and keeps the fuzzer fast.
const MAX_UNPACKED_BYTES: usize = 1 << 18;

/// Runs one request through core; panics if a law is broken.
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
    counts_are_consistent(&prepared);
    findings::check(&prepared, input);
    let rows = rows::read(&prepared, rules);
    rows::stay_within_their_growth(&prepared, input.body.len());
    rows::keep_every_limit(&rows, rules);
    rows::have_the_stated_source(&rows, &prepared);
    rows::are_sent_or_stamped(&rows, &prepared, rules);
    rows::are_unchanged_when_sent_again(&rows, rules);
    oracle::agrees(input, &prepared, &rows);
    rejects::are_kept(&prepared, rules);
    answer::check(prepared, input.on_error);
}

/// serde_json and core agree whether the bytes are valid. (serde_json checks only the grammar of
/// values that it ignores: no depth limit, no range of numbers, no surrogate pairs.)
fn agrees_about_grammar(input: Input<'_>, prepared: &Result<Prepared, BodyError>) {
    let body = input.body.strip_prefix(BYTE_ORDER_MARK);
    let body = body.unwrap_or(input.body);
    let is_utf8 = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok();
    // serde_json does not check ignored values for UTF-8.
    let is_json =
        |bytes: &[u8]| is_utf8(bytes) && serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
    let is_blank = |bytes: &[u8]| bytes.iter().all(|byte| b" \t\r\n".contains(byte));
    let assert_located = |diagnosis: &Diagnosis| {
        assert!(
            diagnosis.to_string().len() <= MAX_MESSAGE_BYTES,
            "{diagnosis}"
        );
        assert!(diagnosis.line <= 1 + body.iter().filter(|byte| **byte == b'\n').count());
        assert!(diagnosis.column <= body.len() + 1, "{diagnosis}");
    };
    match (input.format, prepared) {
        (BodyFormat::Json, Err(BodyError::InvalidUtf8(diagnosis))) => {
            assert!(!is_utf8(body), "valid UTF-8 was rejected as invalid");
            assert_located(diagnosis);
        }
        (BodyFormat::Ndjson, Err(BodyError::InvalidUtf8(diagnosis))) => {
            assert!(!is_utf8(body), "valid UTF-8 was rejected as invalid");
            let first = body
                .split(|byte| *byte == b'\n')
                .find(|line| !is_blank(line));
            assert!(first.is_some_and(|line| !is_json(line)), "{diagnosis}");
        }
        // Reading stops at the limit, before the end of the text.
        (_, Err(BodyError::TooManyItems | BodyError::RowsTooLong)) => {}
        (BodyFormat::Json, Ok(_)) => assert!(is_json(body), "invalid JSON was accepted"),
        (BodyFormat::Json, Err(BodyError::ItemsRequired(found))) => {
            assert!(is_json(body) || is_blank(body), "invalid JSON was read");
            assert!(
                !found.is_empty() && found.len() <= MAX_MESSAGE_BYTES,
                "{found}"
            );
        }
        (BodyFormat::Json, Err(BodyError::InvalidJson(diagnosis))) => {
            assert!(
                is_utf8(body) && !is_json(body),
                "valid JSON was rejected: {diagnosis}"
            );
            assert_located(diagnosis);
        }
        (BodyFormat::Ndjson, Ok(prepared)) => {
            prepared.first_bad_line.iter().for_each(assert_located);
            let lines = body.split(|byte| *byte == b'\n');
            let lines = lines.filter(|line| !is_blank(line));
            let n_lines = lines.clone().count();
            assert_eq!(prepared.n_received, n_lines, "lines of the body");
            let has_bad_line = !lines.clone().all(is_json);
            assert_eq!(prepared.first_bad_line.is_some(), has_bad_line);
        }
        (BodyFormat::Ndjson, Err(BodyError::ItemsRequired(_))) => assert!(is_blank(body)),
        // A line that does not parse is a rejected posting, unless the body has another format.
        (BodyFormat::Ndjson, Err(BodyError::InvalidJson(diagnosis))) => {
            let is_markup = body.trim_ascii_start().starts_with(b"<");
            let is_utf_16 = body.iter().take(2).any(|byte| *byte == 0);
            assert!(is_markup || is_utf_16 || is_json(body), "{diagnosis}");
        }
    }
}

/// The hash table of keys uses a secret, which must not affect the result.
fn does_not_depend_on_the_hash_key(input: Input<'_>, prepared: &Prepared) {
    let mut rules = input.rules();
    rules.hash_key = [u64::MAX, 0];
    let other = prepare(input.body, input.format, rules).expect("the body is valid");
    assert_eq!(other.params, prepared.params);
    assert_eq!(other.n_duplicates, prepared.n_duplicates);
    assert_eq!(other.findings().to_json(), prepared.findings().to_json());
    assert_eq!(other.rejects.to_json(), prepared.rejects.to_json());
}

fn counts_are_consistent(prepared: &Prepared) {
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
