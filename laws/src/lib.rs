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
mod oracle;
mod rejects;
mod rows;

use std::sync::LazyLock;

use jobs_ingest_core::gzip::gunzip;
use jobs_ingest_core::ingest::{BodyError, Prepared, Rules, prepare};
use jobs_ingest_core::limits::{MAX_EXTERNAL_ID_CHARS, MAX_ITEMS};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::{OnError, Options};
use serde::de::IgnoredAny;

/// One request as the fuzzer makes it: a byte of choices, then the body.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub format: BodyFormat,
    pub options: Options,
    /// Whether the token may post [`SOURCES`] only.
    pub is_limited: bool,
    pub is_gzip: bool,
    pub body: &'a [u8],
}

/// The sources of a limited token.
static SOURCES: LazyLock<[String; 2]> = LazyLock::new(|| ["manual", "acme"].map(str::to_owned));

impl<'a> Input<'a> {
    /// The bits of the first byte, from the lowest: NDJSON, skip, dry run, touch, limited; the
    /// highest: gzip. (The others let a printable character be a choice.)
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (choices, body) = bytes.split_first()?;
        let chosen = |bit: u8| choices >> bit & 1 == 1;
        Some(Self {
            format: match chosen(0) {
                true => BodyFormat::Ndjson,
                false => BodyFormat::Json,
            },
            options: Options {
                on_error: match chosen(1) {
                    true => OnError::Skip,
                    false => OnError::Abort,
                },
                dry_run: chosen(2),
                touch: chosen(3),
            },
            is_limited: chosen(4),
            is_gzip: chosen(7),
            body,
        })
    }

    fn rules(&self) -> Rules<'static> {
        Rules {
            sources: self.is_limited.then(|| SOURCES.as_slice()),
            companies: None,
            keep_rejects: self.options.on_error == OnError::Skip && !self.options.dry_run,
        }
    }
}

/// An excerpt of 40 characters, of four bytes each, and the words around it.
const MAX_MESSAGE_BYTES: usize = 40 * 4 + 140;

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
    let prepared = prepare(input.body, input.format, input.rules());
    agrees_about_grammar(input, &prepared);
    let mut prepared = match prepared {
        Ok(prepared) => prepared,
        Err(error) => return answer::check_body_error(error),
    };
    counts_fit_together(&prepared);
    findings_are_in_order(&prepared, input.format);
    let rows = rows::read(&prepared);
    rows::keep_to_their_growth(&prepared, input.body.len());
    rows::keep_every_limit(&rows);
    rows::belong_to_the_source(&rows, &prepared);
    rows::are_sent_or_named(&rows, &prepared);
    rows::come_out_the_same_when_sent_again(&rows, input.rules());
    oracle::agrees(input, &prepared, &rows);
    rejects::are_kept(&prepared, input.rules());
    rejects::grow_by_conflicts(&mut prepared);
    counts_fit_together(&prepared);
    findings_are_in_order(&prepared, input.format);
    answer::check(prepared, input.options);
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
    let n_errors = prepared.errors.listed().len() + prepared.errors.n_omitted();
    assert!(n_errors >= *n_rejected, "each rejected posting says why");
    assert_eq!(*n_rejected == 0, n_errors == 0);
}

fn findings_are_in_order(prepared: &Prepared, format: BodyFormat) {
    for findings in [&prepared.errors, &prepared.warnings] {
        let listed = findings.listed();
        assert!(listed.is_sorted_by_key(|finding| finding.index));
        assert!(listed.len() <= jobs_ingest_core::limits::MAX_LISTED_FINDINGS);
        for finding in listed {
            assert!(finding.index < prepared.n_received);
            assert_eq!(finding.line.is_some(), format == BodyFormat::Ndjson);
            let start = format!("items[{}]", finding.index);
            assert!(finding.message.starts_with(&start), "{finding:?}");
            assert!(!finding.message.contains('\0'), "{finding:?}");
            // Whatever is sent: messages are kept with a run, and answered.
            assert!(finding.message.len() <= MAX_MESSAGE_BYTES, "{finding:?}");
            let id_chars = finding
                .external_id
                .as_ref()
                .map_or(0, |id| id.chars().count());
            assert!(id_chars <= MAX_EXTERNAL_ID_CHARS, "{finding:?}");
        }
    }
}
