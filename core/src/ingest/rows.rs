//! The accepted postings of a request as JSON parameters: rows in request order, the last of each
//! key, split into parameters by size.

use std::hash::Hasher;

use hashbrown::HashTable;
use siphasher::sip::SipHasher13;

use super::rejects::ItemSpan;
use super::rules::Rules;
use crate::content_hash::{CONTENT_HASH_CHARS, ContentHash};
use crate::limits::{MAX_ITEMS, TARGET_PARAM_BYTES};
use crate::options::Missing;
use crate::row_size::{ROW_HASH_BYTES, max_rows_bytes};

/// Collects rows of accepted postings. A row is a JSON array: the hash of everything after the
/// source, then the values in the order of `FIELDS`. The source is null if it is the default one,
/// and trailing values that state nothing are omitted.
#[derive(Debug)]
pub struct Rows {
    params: Vec<String>,
    rows: Vec<Row>,
    /// Indices of live rows by key.
    by_key: HashTable<usize>,
    /// Secret, so that nobody can choose keys that collide.
    hash_key: [u64; 2],
    missing: Missing,
    target_param_bytes: usize,
    body_bytes: usize,
    /// Indices of rows superseded by a later one.
    superseded: Vec<usize>,
}

/// The location of a row: `start..end` in a parameter, including the comma or bracket after it.
#[derive(Debug)]
pub struct Row {
    pub param: usize,
    pub start: usize,
    pub end: usize,
    pub key: RowKey,
    pub hash: ContentHash,
    pub span: ItemSpan,
    is_live: bool,
}

/// What is known about a row's values once they are written.
#[derive(Debug, Clone, Copy)]
pub struct RowKey {
    /// Bytes of the source's JSON.
    pub source_bytes: usize,
    /// Bytes of the id's JSON, quotes included.
    pub id_bytes: usize,
    /// Number of values in the row.
    pub n_fields: usize,
}

/// A JSON array of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Param {
    pub json: String,
    /// Number of values of its longest row.
    pub n_fields: usize,
}

/// A posting dropped because a later one has the same key and other values.
#[derive(Debug, Clone)]
pub struct Dropped {
    pub span: ItemSpan,
    /// The index of the posting that was kept.
    pub kept_index: usize,
    pub id_json: String,
}
#[derive(Debug)]
pub struct Finished {
    /// None longer than `MAX_PARAM_BYTES`, even after [`super::with_escapes`].
    pub params: Vec<Param>,
    /// The rows of all parameters, in order.
    pub rows: Vec<Row>,
    pub n_duplicates: usize,
    /// In request order.
    pub dropped: Vec<Dropped>,
}

/// A row starts with `["` and the hash.
const HASH_START: usize = "[\"".len();
const VALUES_START: usize = "[".len() + ROW_HASH_BYTES;

/// Placeholder for a hash that has not been computed.
const NO_HASH: &str = "AAAAAAAAAAA";
const _: () = assert!(NO_HASH.len() == CONTENT_HASH_CHARS);

/// Spare bytes of a new parameter, and its growth beyond the estimate. Fits most rows that cross
/// the target, and the hashes of a small request.
const PARAM_SLACK_BYTES: usize = 32_768;

impl Rows {
    /// `body_bytes` is only a hint for memory.
    pub fn new(body_bytes: usize, rules: Rules<'_>) -> Self {
        Self::with_target(body_bytes, rules, TARGET_PARAM_BYTES)
    }

    fn with_target(body_bytes: usize, rules: Rules<'_>, target_param_bytes: usize) -> Self {
        Self {
            params: Vec::new(),
            rows: Vec::new(),
            by_key: HashTable::new(),
            hash_key: rules.hash_key,
            missing: rules.missing,
            target_param_bytes,
            body_bytes,
            superseded: Vec::new(),
        }
    }

