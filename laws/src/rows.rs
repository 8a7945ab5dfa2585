//! Laws of the rows in the parameters.

use std::collections::{BTreeMap, HashSet};

use jobs_ingest_core::content_hash::{CONTENT_HASH_CHARS, ContentHash};
use jobs_ingest_core::field::{FIELDS, Field, FieldSpec, KEEP_JSON, Kind};
use jobs_ingest_core::finding::FindingCode;
use jobs_ingest_core::ingest::{Param, Prepared, Rules, prepare};
use jobs_ingest_core::limits::{
    MAX_EXTERNAL_ID_CHARS, MAX_EXTRA_BYTES, MAX_LABEL_CHARS, MAX_LANGUAGE_CHARS, MAX_PARAM_BYTES,
    MAX_PARAMS, MAX_REFERENCE_ID, MAX_URL_CHARS, STAMP_PART_ROWS,
};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::{Defaults, Missing};
use jobs_ingest_core::row_size::{MAX_ROW_BYTES, max_rows_bytes};
use serde::de::IgnoredAny;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::findings::{n_all, n_of};
use crate::input::default_source;

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub hash: String,
    /// Whether the source is given in the row, rather than null for the default one.
    names_source: bool,
    pub values: Values,
}

/// A value for each of `FIELDS`, including omitted trailing ones. `false` keeps the stored value.
pub type Values = Vec<Value>;

/// The fields of the key, which every row has.
const N_KEY_FIELDS: usize = 2;

/// Reads the rows of all parameters with an independent JSON parser.
pub fn read(prepared: &Prepared, rules: Rules<'_>) -> Vec<Row> {
    assert!(prepared.params.len() <= MAX_PARAMS);
    let rows = rows_of(&prepared.params, rules);
    assert_eq!(rows.len(), prepared.n_rows);
    rows
}

fn rows_of(params: &[Param], rules: Rules<'_>) -> Vec<Row> {
    let of_param = |param: &Param| {
        let json = &param.json;
        assert!(json.len() <= MAX_PARAM_BYTES, "{} bytes", json.len());
        let rows: Vec<&RawValue> = serde_json::from_str(json).expect("a parameter is JSON");
        let rows: Vec<(Row, usize)> = rows.into_iter().map(|row| row_of(row, rules)).collect();
        let n_fields = rows.iter().map(|(_, n_fields)| *n_fields).max();
        assert_eq!(n_fields, Some(param.n_fields), "values of the longest row");
        rows.into_iter().map(|(row, _)| row)
    };
    params.iter().flat_map(of_param).collect()
}

/// A row, and the number of values it was sent with.
fn row_of(row: &RawValue, rules: Rules<'_>) -> (Row, usize) {
    let json = row.get();
    assert!(json.len() <= MAX_ROW_BYTES, "{} bytes", json.len());
    let elements: Vec<&RawValue> = serde_json::from_str(json).expect("a row is an array");
    let elements: Vec<&str> = elements.into_iter().map(RawValue::get).collect();
    assert_eq!(
        json,
        format!("[{}]", elements.join(",")),
        "the shortest form"
    );
    let (hash, sent) = elements.split_first().expect("a hash");
    assert!(
        (N_KEY_FIELDS..=FIELDS.len()).contains(&sent.len()),
        "{json}"
    );
    let hash: String = serde_json::from_str(hash).expect("a hash is a text");
    assert_eq!(hash, hash_of(&sent[1..].join(","), rules.missing));
    let not_stated = match rules.missing {
        Missing::Default => "null",
        Missing::Keep => KEEP_JSON,
    };
    if sent.len() > N_KEY_FIELDS {
        assert_ne!(sent.last(), Some(&not_stated), "{json}");
    }
    let rest = std::iter::repeat(&not_stated);
    let fields = FIELDS.iter().zip(sent.iter().chain(rest));
    let mut values: Values = fields.map(|(spec, json)| value(spec, json)).collect();
    let (names_source, default) = (sent[0] != "null", default_source(rules.sources));
    match names_source {
        true => assert_ne!(values[0], default, "the default source has one form"),
        false => values[0] = default.into(),
    }
    let row = Row {
        hash,
        names_source,
        values,
    };
    (row, sent.len())
}

/// The hash covers the text after the source, so equal values may hash differently.
fn hash_of(text: &str, missing: Missing) -> String {
    let mut hash = String::new();
    ContentHash::of(text, missing).push_to(&mut hash);
    hash
}

