//! Skips rows of a large request that the database reports as unchanged.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::body::Prepared;
use super::rows::{Param, Row};
use crate::content_hash::{CONTENT_HASH_CHARS, ContentHash};
use crate::json::{Raw, RawString, elements};
use crate::limits::{
    MAX_LABEL_CHARS, MIN_BYTES_TO_ASK_FIRST, SAMPLE_ROWS, STAMP_PART_ROWS, TARGET_PARAM_BYTES,
};
use crate::list::IdList;

/// What is sent to the database first instead of the rows: a stamp per row, which concatenates its
/// hash and its id. The stamps of a request are a JSON array of parts of [`STAMP_PART_ROWS`] rows each; a
/// part is an object with an array for each source. Within a part the rows are looked up source by source.
#[derive(Debug)]
pub struct Stamps {
    /// Those of a few rows, evenly spread.
    pub sample: String,
    pub n_sample: usize,
    pub all: String,
}

/// The rows that are new or have changed.
#[derive(Debug)]
pub struct ChangedRows {
    /// As [`Prepared::params`].
    pub params: Vec<Param>,
    /// Stamps of the rows that are not sent.
    pub unchanged: String,
    pub n_unchanged: usize,
    /// Stamps of the rows that are sent.
    pub sent: String,
}

impl Prepared {
    /// The ids of a complete list: those of all rows, and of rejected postings.
    pub fn listed_ids(&self) -> IdList {
        let of_rows = self
            .rows
            .iter()
            .map(|row| row.source_and_id(&self.params).1);
        let of_rejected = self.rejected_ids.iter().map(|id| {
            let id = id.strip_prefix('"').and_then(|id| id.strip_suffix('"'));
            id.unwrap_or_default()
        });
        IdList::of_escaped(of_rows.chain(of_rejected))
    }

    /// The id, as the inside of a JSON text, and the hash of each row: what a client that asks
    /// `POST /jobs/compare` sends.
    pub fn hashes(&self) -> impl Iterator<Item = (&str, ContentHash)> {
        let rows = self.rows.iter();
        rows.map(|row| (row.source_and_id(&self.params).1, row.hash))
    }

    /// Returns the stamps of all rows; `None` if asking first would not pay off, or the stamps
    /// would not fit into one parameter.
    pub fn stamps(&self) -> Option<Stamps> {
        if self.param_bytes() < MIN_BYTES_TO_ASK_FIRST {
            return None;
        }
        let all = self.all_stamps()?;
        let step = self.rows.len().div_ceil(SAMPLE_ROWS).max(1);
        let sample = self.rows.iter().step_by(step);
        Some(Stamps {
            n_sample: sample.len(),
            sample: self.stamps_of(sample),
            all,
        })
    }

    /// Returns the stamps of all rows; `None` if they would not fit into one parameter.
    pub fn all_stamps(&self) -> Option<String> {
        let fit = stamps_bytes(&self.rows) <= TARGET_PARAM_BYTES;
        fit.then(|| self.stamps_of(&self.rows))
    }

    /// Selects the rows whose stamps have these positions in [`Stamps::all`], of which
    /// [`crate::sql::FIND_CHANGED`] returns a JSON array: part, source, and index among its stamps. `None` if there
    /// is no such stamp.
    pub fn only(&self, changed: &str) -> Option<ChangedRows> {
        let parts = self.rows.chunks(STAMP_PART_ROWS).enumerate();
        let parts: Vec<_> = parts
            .map(|(part, rows)| self.rows_of_sources(part, rows))
            .collect();
        let mut is_changed = vec![false; self.rows.len()];
        for position in elements(changed)? {
            let Raw::Array(position) = position else {
                return None;
            };
            let position = elements(position)?;
            let [part, source, index] = position.as_slice() else {
                return None;
            };
            let of_source = parts
                .get(part.as_index()?)?
                .get(source.as_text()?.as_str())?;
            let number = of_source.get(index.as_index()?)?;
            *is_changed.get_mut(*number)? = true;
        }
        let n_unchanged = is_changed.iter().filter(|is_changed| !**is_changed).count();
        let of_kind = |kind: bool| {
            let rows = self.rows.iter().zip(&is_changed);
            rows.filter_map(move |(row, is_changed)| (*is_changed == kind).then_some(row))
        };
        let mut params: Vec<Param> = Vec::new();
        for row in of_kind(true) {
            let text = row.json(&self.params);
            let fits = |param: &Param| param.json.len() + 1 + text.len() < TARGET_PARAM_BYTES;
            match params.last_mut().filter(|param| fits(param)) {
                Some(param) => {
                    param.json.push(',');
                    param.json.push_str(text);
                    param.n_fields = param.n_fields.max(row.key.n_fields);
                }
                None => params.push(Param {
                    json: format!("[{text}"),
                    n_fields: row.key.n_fields,
                }),
            }
        }
        for param in &mut params {
            param.json.push(']');
        }
        Some(ChangedRows {
            params,
            unchanged: self.stamps_of(of_kind(false)),
            n_unchanged,
            sent: self.stamps_of(of_kind(true)),
        })
    }

