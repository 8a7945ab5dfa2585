//! A second implementation of a posting's rules, written for clarity with serde_json's values and
//! compared with core's result. It abstains where serde_json cannot represent what was sent (a lone
//! surrogate), or where it would have to repeat a list or a number format.

mod time;
mod value;
mod verdict;

use std::collections::HashMap;

use jobs_ingest_core::field::{FIELDS, Field, FieldSpec};
use jobs_ingest_core::finding::FindingCode;
use jobs_ingest_core::ingest::Prepared;
use jobs_ingest_core::limits::MAX_IGNORED_FIELDS;
use jobs_ingest_core::media::{BYTE_ORDER_MARK, BodyFormat};
use jobs_ingest_core::options::{Missing, Unknown};
use serde_json::Value;
use serde_json::value::RawValue;

use self::verdict::{No, Stated, Warnings};
use crate::findings::n_of;
use crate::input::{Input, default_source};
use crate::json::{Json, Members};
use crate::rows::{Row, Values, default_value};

/// The rows and warnings are those that the rules require, in request order.
pub fn agrees(input: Input<'_>, prepared: &Prepared, rows: &[Row]) {
    let Some(items) = items(input) else { return };
    assert_eq!(items.len(), prepared.n_received);
    let mut wanted: Vec<Option<Values>> = Vec::with_capacity(items.len());
    let mut by_key: HashMap<String, usize> = HashMap::new();
    let mut superseded: Vec<(String, Values)> = Vec::new();
    let (mut n_rejected, mut n_unknown) = (0, 0);
    let mut warnings = Warnings::default();
    let has_bad_line = items.iter().any(Option::is_none);
    for item in items {
        let Some(item) = item else {
            n_rejected += 1;
            continue;
        };
        if let Ok(Members(members)) = serde_json::from_str(item.get()) {
            let unknown = members.iter().filter(|(name, _)| field(name).is_none());
            n_unknown += unknown.count();
        }
        match values(input, item, &mut warnings) {
            Ok(values) => {
                let key = format!("{:?}", (&values[0], &values[1]));
                if let Some(earlier) = by_key.insert(key.clone(), wanted.len()) {
                    let earlier = wanted[earlier].take().expect("the last one of its key");
                    superseded.push((key, earlier));
                }
                wanted.push(Some(values));
            }
            Err(No::Rejected) => n_rejected += 1,
            Err(No::Abstain) => return,
        }
    }
    assert_eq!(prepared.n_rejected, n_rejected);
    assert_eq!(prepared.n_duplicates, superseded.len());
    let differs = |(key, values): &&(String, Values)| wanted[by_key[key]].as_ref() != Some(values);
    let n_different = superseded.iter().filter(differs).count();
    // Equal values in different encodings may count as different.
    assert!(n_of(&prepared.warnings, FindingCode::Duplicate) >= n_different);
    for (code, n) in [
        (FindingCode::EmptyTitle, warnings.n_empty_titles),
        (FindingCode::Truncated, warnings.n_truncated),
        (FindingCode::Replaced, warnings.n_replaced),
    ] {
        assert_eq!(n_of(&prepared.warnings, code), n, "{}", code.name());
    }
    // Keys before a syntax error may have been counted.
    if input.unknown == Unknown::Ignore && !has_bad_line {
        let counts = prepared.ignored_fields.iter().map(|field| field.count);
        let n_ignored: usize = counts.sum();
        let is_whole = prepared.ignored_fields.len() < MAX_IGNORED_FIELDS;
        assert!(n_ignored == n_unknown || (!is_whole && n_ignored < n_unknown));
    }
    let wanted: Vec<Values> = wanted.into_iter().flatten().collect();
    assert!(
        rows.iter().map(|row| &row.values).eq(&wanted),
        "{rows:#?} should be {wanted:#?}"
    );
}