fn value(spec: &FieldSpec, json: &str) -> Value {
    assert!(json.len() <= spec.max_json_bytes(), "{}", spec.column);
    match (spec.kind, json.as_bytes().first()) {
        // serde_json rounds some numbers differently than the standard library.
        (Kind::Amount, Some(b'0'..=b'9')) => json!(json.parse::<f64>().expect("a number")),
        _ => serde_json::from_str(json).expect("a value is JSON"),
    }
}

/// The rows do not exceed the bound that follows from the body.
pub fn stay_within_their_growth(prepared: &Prepared, body_bytes: usize) {
    let brackets_bytes = prepared.params.len() * "[]".len();
    let max_bytes = max_rows_bytes(body_bytes, prepared.n_received) + brackets_bytes;
    assert!(prepared.param_bytes() <= max_bytes, "{prepared:?}");
}

pub fn keep_every_limit(rows: &[Row], rules: Rules<'_>) {
    let mut keys = HashSet::new();
    for Row { values, .. } in rows {
        for (spec, value) in FIELDS.iter().zip(values) {
            if let Value::String(text) = value {
                assert!(!text.contains('\0'), "{}: {text:?}", spec.column);
            }
            let is_within = match value {
                Value::Bool(false) => {
                    rules.missing == Missing::Keep && spec.field as usize >= N_KEY_FIELDS
                }
                value if *value == default_value(spec, rules.defaults) => {
                    // The id has no default.
                    spec.kind != Kind::Id
                }
                value => is_value(spec.kind, value),
            };
            assert!(is_within, "{}: {value}", spec.column);
        }
        let key = &values[..N_KEY_FIELDS];
        assert!(keys.insert(key), "{key:?} occurs twice");
    }
}

pub fn default_value(spec: &FieldSpec, defaults: Defaults) -> Value {
    serde_json::from_str(spec.default_json(defaults)).expect("a default is JSON")
}

/// Whether a field of this kind accepts a value that is neither a default nor omitted.
fn is_value(kind: Kind, value: &Value) -> bool {
    let text = value.as_str();
    let is_text_of = |max_chars: usize| {
        text.is_some_and(|text| !text.is_empty() && text.chars().count() <= max_chars)
    };
    let is_code_of = |bytes: usize| {
        text.is_some_and(|text| text.len() == bytes && shape(text) == "A".repeat(bytes))
    };
    match kind {
        Kind::Source => is_text_of(MAX_LABEL_CHARS),
        Kind::Id => is_text_of(MAX_EXTERNAL_ID_CHARS),
        Kind::Text { max_chars } | Kind::Texts { max_chars } => is_text_of(max_chars),
        Kind::LongText { max_bytes } => {
            text.is_some_and(|text| !text.is_empty() && text.len() <= max_bytes)
        }
        Kind::Reference => value
            .as_u64()
            .is_some_and(|id| (1..=MAX_REFERENCE_ID).contains(&id)),
        Kind::Flag => matches!(value.as_u64(), Some(0 | 1)),
        Kind::Url => is_text_of(MAX_URL_CHARS),
        Kind::Time => {
            let shapes = ["0000-00-00", "0000-00-00A00:00:00.000A"];
            text.is_some_and(|text| shapes.contains(&shape(text).as_str()))
        }
        Kind::Country => is_code_of(2),
        Kind::Currency => is_code_of(3),
        Kind::Language => is_text_of(MAX_LANGUAGE_CHARS),
        Kind::Amount => value
            .as_f64()
            .is_some_and(|amount| amount.is_finite() && amount.is_sign_positive()),
        Kind::Period => {
            text.is_some_and(|text| ["YEAR", "MONTH", "WEEK", "DAY", "HOUR"].contains(&text))
        }
        Kind::Object => text.is_some_and(|text| {
            let is_json = serde_json::from_str::<IgnoredAny>(text).is_ok();
            is_json && text.starts_with('{') && text.len() <= MAX_EXTRA_BYTES
        }),
    }
}

/// The text with `0` for each digit and `A` for each capital letter.
fn shape(text: &str) -> String {
    let shape = |c: char| match c {
        '0'..='9' => '0',
        'A'..='Z' => 'A',
        other => other,
    };
    text.chars().map(shape).collect()
}

