//! The accepted postings of a request as JSON parameters: rows in the order of the request, cut
//! into parameters by bytes, the last one of each key.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::rejects::ItemSpan;
use crate::content_hash::ContentHash;
use crate::limits::{MAX_ITEMS, MAX_ROW_GROWTH_BYTES, TARGET_PARAM_BYTES};

/// Rows of accepted postings. A row is a JSON array in the order of `FIELDS`, so it begins with
/// `["`, the key as JSON text, and `"`; its last element is the hash of what is before it.
#[derive(Debug)]
pub struct Rows {
    params: Vec<String>,
    rows: Vec<Row>,
    /// Numbers of live rows by key.
    by_key: HashTable<usize>,
    hasher: FixedState,
    collisions: Vec<Collision>,
    target_param_bytes: usize,
    body_bytes: usize,
    n_duplicates: usize,
}

/// Where a row is: `start..end` in a parameter, with the comma or bracket behind it.
#[derive(Debug)]
pub struct Row {
    pub param: usize,
    pub start: usize,
    pub end: usize,
    /// Of its key, the inside of a JSON string.
    pub key_bytes: usize,
    pub hash: ContentHash,
    pub span: ItemSpan,
    /// The whole id, when the key is only its beginning.
    whole_id: Option<Box<str>>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Live,
    /// A later posting of the same id stands in its place.
    Superseded,
    /// Its id is equal to a different one's only because of the cut.
    Collided,
}

/// A posting whose id became equal to that of a different one.
#[derive(Debug, Clone)]
pub struct Collision {
    pub span: ItemSpan,
    /// The index of the other posting.
    pub other_index: usize,
    /// The key that both became.
    pub key_json: String,
}

/// What a request comes to.
#[derive(Debug)]
pub struct Finished {
    /// JSON arrays of rows, none longer than `MAX_PARAM_BYTES` even with [`super::with_escapes`].
    pub params: Vec<String>,
    /// The rows of all parameters, in their order.
    pub rows: Vec<Row>,
    pub n_duplicates: usize,
    /// In the order of the request.
    pub collisions: Vec<Collision>,
}

/// The key of a row that is about to be added.
#[derive(Debug, Clone)]
pub struct Key {
    /// Bytes of the key between its quotes in the row.
    pub json_bytes: usize,
    /// The whole id, when the key is only its beginning.
    pub whole_id: Option<Box<str>>,
}

const KEY_START: usize = 2; // after `["`

/// Bytes that a parameter has and grows by beyond what is expected: most rows that come to lie across
/// the target fit, and the hashes of a small request.
const PARAM_SLACK_BYTES: usize = 32_768;

impl Rows {
    /// Rows of a body of this size; the size is only a hint for memory.
    pub fn new(body_bytes: usize) -> Self {
        Self::with_target(body_bytes, TARGET_PARAM_BYTES)
    }

    fn with_target(body_bytes: usize, target_param_bytes: usize) -> Self {
        Self {
            params: Vec::new(),
            rows: Vec::new(),
            by_key: HashTable::new(),
            hasher: FixedState::default(),
            collisions: Vec::new(),
            target_param_bytes,
            body_bytes,
            n_duplicates: 0,
        }
    }