    /// The numbers of a part's rows by their source.
    fn rows_of_sources(&self, part: usize, rows: &[Row]) -> BTreeMap<Cow<'_, str>, Vec<usize>> {
        let mut of_escaped: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, row) in (part * STAMP_PART_ROWS..).zip(rows) {
            of_escaped
                .entry(self.source_of(row))
                .or_default()
                .push(number);
        }
        let of_escaped = of_escaped.into_iter();
        of_escaped
            .map(|(source, rows)| (RawString::escaped(source).decode(), rows))
            .collect()
    }

    /// The escaped text of a row's source.
    fn source_of<'p>(&'p self, row: &Row) -> &'p str {
        match row.source_and_id(&self.params).0 {
            "" => &self.default_source,
            source => source,
        }
    }

    fn stamps_of<'r>(&self, rows: impl IntoIterator<Item = &'r Row>) -> String {
        let mut rows = rows.into_iter().peekable();
        let mut json = "[".to_owned();
        while rows.peek().is_some() {
            self.push_part(rows.by_ref().take(STAMP_PART_ROWS), &mut json);
            json.push(',');
        }
        if json.len() > 1 {
            json.pop();
        }
        json.push(']');
        json
    }

    fn push_part<'r>(&self, rows: impl Iterator<Item = &'r Row>, json: &mut String) {
        let mut of_source: BTreeMap<&str, String> = BTreeMap::new();
        for row in rows {
            let stamps = of_source.entry(self.source_of(row)).or_default();
            stamps.push('"');
            row.hash.push_to(stamps);
            stamps.push_str(row.source_and_id(&self.params).1);
            stamps.push_str("\",");
        }
        json.push('{');
        for (source, stamps) in of_source {
            json.push('"');
            json.push_str(source);
            json.push_str("\":[");
            json.push_str(stamps.strip_suffix(',').unwrap_or_default());
            json.push_str("],");
        }
        // A part has rows, and so a source.
        json.pop();
        json.push('}');
    }
}

/// What a source takes besides its name and its stamps.
const SOURCE_BYTES: usize = "\"\":[],".len();

/// Upper bound for the JSON of the stamps of rows. A row may be the only one of its source.
fn stamps_bytes<'r>(rows: impl IntoIterator<Item = &'r Row>) -> usize {
    const REST: usize = CONTENT_HASH_CHARS + "\"\",".len() + SOURCE_BYTES;
    let stamp_bytes = |row: &Row| match row.key.source_bytes {
        DEFAULT_SOURCE_BYTES => REST - SOURCE_BYTES + row.key.id_bytes,
        source_bytes => REST + source_bytes + row.key.id_bytes,
    };
    let mut rows = rows.into_iter();
    let (mut n_rows, mut bytes) = (0, "[]".len());
    for row in &mut rows {
        n_rows += 1;
        bytes += stamp_bytes(row);
    }
    let part_bytes = "{},".len() + SOURCE_BYTES + 12 * MAX_LABEL_CHARS;
    bytes + (n_rows / STAMP_PART_ROWS + 1) * part_bytes
}