/// A common source is stated exactly if all rows share one.
pub fn have_the_stated_source(rows: &[Row], prepared: &Prepared) {
    let mut sources = rows.iter().map(|row| &row.values[Field::Source as usize]);
    let uniform = sources
        .next()
        .filter(|first| sources.all(|source| source == *first));
    assert_eq!(
        prepared.source.as_deref(),
        uniform.and_then(|source| source.as_str())
    );
}

/// Rows that the database reports as changed are sent, and the others are stamped.
pub fn are_sent_or_stamped(rows: &[Row], prepared: &Prepared, rules: Rules<'_>) {
    let is_changed = |index: &usize| index.is_multiple_of(3);
    // The stamps of a request are in parts, in each of which they are grouped by source.
    let mut n_stamps: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let mut changed = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let (part, source) = (index / STAMP_PART_ROWS, text(row, Field::Source));
        let n_before = n_stamps.entry((part, source)).or_default();
        if is_changed(&index) {
            changed.push(json!([part, source, *n_before]));
        }
        *n_before += 1;
    }
    let only = prepared.only(&json!(changed).to_string());
    let only = only.expect("positions of stamps");
    let of_kind = |kind: bool| {
        let rows = rows.iter().enumerate();
        rows.filter(move |(index, _)| is_changed(index) == kind)
            .map(|(_, row)| row)
    };
    let sent = rows_of(&only.params, rules);
    assert!(sent.iter().eq(of_kind(true)));
    let of_rows = of_kind(false).map(|row| {
        assert_eq!(row.hash.len(), CONTENT_HASH_CHARS);
        let stamp = format!("{}{}", row.hash, text(row, Field::ExternalId));
        (text(row, Field::Source).to_owned(), stamp)
    });
    let found: Vec<BTreeMap<String, Vec<String>>> =
        serde_json::from_str(&only.unchanged).expect("stamps are JSON");
    let found = found
        .into_iter()
        .flatten()
        .flat_map(|(source, stamps)| stamps.into_iter().map(move |stamp| (source.clone(), stamp)));
    let sorted = |stamps: &mut dyn Iterator<Item = (String, String)>| {
        let mut stamps: Vec<_> = stamps.collect();
        stamps.sort();
        stamps
    };
    assert_eq!(
        sorted(&mut found.into_iter()),
        sorted(&mut of_rows.into_iter())
    );
    assert_eq!(only.n_unchanged, of_kind(false).count());
}

fn text(row: &Row, field: Field) -> &str {
    row.values[field as usize].as_str().expect("a text")
}

/// Stored values can be sent again unchanged, in both body forms, and are stored as the same
/// values. With `missing=keep` this applies to the fields that the posting mentions.
pub fn are_unchanged_when_sent_again(rows: &[Row], rules: Rules<'_>) {
    if rows.is_empty() {
        return;
    }
    let items: Vec<String> = rows.iter().map(|row| posting(&row.values)).collect();
    let json = (BodyFormat::Json, format!("[{}]", items.join(",")));
    let has_line_breaks = items.iter().any(|item| item.contains('\n'));
    // An object may have been sent on several lines.
    let ndjson = (!has_line_breaks).then(|| (BodyFormat::Ndjson, items.join("\n")));
    for (format, body) in std::iter::once(json).chain(ndjson) {
        let again = prepare(body.as_bytes(), format, rules).expect("rows can be sent again");
        assert_eq!(again.n_rejected, 0, "{:?}", again.errors.listed());
        let warnings = &again.warnings;
        let n_empty_titles = n_of(warnings, FindingCode::EmptyTitle);
        assert_eq!(n_all(warnings), n_empty_titles, "{:?}", warnings.listed());
        assert!(again.ignored_fields.is_empty());
        let again = read(&again, rules);
        assert!(
            again
                .iter()
                .map(|row| &row.values)
                .eq(rows.iter().map(|row| &row.values)),
            "{again:?} was {rows:?}"
        );
    }
}

/// A posting that would produce this row: it has every field for which the row has a value.
fn posting(values: &Values) -> String {
    let stated = FIELDS
        .iter()
        .zip(values)
        .filter(|(_, value)| **value != json!(false));
    let members: BTreeMap<&str, Box<RawValue>> = stated
        .map(|(spec, value)| {
            let json = match (spec.kind, value) {
                (Kind::Object, Value::String(text)) => RawValue::from_string(text.clone()),
                (_, value) => to_raw_value(value),
            };
            (spec.json_name, json.expect("a value is JSON"))
        })
        .collect();
    serde_json::to_string(&members).expect("a posting is JSON")
}
