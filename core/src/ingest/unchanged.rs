//! Skips rows of a large request that the database reports as unchanged.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::body::Prepared;
use super::rows::{Param, Row};
use crate::content_hash::{CONTENT_HASH_CHARS, ContentHash};
use crate::json::RawString;
use crate::limits::{MAX_LABEL_CHARS, MIN_BYTES_TO_ASK_FIRST, SAMPLE_ROWS, TARGET_PARAM_BYTES};
use crate::list::IdList;

/// What is sent to the database first instead of the rows: a stamp per row, which concatenates its
/// hash and its id. The stamps of a request are a JSON object with an array for each source.
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
        let is_small = self.param_bytes() < MIN_BYTES_TO_ASK_FIRST;
        if is_small || stamps_bytes(&self.rows) > TARGET_PARAM_BYTES {
            return None;
        }
        let step = self.rows.len().div_ceil(SAMPLE_ROWS).max(1);
        let sample = self.rows.iter().step_by(step);
        Some(Stamps {
            n_sample: sample.len(),
            sample: self.stamps_of(sample),
            all: self.stamps_of(&self.rows),
        })
    }

    /// Selects the rows whose stamps have these positions in [`Stamps::all`]: source, and index among
    /// its stamps. `None` if there is no such stamp.
    pub fn only(&self, changed: &[(String, usize)]) -> Option<ChangedRows> {
        let mut of_source: BTreeMap<Cow<'_, str>, Vec<usize>> = BTreeMap::new();
        for (number, row) in self.rows.iter().enumerate() {
            let source = self.source_of(row);
            let source = RawString::escaped(source).decode();
            of_source.entry(source).or_default().push(number);
        }
        let mut is_changed = vec![false; self.rows.len()];
        for (source, index) in changed {
            let number = of_source.get(source.as_str())?.get(*index)?;
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
        })
    }

    /// The escaped text of a row's source.
    fn source_of<'p>(&'p self, row: &Row) -> &'p str {
        match row.source_and_id(&self.params).0 {
            "" => &self.default_source,
            source => source,
        }
    }

    fn stamps_of<'r>(&self, rows: impl IntoIterator<Item = &'r Row>) -> String {
        let mut of_source: BTreeMap<&str, String> = BTreeMap::new();
        for row in rows {
            let stamps = of_source.entry(self.source_of(row)).or_default();
            stamps.push('"');
            row.hash.push_to(stamps);
            stamps.push_str(row.source_and_id(&self.params).1);
            stamps.push_str("\",");
        }
        let n_bytes = of_source
            .iter()
            .map(|(source, stamps)| SOURCE_BYTES + source.len() + stamps.len());
        let mut json = String::with_capacity("{}".len() + n_bytes.sum::<usize>());
        json.push('{');
        for (source, stamps) in of_source {
            json.push('"');
            json.push_str(source);
            json.push_str("\":[");
            json.push_str(stamps.strip_suffix(',').unwrap_or_default());
            json.push_str("],");
        }
        if json.len() > 1 {
            json.pop();
        }
        json.push('}');
        json
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
    let default_source = SOURCE_BYTES + 12 * MAX_LABEL_CHARS;
    default_source + rows.into_iter().map(stamp_bytes).sum::<usize>()
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
        let stamps: BTreeMap<String, Vec<String>> = serde_json::from_str(stamps).expect("JSON");
        let id = |stamp: String| stamp.chars().skip(CONTENT_HASH_CHARS).collect();
        let ids = |(source, stamps): (String, Vec<String>)| {
            (source, stamps.into_iter().map(id).collect())
        };
        stamps.into_iter().map(ids).collect()
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
        // For each 11 for the hash, 3 for quotes and comma, 2 for the id's own quotes: with 84 it is 100. The
        // longest source takes 1,205.
        assert!(with_id_of(83).is_some());
        assert!(with_id_of(84).is_none());
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
            serde_json::to_string(&BTreeMap::from([("manual", stamps)])).expect("JSON"),
            prepared.stamps_of(&prepared.rows)
        );
    }

    #[test]
    fn rejects_an_index_out_of_range() {
        let only = |source: &str, index| prepared(&ids(3), 0).only(&[(source.to_owned(), index)]);
        assert!(only("manual", 2).is_some());
        assert!(only("manual", 3).is_none());
        assert!(only("other", 0).is_none());
    }

    proptest! {
        #[test]
        fn every_row_is_either_sent_or_stamped(
            is_changed in prop::collection::vec(any::<bool>(), 1..60),
            is_long in any::<bool>(),
        ) {
            let ids: Vec<String> = is_changed.iter().enumerate().map(|(n, _)| format!("\"é{n}")).collect();
            let prepared = prepared(&ids, if is_long { 100_000 } else { 0 });
            let changed: Vec<(String, usize)> = (0..ids.len())
                .filter(|index| is_changed[*index])
                .map(|index| ("manual".to_owned(), index))
                .collect();
            let rows = prepared.only(&changed).expect("indices of rows");
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
        let rows = prepared.only(&[("é\"x".to_owned(), 1)]).expect("a row");
        assert_eq!(ids_of_rows(&rows.params), ["2"]);
    }
}