    /// Calls `write_values` with the buffer for the next row. If it returns a key, adds what was
    /// written (the values without brackets) as a row with its hash; otherwise discards it. Returns
    /// whether a row was added.
    pub fn add(
        &mut self,
        span: ItemSpan,
        write_values: impl FnOnce(&mut String) -> Option<RowKey>,
    ) -> bool {
        if self.params.is_empty() {
            self.open_param(0);
            self.expect_rows(span.end - span.start);
        }
        let param_number = self.params.len() - 1;
        let Some(param) = self.params.last_mut() else {
            return false;
        };
        let start = param.len();
        // Growing by doubling would temporarily hold up to three times the bytes.
        let row_bytes = max_rows_bytes(span.end - span.start, 1);
        if param.capacity() - start < row_bytes {
            param.reserve_exact(row_bytes.max(PARAM_SLACK_BYTES));
        }
        param.push_str("[\"");
        param.push_str(NO_HASH);
        param.push_str("\",");
        let Some(key) = write_values(param) else {
            param.truncate(start);
            return false;
        };
        let hashed_start = start + VALUES_START + key.source_bytes + ",".len();
        let hash = ContentHash::of(param.get(hashed_start..).unwrap_or_default(), self.missing);
        let hash_start = start + HASH_START;
        let hash_text = hash.to_bytes();
        let hash_text = str::from_utf8(&hash_text).unwrap_or(NO_HASH);
        param.replace_range(hash_start..hash_start + CONTENT_HASH_CHARS, hash_text);
        param.push_str("],");
        let mut row = Row {
            param: param_number,
            start,
            end: param.len(),
            key,
            hash,
            span,
            is_live: true,
        };
        // A row directly after `[` is alone in its parameter and cannot be split off.
        if param.len() > self.target_param_bytes && start > 1 {
            let moved = param.split_off(start);
            self.open_param(moved.len());
            row.param += 1;
            row.start = 1;
            row.end = 1 + moved.len();
            if let Some(param) = self.params.last_mut() {
                param.push_str(&moved);
            }
        }
        self.index(row);
        true
    }

    fn open_param(&mut self, first_row_bytes: usize) {
        let bytes = self
            .body_bytes
            .min(self.target_param_bytes)
            .max(first_row_bytes)
            + PARAM_SLACK_BYTES;
        let mut param = String::with_capacity(bytes);
        param.push('[');
        self.params.push(param);
    }

    /// Reserves room for as many keys as there are if all postings are as long as the first;
    /// growing step by step would rehash every key at each step.
    fn expect_rows(&mut self, posting_bytes: usize) {
        let n_rows = self.body_bytes / posting_bytes.max(1);
        self.by_key.reserve(n_rows.min(MAX_ITEMS), |_| 0);
    }

    /// Registers the row under its key, superseding an earlier one.
    fn index(&mut self, row: Row) {
        let number = self.rows.len();
        let key = key_of(&self.params, &row);
        let hash = hash_of(self.hash_key, key);
        let same_key = |other: &usize| {
            let other = self.rows.get(*other);
            other.is_some_and(|other| key_of(&self.params, other) == key)
        };
        match self.by_key.find_mut(hash, same_key) {
            Some(entry) => {
                if let Some(earlier) = self.rows.get_mut(*entry) {
                    earlier.is_live = false;
                }
                self.superseded.push(*entry);
                *entry = number;
            }
            None => {
                let rehash = |other: &usize| {
                    let key = self.rows.get(*other).map(|row| key_of(&self.params, row));
                    hash_of(self.hash_key, key.unwrap_or_default())
                };
                self.by_key.insert_unique(hash, number, rehash);
            }
        }
        self.rows.push(row);
    }

    /// Closes the parameters and removes the superseded rows.
    pub fn finish(mut self) -> Finished {
        let n_duplicates = self.superseded.len();
        let dropped = self.dropped();
        if n_duplicates > 0 {
            self.rows.retain(|row| row.is_live);
            self.close_gaps();
        }
        // Opened for rows none of which was added.
        self.params.retain(|param| param.len() > 1);
        let param = |mut json: String| {
            json.pop();
            json.push(']');
            Param { json, n_fields: 0 }
        };
        let mut params: Vec<Param> = self.params.into_iter().map(param).collect();
        for row in &self.rows {
            if let Some(param) = params.get_mut(row.param) {
                param.n_fields = param.n_fields.max(row.key.n_fields);
            }
        }
        Finished {
            params,
            rows: self.rows,
            n_duplicates,
            dropped,
        }
    }