    /// Calls `write` with the buffer that the next row goes to. `Some` adds what it wrote, an array,
    /// with its hash; with `None` it never was. Whether it was added.
    pub fn add(&mut self, span: ItemSpan, write: impl FnOnce(&mut String) -> Option<Key>) -> bool {
        if self.params.is_empty() {
            self.open_param(0);
            self.expect_rows(span.end - span.start);
        }
        let param_number = self.params.len() - 1;
        let Some(param) = self.params.last_mut() else {
            return false;
        };
        let start = param.len();
        // Growing by doubling would hold up to three times the bytes for a moment.
        let row_bytes = span.end - span.start + MAX_ROW_GROWTH_BYTES;
        if param.capacity() - start < row_bytes {
            param.reserve_exact(row_bytes.max(PARAM_SLACK_BYTES));
        }
        let Some(key) = write(param) else {
            param.truncate(start);
            return false;
        };
        let hash = ContentHash::of(param.get(start..).unwrap_or_default());
        // In place of the closing bracket.
        param.pop();
        param.push_str(",\"");
        hash.push_to(param);
        param.push_str("\"],");
        let mut row = Row {
            param: param_number,
            start,
            end: param.len(),
            key_bytes: key.json_bytes,
            hash,
            span,
            whole_id: key.whole_id,
            state: State::Live,
        };
        // `[` alone before it means that the row is as alone as it can be.
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

    /// Makes room for as many keys as there are if all postings are as long as the first: growing step by
    /// step hashes each of them anew at each step.
    fn expect_rows(&mut self, posting_bytes: usize) {
        let n_rows = self.body_bytes / posting_bytes.max(1);
        self.by_key.reserve(n_rows.min(MAX_ITEMS), |_| 0);
    }

    /// Enters the row under its key, in place of an earlier one.
    fn index(&mut self, mut row: Row) {
        let number = self.rows.len();
        let key = key_of(&self.params, &row);
        let hash = self.hasher.hash_one(key);
        let same_key = |other: &usize| {
            self.rows
                .get(*other)
                .is_some_and(|other| key_of(&self.params, other) == key)
        };
        let Some(entry) = self.by_key.find_mut(hash, same_key) else {
            let rehash = |other: &usize| {
                let key = self.rows.get(*other).map(|row| key_of(&self.params, row));
                self.hasher.hash_one(key.unwrap_or_default())
            };
            self.by_key.insert_unique(hash, number, rehash);
            self.rows.push(row);
            return;
        };
        if let Some(earlier) = self.rows.get_mut(*entry) {
            if earlier.state == State::Collided || earlier.whole_id != row.whole_id {
                let collision = |span: ItemSpan, other_index: usize| Collision {
                    span,
                    other_index,
                    key_json: key.to_owned(),
                };
                if earlier.state == State::Live {
                    earlier.state = State::Collided;
                    self.collisions
                        .push(collision(earlier.span, row.span.place.index));
                }
                row.state = State::Collided;
                self.collisions
                    .push(collision(row.span, earlier.span.place.index));
                // The earlier one stays the entry: it stands for all that collide with it.
                self.rows.push(row);
                return;
            }
            earlier.state = State::Superseded;
            self.n_duplicates += 1;
        }
        *entry = number;
        self.rows.push(row);
    }

    /// Closes the parameters, without the rows that are not to be written.
    pub fn finish(mut self) -> Finished {
        let n_all = self.rows.len();
        self.rows.retain(|row| row.state == State::Live);
        if self.rows.len() < n_all {
            self.close_gaps();
        }
        // One that was opened for rows of which none was added.
        self.params.retain(|param| param.len() > 1);
        for param in &mut self.params {
            param.pop();
            param.push(']');
        }
        self.collisions
            .sort_unstable_by_key(|collision| collision.span.place.index);
        Finished {
            params: self.params,
            rows: self.rows,
            n_duplicates: self.n_duplicates,
            collisions: self.collisions,
        }
    }

    /// Keeps of the parameters what their rows are.
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

/// The key of a row, the inside of a JSON string.
pub fn key_of<'p>(params: &'p [String], row: &Row) -> &'p str {
    let start = row.start + KEY_START;
    params
        .get(row.param)
        .and_then(|param| param.get(start..start + row.key_bytes))
        .unwrap_or_default()
}

