//! Skips rows of a large request that the database reports as unchanged.

use std::fmt::Write as _;

use super::body::Prepared;
use super::rows::{Param, Row};
use crate::content_hash::CONTENT_HASH_CHARS;
use crate::json::RawString;
use crate::limits::{MIN_BYTES_TO_ASK_FIRST, SAMPLE_ROWS, TARGET_PARAM_BYTES};

/// What is sent to the database first instead of the rows: a stamp per row, which concatenates its
/// hash, the number of characters of its source, its source and its id. The default source is
/// omitted; its number is 0.
#[derive(Debug)]
pub struct Stamps {
    /// JSON array of the stamps of a few rows, evenly spread.
    pub sample: String,
    /// JSON array of all stamps.
    pub all: String,
}

/// Digits of the number of characters in a stamp.
pub const SOURCE_CHARS_DIGITS: usize = 3;
const _: () = assert!(crate::limits::MAX_LABEL_CHARS < 1_000);

/// The rows that are new or have changed.
#[derive(Debug)]
pub struct ChangedRows {
    /// As [`Prepared::params`].
    pub params: Vec<Param>,
    /// JSON array of the stamps of the rows that are not sent.
    pub unchanged: String,
}

impl Prepared {
    /// Returns the stamps of all rows; `None` if asking first would not pay off, or the stamps
    /// would not fit into one parameter.
    pub fn stamps(&self) -> Option<Stamps> {
        let is_small = self.param_bytes() < MIN_BYTES_TO_ASK_FIRST;
        if is_small || stamps_bytes(&self.rows) > TARGET_PARAM_BYTES {
            return None;
        }
        let step = self.rows.len().div_ceil(SAMPLE_ROWS).max(1);
        Some(Stamps {
            sample: self.stamps_of(self.rows.iter().step_by(step)),
            all: self.stamps_of(&self.rows),
        })
    }

    /// Selects the rows at these indices; `None` if an index is out of range.
    pub fn only(&self, changed: &[usize]) -> Option<ChangedRows> {
        let mut is_changed = vec![false; self.rows.len()];
        for index in changed {
            *is_changed.get_mut(*index)? = true;
        }
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
        })
    }

    fn stamps_of<'r>(&self, rows: impl IntoIterator<Item = &'r Row, IntoIter: Clone>) -> String {
        let rows = rows.into_iter();
        let mut stamps = String::with_capacity(stamps_bytes(rows.clone()));
        stamps.push('[');
        for row in rows {
            let (source, id) = row.source_and_id(&self.params);
            stamps.push('"');
            row.hash.push_to(&mut stamps);
            match source.is_empty() {
                true => stamps.push_str("000"),
                false => {
                    let n_chars = RawString::escaped(source).n_chars();
                    let _ = write!(stamps, "{n_chars:0SOURCE_CHARS_DIGITS$}{source}");
                }
            }
            stamps.push_str(id);
            stamps.push_str("\",");
        }
        if stamps.len() > 1 {
            stamps.pop();
        }
        stamps.push(']');
        stamps
    }
}

/// Upper bound for the JSON array of the stamps of at least one row: per stamp its quotes and a
/// comma or bracket, plus a bracket.
fn stamps_bytes<'r>(rows: impl IntoIterator<Item = &'r Row>) -> usize {
    const REST: usize = CONTENT_HASH_CHARS + SOURCE_CHARS_DIGITS + "\"\",".len();
    let stamp_bytes = |row: &Row| {
        // Without its quotes; the default source is omitted altogether.
        let source_bytes = row.key.source_bytes.saturating_sub("null".len());
        REST + source_bytes + row.key.id_bytes
    };
    1 + rows.into_iter().map(stamp_bytes).sum::<usize>()
}

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

    const HASH_AND_DIGITS: usize = CONTENT_HASH_CHARS + SOURCE_CHARS_DIGITS;

    fn ids_of_stamps(stamps: &str) -> Vec<String> {
        let stamps: Vec<String> = serde_json::from_str(stamps).expect("JSON");
        let id = |stamp: String| stamp.chars().skip(HASH_AND_DIGITS).collect();
        stamps.into_iter().map(id).collect()
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
            let n_ids = 15_200;
            let ids: Vec<String> = (0..n_ids).map(|id| format!("{id:0n_chars$}")).collect();
            prepared(&ids, 100).stamps()
        };
        // 15,200 × (11 for the hash, 3 digits, 3 for quotes and comma, 2 for the id's own quotes,
        // 81) = 1,520,000, and one for a bracket.
        assert!(with_id_of(80).is_some());
        assert!(with_id_of(81).is_none());
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
    fn rejects_an_index_out_of_range() {
        assert!(prepared(&ids(3), 0).only(&[3]).is_none());
    }

    proptest! {
        #[test]
        fn every_row_is_either_sent_or_stamped(
            is_changed in prop::collection::vec(any::<bool>(), 1..60),
            is_long in any::<bool>(),
        ) {
            let ids: Vec<String> = is_changed.iter().enumerate().map(|(n, _)| format!("\"é{n}")).collect();
            let prepared = prepared(&ids, if is_long { 100_000 } else { 0 });
            let changed: Vec<usize> =
                (0..ids.len()).filter(|index| is_changed[*index]).collect();
            let rows = prepared.only(&changed).expect("indices of rows");
            let ids_of = |kind: bool| -> Vec<String> {
                let ids = ids.iter().zip(&is_changed);
                ids.filter(|(_, is_changed)| **is_changed == kind).map(|(id, _)| id.clone()).collect()
            };
            prop_assert_eq!(ids_of_rows(&rows.params), ids_of(true));
            prop_assert_eq!(ids_of_stamps(&rows.unchanged), ids_of(false));
            prop_assert!(prepared.stamps_of(&prepared.rows).len() <= stamps_bytes(&prepared.rows));
        }
    }

    #[test]
    fn stamp_omits_only_the_default_source() {
        let body = json!([
            { "externalId": "1", "source": "é\"x" },
            { "externalId": "1" },
            { "externalId": "1", "source": "manual" },
        ]);
        let prepared = prepare(
            body.to_string().as_bytes(),
            BodyFormat::Json,
            Rules::default(),
        );
        let prepared = prepared.expect("a body");
        let stamps: Vec<String> =
            serde_json::from_str(&prepared.stamps_of(&prepared.rows)).expect("JSON");
        let rests: Vec<String> = stamps
            .iter()
            .map(|stamp| stamp.chars().skip(CONTENT_HASH_CHARS).collect())
            .collect();
        assert_eq!(rests, ["003é\"x1", "0001"]);
    }
}