    /// Returns the superseded rows that differ from the row that was kept.
    fn dropped(&mut self) -> Vec<Dropped> {
        let mut superseded = std::mem::take(&mut self.superseded);
        superseded.sort_unstable();
        let dropped = |number: usize| {
            let row = self.rows.get(number)?;
            let key = key_of(&self.params, row);
            let same_key = |other: &usize| {
                let other = self.rows.get(*other);
                other.is_some_and(|other| key_of(&self.params, other) == key)
            };
            let kept = self.by_key.find(hash_of(self.hash_key, key), same_key)?;
            let kept = self.rows.get(*kept)?;
            (text_of(&self.params, row) != text_of(&self.params, kept)).then(|| Dropped {
                span: row.span,
                kept_index: kept.span.position.index,
                id_json: id_json_of(&self.params, row).to_owned(),
            })
        };
        superseded.into_iter().filter_map(dropped).collect()
    }

    /// Rebuilds the parameters from their live rows.
    fn close_gaps(&mut self) {
        let mut rows = self.rows.iter_mut().peekable();
        let mut kept_params = Vec::with_capacity(self.params.len());
        for (number, param) in std::mem::take(&mut self.params).into_iter().enumerate() {
            let mut kept = String::with_capacity(param.len());
            kept.push('[');
            while let Some(row) = rows.next_if(|row| row.param == number) {
                row.param = kept_params.len();
                let text = param.get(row.start..row.end).unwrap_or_default();
                row.start = kept.len();
                kept.push_str(text);
                row.end = kept.len();
            }
            if kept.len() > 1 {
                kept_params.push(kept);
            }
        }
        self.params = kept_params;
    }
}

/// SipHash with a secret key, so that a client cannot choose keys that collide.
fn hash_of([k0, k1]: [u64; 2], key: &str) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(k0, k1);
    hasher.write(key.as_bytes());
    hasher.finish()
}

/// Returns `bytes` bytes of a row, starting at `start` within it.
fn part_of<'p>(params: &'p [String], row: &Row, start: usize, bytes: usize) -> &'p str {
    let start = row.start + start;
    let param = params.get(row.param);
    let part = param.and_then(|param| param.get(start..start + bytes));
    part.unwrap_or_default()
}

/// Returns the JSON of a row's source and id. Unambiguous: both have a single form, and a comma is
/// either inside quotes or the separator.
fn key_of<'p>(params: &'p [String], row: &Row) -> &'p str {
    let bytes = row.key.source_bytes + ",".len() + row.key.id_bytes;
    part_of(params, row, VALUES_START, bytes)
}
fn id_json_of<'p>(params: &'p [String], row: &Row) -> &'p str {
    let start = VALUES_START + row.key.source_bytes + ",".len();
    part_of(params, row, start, row.key.id_bytes)
}

fn text_of<'p>(params: &'p [String], row: &Row) -> &'p str {
    // Without the comma or bracket after it.
    part_of(params, row, 0, row.end - row.start - 1)
}