#[cfg(test)]
#[expect(clippy::string_slice, reason = "a panic is a failed test")]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::finding::Place;

    const TARGET: usize = 80;

    fn span(index: usize) -> ItemSpan {
        ItemSpan {
            place: Place { index, line: None },
            start: 0,
            end: 0,
        }
    }

    /// Adds `["key","text"]`, which becomes `["key","text","hash"]`.
    fn add(rows: &mut Rows, index: usize, key: &str, text: &str, whole_id: Option<&str>) {
        rows.add(span(index), |row| {
            row.push_str(&json!([key, text]).to_string());
            Some(Key {
                json_bytes: key.len(),
                whole_id: whole_id.map(Into::into),
            })
        });
    }

    fn parsed(params: &[String]) -> Vec<(String, String)> {
        let parse = |param: &String| -> Vec<(String, String, String)> {
            serde_json::from_str(param).expect("a JSON array of rows")
        };
        let rows = params.iter().flat_map(parse);
        rows.map(|(key, text, _)| (key, text)).collect()
    }

    /// What should be left: the last of each key, at the place of that last one.
    fn expected(sent: &[(u8, String)]) -> Vec<(String, String)> {
        let is_last = |at: usize, key: u8| sent[at + 1..].iter().all(|(later, _)| *later != key);
        sent.iter()
            .enumerate()
            .filter(|(at, (key, _))| is_last(*at, *key))
            .map(|(_, (key, text))| (key.to_string(), text.clone()))
            .collect()
    }

    proptest! {
        #[test]
        fn nothing_is_lost_reordered_or_too_long(
            sent in prop::collection::vec((any::<u8>(), "[a-zé\"]{0,80}"), 0..60),
        ) {
            let mut rows = Rows::with_target(0, TARGET);
            for (index, (key, text)) in sent.iter().enumerate() {
                add(&mut rows, index, &key.to_string(), text, None);
            }
            let finished = rows.finish();
            let expected = expected(&sent);
            prop_assert_eq!(finished.rows.len(), expected.len());
            for (row, (key, _)) in finished.rows.iter().zip(&expected) {
                prop_assert_eq!(key_of(&finished.params, row), key);
                let text = &finished.params[row.param][row.start..row.end - 1];
                let mut hash = String::new();
                row.hash.push_to(&mut hash);
                let end = format!(",\"{hash}\"]");
                let sent = text.strip_suffix(&end).expect("its hash");
                prop_assert_eq!(row.hash, ContentHash::of(&format!("{sent}]")));
            }
            prop_assert_eq!(finished.n_duplicates, sent.len() - expected.len());
            prop_assert_eq!(parsed(&finished.params), expected);
            for param in &finished.params {
                let rows: Vec<Value> = serde_json::from_str(param).expect("JSON");
                prop_assert!(param.len() <= TARGET + 1 || rows.len() == 1, "{}", param);
            }
        }

        #[test]
        fn neighbours_together_exceed_the_target(
            texts in prop::collection::vec("[a-z]{0,80}", 0..60),
        ) {
            let mut rows = Rows::with_target(0, TARGET);
            for (index, text) in texts.iter().enumerate() {
                add(&mut rows, index, &index.to_string(), text, None);
            }
            let params = rows.finish().params;
            for pair in params.windows(2) {
                prop_assert!(pair[0].len() + pair[1].len() > TARGET);
            }
        }
    }

    #[test]
    fn what_is_not_added_leaves_no_trace() {
        let mut rows = Rows::new(0);
        rows.add(span(0), |row| {
            row.push_str("[\"half a row");
            None
        });
        add(&mut rows, 1, "k", "t", None);
        assert_eq!(
            parsed(&rows.finish().params),
            [("k".to_owned(), "t".to_owned())]
        );
    }

    #[test]
    fn no_rows_make_no_parameter() {
        assert_eq!(Rows::new(0).finish().params, [""; 0]);
    }

    #[test]
    fn all_whose_ids_collide_are_left_out() {
        let mut rows = Rows::new(0);
        add(&mut rows, 0, "cut", "first", Some("cut-a"));
        add(&mut rows, 1, "other", "kept", None);
        add(&mut rows, 2, "cut", "again", Some("cut-a"));
        add(&mut rows, 3, "cut", "different", Some("cut-b"));
        add(&mut rows, 4, "cut", "not cut at all", None);
        let finished = rows.finish();
        assert_eq!(
            parsed(&finished.params),
            [("other".to_owned(), "kept".to_owned())]
        );
        assert_eq!(finished.n_duplicates, 1);
        let places: Vec<_> = finished
            .collisions
            .iter()
            .map(|collision| (collision.span.place.index, collision.other_index))
            .collect();
        assert_eq!(places, [(2, 3), (3, 2), (4, 2)]);
    }

    #[test]
    fn the_same_long_id_twice_is_a_duplicate() {
        let mut rows = Rows::new(0);
        add(&mut rows, 0, "cut", "first", Some("cut-a"));
        add(&mut rows, 1, "cut", "last", Some("cut-a"));
        let finished = rows.finish();
        assert_eq!(
            parsed(&finished.params),
            [("cut".to_owned(), "last".to_owned())]
        );
        assert_eq!((finished.n_duplicates, finished.collisions.len()), (1, 0));
    }
}
