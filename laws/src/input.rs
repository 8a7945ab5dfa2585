//! A request as the fuzzer generates it.

use std::sync::LazyLock;

use jobs_ingest_core::ingest::Rules;
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::{Defaults, Missing, OnError, Unknown};

/// One request: a byte of options, then the body.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub format: BodyFormat,
    pub on_error: OnError,
    pub unknown: Unknown,
    pub defaults: Defaults,
    pub missing: Missing,
    pub token: Token,
    pub is_gzip: bool,
    pub body: &'a [u8],
}

/// Which sources the token may post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// All sources.
    Unlimited,
    /// `manual` and `acme`.
    TwoSources,
    /// `acme`, which is then the default source.
    OneSource,
}

static SOURCES: LazyLock<[String; 2]> = LazyLock::new(|| ["acme", "manual"].map(str::to_owned));

impl<'a> Input<'a> {
    /// The options are the bits of the first byte, lowest first: NDJSON; `on_error=skip`; one
    /// source (for a limited token); `unknown=error`; a limited token; `defaults=none` unless set;
    /// `missing=keep`; gzip. So `0` is plain JSON with default options and two sources.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (choices, body) = bytes.split_first()?;
        let is_set = |bit: u8| choices >> bit & 1 == 1;
        Some(Self {
            format: match is_set(0) {
                true => BodyFormat::Ndjson,
                false => BodyFormat::Json,
            },
            on_error: match is_set(1) {
                true => OnError::Skip,
                false => OnError::Abort,
            },
            unknown: match is_set(3) {
                true => Unknown::Error,
                false => Unknown::Ignore,
            },
            token: match (is_set(4), is_set(2)) {
                (false, _) => Token::Unlimited,
                (true, false) => Token::TwoSources,
                (true, true) => Token::OneSource,
            },
            defaults: match is_set(5) {
                true => Defaults::Legacy,
                false => Defaults::None,
            },
            missing: match is_set(6) {
                true => Missing::Keep,
                false => Missing::Default,
            },
            is_gzip: is_set(7),
            body,
        })
    }

    pub(crate) fn rules(&self) -> Rules<'static> {
        Rules {
            sources: self.token.sources(),
            companies: None,
            keep_rejects: true,
            on_error: self.on_error,
            unknown: self.unknown,
            defaults: self.defaults,
            missing: self.missing,
            is_list: false,
            hash_key: [1, 2],
        }
    }
}

/// The source of a posting that names none.
pub(crate) fn default_source(sources: Option<&[String]>) -> &str {
    match sources {
        Some(sources) if sources.len() == 1 => &sources[0],
        _ => "manual",
    }
}

impl Token {
    pub(crate) fn sources(self) -> Option<&'static [String]> {
        match self {
            Self::Unlimited => None,
            Self::TwoSources => Some(SOURCES.as_slice()),
            Self::OneSource => SOURCES.get(..1),
        }
    }
}