impl Row {
    /// Returns the JSON of a row's source and id without quotes; the source is empty if it is the
    /// default one.
    pub fn source_and_id<'p>(&self, params: &'p [Param]) -> (&'p str, &'p str) {
        let json = params.get(self.param).map_or("", |param| &param.json);
        let source_start = self.start + VALUES_START;
        let source_end = source_start + self.key.source_bytes;
        let id_start = source_end + ",\"".len();
        let id_end = source_end + ",".len() + self.key.id_bytes - "\"".len();
        let source = json.get(source_start..source_end).unwrap_or_default();
        let source = source
            .strip_prefix('"')
            .and_then(|source| source.strip_suffix('"'));
        (
            source.unwrap_or_default(),
            json.get(id_start..id_end).unwrap_or_default(),
        )
    }
    pub fn json<'p>(&self, params: &'p [Param]) -> &'p str {
        let json = params.get(self.param).map_or("", |param| &param.json);
        json.get(self.start..self.end - 1).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::finding::ItemPosition;

    const TARGET: usize = 80;

    fn span(index: usize) -> ItemSpan {
        ItemSpan {
            position: ItemPosition { index, line: None },
            start: 0,
            end: 0,
        }
    }

    fn new(target_param_bytes: usize) -> Rows {
        Rows::with_target(0, Rules::default(), target_param_bytes)
    }

    /// Adds a posting of the default source.
    fn add(rows: &mut Rows, index: usize, id: &str, text: &str) {
        rows.add(span(index), |row| {
            let (id, text) = (json!(id).to_string(), json!(text).to_string());
            row.push_str(&format!("null,{id},{text}"));
            Some(RowKey {
                source_bytes: "null".len(),
                id_bytes: id.len(),
                n_fields: 3,
            })
        });
    }

    fn parsed(params: &[Param]) -> Vec<(String, String)> {
        let parse = |param: &Param| -> Vec<(String, Value, String, String)> {
            serde_json::from_str(&param.json).expect("a JSON array of rows")
        };
        let rows = params.iter().flat_map(parse);
        rows.map(|(_, _, id, text)| (id, text)).collect()
    }

    /// What should remain: the last posting of each id, in its own position.
    fn expected(sent: &[(u8, String)]) -> Vec<(String, String)> {
        let is_last = |at: usize, id: u8| sent[at + 1..].iter().all(|(later, _)| *later != id);
        sent.iter()
            .enumerate()
            .filter(|(at, (id, _))| is_last(*at, *id))
            .map(|(_, (id, text))| (id.to_string(), text.clone()))
            .collect()
    }

    proptest! {
        #[test]
        fn nothing_is_lost_reordered_or_too_long(
            sent in prop::collection::vec((any::<u8>(), "[a-zé\"]{0,80}"), 0..60),
        ) {
            let mut rows = new(TARGET);
            for (index, (id, text)) in sent.iter().enumerate() {
                add(&mut rows, index, &id.to_string(), text);
            }
            let finished = rows.finish();
            let expected = expected(&sent);
            prop_assert_eq!(finished.rows.len(), expected.len());
            for (row, (id, _)) in finished.rows.iter().zip(&expected) {
                prop_assert_eq!(row.source_and_id(&finished.params), ("", id.as_str()));
                let json = row.json(&finished.params);
                let mut hash = String::new();
                row.hash.push_to(&mut hash);
                let start = format!("[\"{hash}\",null,");
                let values = json.strip_prefix(&start).and_then(|rest| rest.strip_suffix(']'));
                let values = values.expect("its hash, its source, its values");
                prop_assert_eq!(row.hash, ContentHash::of(values, Missing::Default));
            }
            prop_assert_eq!(finished.n_duplicates, sent.len() - expected.len());
            prop_assert_eq!(parsed(&finished.params), expected);
            for param in &finished.params {
                let rows: Vec<Value> = serde_json::from_str(&param.json).expect("JSON");
                prop_assert!(param.json.len() <= TARGET + 1 || rows.len() == 1, "{:?}", param);
                prop_assert_eq!(param.n_fields, 3);
            }
        }

        #[test]
        fn neighbours_together_exceed_the_target(
            texts in prop::collection::vec("[a-z]{0,80}", 0..60),
        ) {
            let mut rows = new(TARGET);
            for (index, text) in texts.iter().enumerate() {
                add(&mut rows, index, &index.to_string(), text);
            }
            let params = rows.finish().params;
            for pair in params.windows(2) {
                prop_assert!(pair[0].json.len() + pair[1].json.len() > TARGET);
            }
        }
    }

    #[test]
    fn discarded_row_leaves_no_trace() {
        let mut rows = new(TARGET_PARAM_BYTES);
        rows.add(span(0), |row| {
            row.push_str("null,\"half a row");
            None
        });
        add(&mut rows, 1, "k", "t");
        assert_eq!(
            parsed(&rows.finish().params),
            [("k".to_owned(), "t".to_owned())]
        );
    }

    #[test]
    fn no_rows_make_no_parameter() {
        assert_eq!(new(TARGET_PARAM_BYTES).finish().params, []);
    }

    #[test]
    fn hash_depends_on_the_secret() {
        assert_ne!(hash_of([1, 2], "null,\"a\""), hash_of([1, 3], "null,\"a\""));
        assert_ne!(hash_of([1, 2], "null,\"a\""), hash_of([2, 2], "null,\"a\""));
    }
}
