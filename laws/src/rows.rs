//! Laws of the rows that go into the parameters of the statements.

use std::collections::HashSet;

use jobs_ingest_core::content_hash::CONTENT_HASH_CHARS;
use jobs_ingest_core::field::{FIELDS, Field, Kind, TextLimit};
use jobs_ingest_core::ingest::{Prepared, Rules, prepare};
use jobs_ingest_core::limits::{
    MAX_EXTERNAL_ID_CHARS, MAX_PARAM_BYTES, MAX_PARAMS, MAX_REFERENCE_ID, MAX_ROW_GROWTH_BYTES,
};
use jobs_ingest_core::media::BodyFormat;
use serde_json::{Map, Value};

/// One row: an element for each of `FIELDS`.
pub type Row = Vec<Value>;

/// The rows of all parameters without their hashes, which must be JSON for a reader other than ours.
pub fn read(prepared: &Prepared) -> Vec<Row> {
    assert!(prepared.params.len() <= MAX_PARAMS);
    let places = prepared.places();
    assert_eq!(prepared.params.len(), places.len());
    let mut rows = Vec::with_capacity(prepared.n_rows);
    for (param, places) in prepared.params.iter().zip(&places) {
        assert!(param.len() <= MAX_PARAM_BYTES, "{} bytes", param.len());
        let mut of_param: Vec<Row> = serde_json::from_str(param).expect("a parameter is JSON");
        assert!(!of_param.is_empty(), "a statement without a row");
        assert_eq!(of_param.len(), places.len(), "a place for each row");
        assert!(places.is_sorted_by_key(|place| place.index));
        for row in &mut of_param {
            // Over the text as it was sent, which may say the same in other ways.
            let hash = row.pop();
            let is_hash = |hash: &Value| hash.as_str().map(str::len) == Some(CONTENT_HASH_CHARS);
            assert!(hash.as_ref().is_some_and(is_hash), "{hash:?}");
        }
        rows.extend(of_param);
    }
    assert_eq!(rows.len(), prepared.n_rows);
    rows
}

/// A body grows by so much for each posting at the most.
pub fn keep_to_their_growth(prepared: &Prepared, body_bytes: usize) {
    let brackets_bytes = prepared.params.len() * "[]".len();
    let max_bytes = body_bytes + prepared.n_received * MAX_ROW_GROWTH_BYTES + brackets_bytes;
    assert!(prepared.param_bytes() <= max_bytes, "{prepared:?}");
}

pub fn keep_every_limit(rows: &[Row]) {
    let mut ids = HashSet::new();
    for row in rows {
        assert_eq!(row.len(), FIELDS.len(), "{row:?}");
        for (spec, value) in FIELDS.iter().zip(row) {
            if let Value::String(text) = value {
                assert!(!text.contains('\0'), "{}: {text:?}", spec.column);
            }
            let is_within = match spec.kind {
                Kind::Key => value.as_str().is_some_and(|id| {
                    let n_chars = id.chars().count();
                    n_chars > 0 && n_chars <= MAX_EXTERNAL_ID_CHARS
                }),
                Kind::Text(rules) => match value {
                    Value::Null => rules.default_json == "null",
                    Value::String(text) => {
                        let has_default = !matches!(rules.default_json, "null" | "\"\"");
                        is_within(text, rules.limit) && !(has_default && text.is_empty())
                    }
                    _ => false,
                },
                Kind::Reference => value
                    .as_u64()
                    .is_some_and(|id| (1..=MAX_REFERENCE_ID).contains(&id)),
                Kind::Flag => matches!(value.as_u64(), Some(0 | 1)),
            };
            assert!(is_within, "{}: {value}", spec.column);
        }
        let id = &row[Field::ExternalId as usize];
        assert!(ids.insert(id), "{id} is there twice");
    }
}

fn is_within(text: &str, limit: TextLimit) -> bool {
    match limit {
        TextLimit::Chars(limit) | TextLimit::CharsCut(limit) => text.chars().count() <= limit,
        TextLimit::Bytes(limit) => text.len() <= limit,
    }
}

/// A source that is said to be that of all is.
pub fn belong_to_the_source(rows: &[Row], prepared: &Prepared) {
    let mut sources = rows.iter().map(|row| &row[Field::Source as usize]);
    if let Some(uniform) = &prepared.source {
        assert!(
            sources.all(|source| source == uniform),
            "not all are of {uniform}"
        );
    }
}

/// Whatever the database says it does not have, that is sent, and the rest is named.
pub fn are_sent_or_named(rows: &[Row], prepared: &Prepared) {
    let changed: Vec<usize> = (0..rows.len()).step_by(3).collect();
    let only = prepared.only(&changed).expect("positions of rows");
    let n_sent: usize = only
        .params
        .iter()
        .map(|param| {
            let rows: Vec<Row> = serde_json::from_str(param).expect("a parameter is JSON");
            rows.len()
        })
        .sum();
    let stamps: Vec<String> = serde_json::from_str(&only.unchanged).expect("stamps are JSON");
    assert_eq!((n_sent, n_sent + stamps.len()), (changed.len(), rows.len()));
    let is_unchanged = |(position, _): &(usize, &Row)| position % 3 != 0;
    for (stamp, (_, row)) in stamps
        .iter()
        .zip(rows.iter().enumerate().filter(is_unchanged))
    {
        let key: String = stamp.chars().skip(CONTENT_HASH_CHARS).collect();
        assert_eq!(row[Field::ExternalId as usize], key);
    }
}

/// What stands in the table can be sent again as it stands there, in either form, and changes
/// nothing.
pub fn come_out_the_same_when_sent_again(rows: &[Row], rules: Rules<'_>) {
    if rows.is_empty() {
        return;
    }
    let items: Vec<String> = rows.iter().map(item).collect();
    for (format, body) in [
        (BodyFormat::Json, format!("[{}]", items.join(","))),
        (BodyFormat::Ndjson, items.join("\n")),
    ] {
        let again = prepare(body.as_bytes(), format, rules).expect("rows can be sent again");
        assert_eq!(again.n_rejected, 0, "{:?}", again.errors.listed());
        assert!(again.warnings.is_empty(), "{:?}", again.warnings.listed());
        assert_eq!(read(&again), rows);
    }
}

/// The posting that a row came from, with every field.
fn item(row: &Row) -> String {
    let fields = FIELDS.iter().zip(row);
    let object: Map<String, Value> = fields
        .map(|(spec, value)| (spec.json_name.to_owned(), value.clone()))
        .collect();
    Value::Object(object).to_string()
}
