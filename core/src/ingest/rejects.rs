//! Rejected postings as stored: as sent, with their reasons, ready to be fixed and sent again. Of a refused
//! request only the reasons are stored, because its client still has all postings.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::finding::{Finding, Findings, ItemPosition};
use crate::limits::{MAX_KEPT_REJECT_BYTES, MAX_KEPT_REJECTS};

/// A posting's position in the request and byte range in the body.
#[derive(Debug, Clone, Copy)]
pub struct ItemSpan {
    pub position: ItemPosition,
    pub start: usize,
    pub end: usize,
}

/// The stored rejects of a request. Its `items` make it a valid request body; `reasons` are in the
/// same order. A refused request has no `items`.
#[derive(Debug, Default, Serialize)]
pub struct Rejects {
    items: Vec<Box<RawValue>>,
    reasons: Vec<Reason>,
    /// Rejected postings beyond the limits, which are not kept.
    omitted: usize,
    #[serde(skip)]
    n_bytes: usize,
}

#[derive(Debug, Serialize)]
struct Reason {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    errors: Vec<Finding>,
}

impl Rejects {
    /// Keeps the first of these postings of a body, given in body order, or only their reasons;
    /// `n_rejected` is their total.
    pub fn of_body(
        body: &[u8],
        spans: &[ItemSpan],
        errors: &Findings,
        n_rejected: usize,
        keeps_items: bool,
    ) -> Self {
        let mut rejects = Self::default();
        for span in spans.iter().take(MAX_KEPT_REJECTS) {
            let Some(errors) = errors.of_item(span.position.index) else {
                continue;
            };
            if !keeps_items {
                rejects.add(span.position, None, errors.to_vec());
                continue;
            }
            let raw = body.get(span.start..span.end).unwrap_or_default();
            // A line that is not JSON is kept as a text, with U+FFFD for bytes that are not UTF-8.
            let item = match std::str::from_utf8(raw).map(trim) {
                Ok(raw) => RawValue::from_string(raw.to_owned()).or_else(|_| to_raw_value(raw)),
                Err(_) => to_raw_value(trim(&String::from_utf8_lossy(raw))),
            };
            if let Ok(item) = item {
                rejects.add(span.position, Some(item), errors.to_vec());
            }
        }
        rejects.omitted = n_rejected - rejects.reasons.len();
        rejects
    }

    /// Keeps a posting, or its reasons, or counts it as omitted if there is no room.
    pub fn add(
        &mut self,
        position: ItemPosition,
        item: Option<Box<RawValue>>,
        errors: Vec<Finding>,
    ) {
        let reason = Reason {
            index: position.index,
            line: position.line,
            errors,
        };
        let reason_bytes = serde_json::to_string(&reason).map_or(0, |json| json.len());
        let item_bytes = item.as_ref().map_or(0, |item| item.get().len());
        let n_bytes = self.n_bytes + item_bytes + reason_bytes;
        if n_bytes > MAX_KEPT_REJECT_BYTES || self.reasons.len() >= MAX_KEPT_REJECTS {
            self.omitted += 1;
            return;
        }
        self.n_bytes = n_bytes;
        self.items.extend(item);
        self.reasons.push(reason);
    }

    /// Counts a posting that is not kept.
    pub fn omit(&mut self) {
        self.omitted += 1;
    }

    /// `None` if nothing was rejected.
    pub fn to_json(&self) -> Option<String> {
        if self.reasons.is_empty() && self.omitted == 0 {
            return None;
        }
        // Plain structs and parsed JSON: serialisation cannot fail.
        serde_json::to_string(self).ok()
    }
}

/// Trims JSON's white space only: trimming any other could turn an invalid line into a valid one.
pub fn trim(raw: &str) -> &str {
    raw.trim_matches([' ', '\t', '\r', '\n'])
}
