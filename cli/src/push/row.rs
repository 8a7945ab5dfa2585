//! One posting as the Worker would read it, by core's own code.

use std::borrow::Cow;

use jobs_ingest_core::content_hash::ContentHash;
use jobs_ingest_core::finding::{Finding, IgnoredField};
use jobs_ingest_core::ingest::{Rules, prepare};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::{Defaults, Missing};
use jobs_ingest_feeds::{Format, Item};

use super::index::Hash;

/// A posting of the input.
#[derive(Debug)]
pub struct Row<'i> {
    /// The posting as JSON.
    pub json: Cow<'i, str>,
    /// Its source; `manual` if it names none.
    pub source: String,
    /// The inside of the JSON text of its id, if that is readable.
    pub id: Option<String>,
    /// `None` if it is rejected.
    pub hash: Hash,
    /// Its values as the Worker stores them, a JSON array; empty if it is rejected.
    pub values: String,
    pub errors: Vec<Finding>,
    pub warnings: Vec<Finding>,
    pub ignored_fields: Vec<IgnoredField>,
}

/// The source of postings that name none.
pub const DEFAULT_SOURCE: &str = jobs_ingest_core::ingest::DEFAULT_SOURCE;

/// What becomes of a field that a posting does not mention. A feed describes what it knows, so the
/// board's own edits of other fields are kept; a file of own fields describes the whole row.
pub fn missing_of(format: Format) -> Missing {
    match format.is_own() {
        true => Missing::Default,
        false => Missing::Keep,
    }
}

fn rules(missing: Missing) -> Rules<'static> {
    Rules {
        defaults: Defaults::None,
        missing,
        is_list: true,
        ..Rules::default()
    }
}

/// The ids and hashes of valid postings, a JSON array.
pub fn hashes(postings: &str, missing: Missing) -> Vec<(String, Hash)> {
    let prepared = prepare(postings.as_bytes(), BodyFormat::Json, rules(missing));
    let hash = |(id, hash): (&str, ContentHash)| (id.to_owned(), Some(hash.to_bytes()));
    prepared.map_or(Vec::new(), |prepared| prepared.hashes().map(hash).collect())
}

impl<'i> Row<'i> {
    pub fn new(item: &'i Item, missing: Missing) -> Self {
        let mut row = Self::of_json(item.json(), missing);
        if row.is_rejected() {
            // Core names the source of accepted postings only.
            let source = item.source().unwrap_or(DEFAULT_SOURCE.into());
            row.source = source.into_owned();
        }
        row
    }

    fn of_json(json: Cow<'i, str>, missing: Missing) -> Self {
        let mut row = Self {
            source: String::new(),
            id: None,
            hash: None,
            values: String::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
            ignored_fields: Vec::new(),
            json,
        };
        // A serialised object is valid JSON.
        let Ok(mut prepared) = prepare(
            format!("[{}]", row.json).as_bytes(),
            BodyFormat::Json,
            rules(missing),
        ) else {
            return row;
        };
        row.errors = prepared.errors.listed().to_vec();
        row.warnings = prepared.warnings.listed().to_vec();
        row.ignored_fields = std::mem::take(&mut prepared.ignored_fields);
        let hashed = prepared
            .hashes()
            .next()
            .map(|(id, hash)| (id.to_owned(), hash.to_bytes()));
        if let Some((id, hash)) = hashed {
            row.id = Some(id);
            row.hash = Some(hash);
            row.source = prepared.source.take().unwrap_or_default();
            row.values = prepared
                .params
                .pop()
                .map(|param| param.json)
                .unwrap_or_default();
        } else {
            let id = prepared.rejected_ids.pop();
            row.id = id.and_then(|id| Some(id.strip_prefix('"')?.strip_suffix('"')?.to_owned()));
        }
        row
    }

    pub fn is_rejected(&self) -> bool {
        self.hash.is_none()
    }
}
