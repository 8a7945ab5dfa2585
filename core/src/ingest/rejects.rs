//! Rejected postings as they are kept: as they were sent, with their reasons, ready to be mended
//! and sent again.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::finding::{Finding, Findings, Place};
use crate::limits::{MAX_KEPT_REJECT_BYTES, MAX_KEPT_REJECTS};

/// A posting's place in the request and in its body.
#[derive(Debug, Clone, Copy)]
pub struct ItemSpan {
    pub place: Place,
    pub start: usize,
    pub end: usize,
}

/// What is stored of a request's rejected postings. With `items` it is itself a body that can be
/// sent again; `reasons` stand in the same order.
#[derive(Debug, Default, Serialize)]
pub struct Rejects {
    items: Vec<Box<RawValue>>,
    reasons: Vec<Reason>,
    /// Rejected postings beyond the limits, of which nothing is kept.
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
    /// Keeps the first of these postings of a body, which are in its order; `n_rejected` in all.
    pub fn of_body(body: &[u8], spans: &[ItemSpan], errors: &Findings, n_rejected: usize) -> Self {
        let mut rejects = Self::default();
        for span in spans.iter().take(MAX_KEPT_REJECTS) {
            let raw = body.get(span.start..span.end).unwrap_or_default();
            // A line that is not JSON is kept as a text, with U+FFFD for what is not UTF-8.
            let item = match std::str::from_utf8(raw).map(trim) {
                Ok(raw) => RawValue::from_string(raw.to_owned()).or_else(|_| to_raw_value(raw)),
                Err(_) => to_raw_value(trim(&String::from_utf8_lossy(raw))),
            };
            if let (Ok(item), Some(errors)) = (item, errors.of_item(span.place.index)) {
                rejects.add(span.place, item, errors.to_vec());
            }
        }
        rejects.omitted = n_rejected - rejects.items.len();
        rejects
    }

    /// Keeps a posting, or counts it when there is no room.
    pub fn add(&mut self, place: Place, item: Box<RawValue>, errors: Vec<Finding>) {
        let reason = Reason {
            index: place.index,
            line: place.line,
            errors,
        };
        let reason_bytes = serde_json::to_string(&reason).map_or(0, |json| json.len());
        let n_bytes = self.n_bytes + item.get().len() + reason_bytes;
        if n_bytes > MAX_KEPT_REJECT_BYTES || self.items.len() >= MAX_KEPT_REJECTS {
            self.omitted += 1;
            return;
        }
        self.n_bytes = n_bytes;
        self.items.push(item);
        self.reasons.push(reason);
    }

    /// Counts a posting of which nothing is kept.
    pub fn omit(&mut self) {
        self.omitted += 1;
    }

    /// `None` when nothing was rejected.
    pub fn to_json(&self) -> Option<String> {
        if self.items.is_empty() && self.omitted == 0 {
            return None;
        }
        // Plain structs and JSON that has been parsed: it cannot fail.
        serde_json::to_string(self).ok()
    }
}

/// Without JSON's white space alone: without another kind a bad line could become a good one.
pub fn trim(raw: &str) -> &str {
    raw.trim_matches([' ', '\t', '\r', '\n'])
}