/// The postings; `None` for a line of NDJSON that does not parse.
fn items(input: Input<'_>) -> Option<Vec<Option<&RawValue>>> {
    let body = input.body.strip_prefix(BYTE_ORDER_MARK);
    let body = body.unwrap_or(input.body);
    match input.format {
        BodyFormat::Ndjson => {
            let lines = body.split(|byte| *byte == b'\n');
            let lines = lines.filter(|line| !line.iter().all(|byte| b" \t\r".contains(byte)));
            Some(lines.map(posting_of_line).collect())
        }
        BodyFormat::Json => {
            let document: &RawValue = serde_json::from_slice(body).ok()?;
            let items = match Json::of(document)? {
                Json::Array(items) => items,
                Json::Object(object) => {
                    let Members(members) = serde_json::from_str(object).ok()?;
                    let last = members.into_iter().rfind(|(name, _)| name == "items");
                    last?.1.get()
                }
                _ => return None,
            };
            let items: Vec<&RawValue> = serde_json::from_str(items).ok()?;
            Some(items.into_iter().map(Some).collect())
        }
    }
}

fn posting_of_line(line: &[u8]) -> Option<&RawValue> {
    let line = std::str::from_utf8(line).ok()?;
    serde_json::from_str(line).ok()
}

fn field(name: &str) -> Option<&'static FieldSpec> {
    let is_it = |spec: &&FieldSpec| spec.json_name == name || spec.column == name;
    FIELDS.iter().find(is_it)
}

/// The values of a posting's row.
fn values(input: Input<'_>, item: &RawValue, warnings: &mut Warnings) -> Result<Values, No> {
    if !item.get().starts_with('{') {
        return Err(No::Rejected);
    }
    let members = serde_json::from_str(item.get()).map_err(|_| No::Abstain)?;
    let Members(members) = members;
    let is_unknown = |(name, _): &(String, _)| field(name).is_none();
    let mut is_rejected = input.unknown == Unknown::Error && members.iter().any(is_unknown);
    let mut abstains = false;
    let mut values = Values::new();
    for spec in &FIELDS {
        let is_its = |(name, _): &&(String, &RawValue)| {
            field(name).is_some_and(|named| named.field == spec.field)
        };
        let value = members.iter().rfind(is_its).map(|(_, value)| *value);
        match value_of(input, spec, value, warnings) {
            Ok(value) => values.push(value),
            // Another field may still be invalid, which rejects the posting regardless of this one.
            Err(No::Abstain) => abstains = true,
            Err(No::Rejected) => is_rejected = true,
        }
    }
    match (is_rejected, abstains) {
        (_, true) => Err(No::Abstain),
        (true, false) => Err(No::Rejected),
        (false, false) => Ok(values),
    }
}

/// The value of a field in the row.
fn value_of(
    input: Input<'_>,
    spec: &FieldSpec,
    value: Option<&RawValue>,
    warnings: &mut Warnings,
) -> Result<Value, No> {
    let json = match value {
        None => None,
        Some(value) => Some(Json::of(value).ok_or(No::Abstain)?),
    };
    let stated = value::read(spec, json, warnings)?;
    if spec.field == Field::Source {
        return source(stated, input.token.sources());
    }
    let value = match (stated, input.missing) {
        (Stated::Value(value), _) => return Ok(value),
        // The stored value is kept.
        (Stated::Absent, Missing::Keep) => return Ok(false.into()),
        (Stated::Absent | Stated::Null, _) => default_value(spec, input.defaults),
    };
    if spec.field == Field::Title {
        warnings.n_empty_titles += 1;
    }
    Ok(value)
}

/// The posting's source, or the token's default one, which the token may not be allowed to post
/// either.
fn source(stated: Stated, sources: Option<&[String]>) -> Result<Value, No> {
    let source = match stated {
        Stated::Value(source) => source,
        Stated::Absent | Stated::Null => default_source(sources).into(),
    };
    let is_it = |allowed: &String| source == *allowed;
    match sources.is_none_or(|allowed| allowed.iter().any(is_it)) {
        true => Ok(source),
        false => Err(No::Rejected),
    }
}
