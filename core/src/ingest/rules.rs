//! What decides about a posting in addition to its fields.

use crate::options::{Defaults, Missing, OnError, Unknown};

/// Rules that depend on the caller and the options.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules<'a> {
    /// The sources that may be posted; `None` allows all.
    pub sources: Option<&'a [String]>,
    /// The values of `companyId` that may be posted; `None` allows all.
    pub companies: Option<&'a [u64]>,
    /// Whether to keep the reasons of rejected postings and, with `on_error=skip`, the postings.
    pub keep_rejects: bool,
    pub on_error: OnError,
    pub unknown: Unknown,
    pub defaults: Defaults,
    pub missing: Missing,
    /// Whether the body is the complete list of a source: it may be empty, and the ids of rejected
    /// postings count.
    pub is_list: bool,
    /// Secret random key for hash tables over what the client sends.
    pub hash_key: [u64; 2],
}