/// The default source is null in a row.
const DEFAULT_SOURCE_BYTES: usize = "null".len();

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::ingest::{Rules, prepare};
    use crate::media::BodyFormat;

    fn prepared(ids: &[String], description_bytes: usize) -> Prepared {
        let description = "x".repeat(description_bytes);
        let posting = |id: &String| json!({ "externalId": id, "description": description });
        let body = json!(ids.iter().map(posting).collect::<Vec<_>>()).to_string();
        prepare(body.as_bytes(), BodyFormat::Json, Rules::default()).expect("a body")
    }

    fn ids(n_ids: usize) -> Vec<String> {
        (0..n_ids).map(|number| format!("job-{number}")).collect()
    }

    /// By source, in the order of the stamps.
    fn stamps_by_source(stamps: &str) -> BTreeMap<String, Vec<String>> {
        let parts: Vec<BTreeMap<String, Vec<String>>> = serde_json::from_str(stamps).expect("JSON");
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (source, stamps) in parts.into_iter().flatten() {
            let ids = stamps
                .into_iter()
                .map(|stamp| stamp.chars().skip(CONTENT_HASH_CHARS).collect());
            all.entry(source).or_default().extend(ids);
        }
        all
    }

    fn ids_of_stamps(stamps: &str) -> Vec<String> {
        stamps_by_source(stamps).into_values().flatten().collect()
    }

    fn ids_of_rows(params: &[Param]) -> Vec<String> {
        let rows = params.iter().flat_map(|param| {
            let rows: Vec<Vec<Value>> = serde_json::from_str(&param.json).expect("JSON");
            rows
        });
        rows.map(|row| row[2].as_str().expect("an id").to_owned())
            .collect()
    }

    #[test]
    fn asks_first_from_a_megabyte_on() {
        let row_bytes = prepared(&ids(1), 100_000).params[0].json.len();
        let n_rows = MIN_BYTES_TO_ASK_FIRST.div_ceil(row_bytes);
        assert!(prepared(&ids(n_rows), 100_000).stamps().is_some());
        assert!(prepared(&ids(n_rows - 1), 100_000).stamps().is_none());
    }

    #[test]
    fn does_not_ask_if_the_stamps_exceed_a_parameter() {
        let with_id_of = |n_chars: usize| {
            let n_ids = TARGET_PARAM_BYTES / 100;
            let ids: Vec<String> = (0..n_ids).map(|id| format!("{id:0n_chars$}")).collect();
            prepared(&ids, 100).stamps()
        };
        // For each 11 for the hash, 3 for quotes and comma, 2 for the id's own quotes: with 82 it is 98. Each part
        // may have the longest source: 1,208 for each of 32.
        assert!(with_id_of(81).is_some());
        assert!(with_id_of(82).is_none());
    }

    #[test]
    fn sample_is_spread_over_all_rows() {
        let stamps = prepared(&ids(1_000), 2_000).stamps().expect("stamps");
        let sample = ids_of_stamps(&stamps.sample);
        assert_eq!(sample.len(), SAMPLE_ROWS);
        assert_eq!(
            (sample[1].as_str(), sample[99].as_str()),
            ("job-10", "job-990")
        );
        assert_eq!(ids_of_stamps(&stamps.all), ids(1_000));
    }

    #[test]
    fn hashes_are_those_of_the_stamps() {
        let prepared = prepared(&ids(3), 0);
        let stamps = prepared.hashes().map(|(id, hash)| {
            let mut stamp = String::new();
            hash.push_to(&mut stamp);
            stamp + id
        });
        let stamps: Vec<String> = stamps.collect();
        assert_eq!(
            serde_json::to_string(&[BTreeMap::from([("manual", stamps)])]).expect("JSON"),
            prepared.stamps_of(&prepared.rows)
        );
    }

    #[test]
    fn rejects_an_index_out_of_range() {
        let only = |source: &str, index| {
            prepared(&ids(3), 0).only(&json!([[0, source, index]]).to_string())
        };
        assert!(only("manual", 2).is_some());
        assert!(only("manual", 3).is_none());
        assert!(only("other", 0).is_none());
    }

    proptest! {
        #[test]
        fn every_row_is_either_sent_or_stamped(
            is_changed in prop::collection::vec(any::<bool>(), 1..1_100),
            is_long in any::<bool>(),
        ) {
            let ids: Vec<String> = is_changed.iter().enumerate().map(|(n, _)| format!("\"é{n}")).collect();
            let prepared = prepared(&ids, if is_long { 5_000 } else { 0 });
            let changed: Vec<Value> = (0..ids.len())
                .filter(|index| is_changed[*index])
                .map(|index| json!([index / STAMP_PART_ROWS, "manual", index % STAMP_PART_ROWS]))
                .collect();
            let rows = prepared.only(&json!(changed).to_string()).expect("indices of rows");
            let ids_of = |kind: bool| -> Vec<String> {
                let ids = ids.iter().zip(&is_changed);
                ids.filter(|(_, is_changed)| **is_changed == kind).map(|(id, _)| id.clone()).collect()
            };
            prop_assert_eq!(ids_of_rows(&rows.params), ids_of(true));
            prop_assert_eq!(ids_of_stamps(&rows.unchanged), ids_of(false));
            prop_assert_eq!(rows.n_unchanged, ids_of(false).len());
            prop_assert!(prepared.stamps_of(&prepared.rows).len() <= stamps_bytes(&prepared.rows));
        }
    }

    #[test]
    fn stamps_are_grouped_by_source() {
        let body = json!([
            { "externalId": "1", "source": "é\"x" },
            { "externalId": "1" },
            { "externalId": "2", "source": "é\"x" },
            { "externalId": "1", "source": "manual" },
        ]);
        let prepared = prepare(
            body.to_string().as_bytes(),
            BodyFormat::Json,
            Rules::default(),
        );
        let prepared = prepared.expect("a body");
        let stamps = prepared.stamps_of(&prepared.rows);
        let of = |source: &str, ids: &[&str]| {
            (
                source.to_owned(),
                ids.iter().map(|id| (*id).to_owned()).collect(),
            )
        };
        let expected = BTreeMap::from([of("manual", &["1"]), of("é\"x", &["1", "2"])]);
        assert_eq!(stamps_by_source(&stamps), expected);
        // The second row of the first source.
        let rows = prepared
            .only(&json!([[0, "é\"x", 1]]).to_string())
            .expect("a row");
        assert_eq!(ids_of_rows(&rows.params), ["2"]);
    }
}
