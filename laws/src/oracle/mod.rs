//! The rules of a posting once more, written for clarity by way of serde_json's own values, to be
//! compared with what the core makes of the bytes. Where serde_json's values lose what a rule needs
//! (the digits of a number, lone surrogates, great depth) it has no opinion.

use std::collections::HashMap;

use jobs_ingest_core::field::{FIELDS, Field, Kind, Text, TextLimit};
use jobs_ingest_core::ingest::Prepared;
use jobs_ingest_core::limits::{MAX_EXTERNAL_ID_CHARS, MAX_REFERENCE_ID};
use jobs_ingest_core::media::BodyFormat;
use serde_json::{Value, json};

use crate::rows::Row;
use crate::{Input, SOURCES};

/// Why there is no row.
enum No {
    /// The posting is invalid.
    Rejected,
    /// The rule cannot be followed by way of these values.
    Opinion,
}

/// The rows are those that the rules ask for, in the order of the request.
pub fn agrees(input: Input<'_>, prepared: &Prepared, rows: &[Row]) {
    let Some(items) = items(input) else { return };
    assert_eq!(items.len(), prepared.n_received);
    let mut wanted: Vec<Option<Row>> = Vec::with_capacity(items.len());
    let mut by_id: HashMap<String, usize> = HashMap::new();
    let (mut n_rejected, mut n_duplicates) = (0, 0);
    for item in &items {
        match row(item, input.is_limited) {
            Ok(row) => {
                let id = row[Field::ExternalId as usize].to_string();
                if let Some(earlier) = by_id.insert(id, wanted.len()) {
                    wanted[earlier] = None;
                    n_duplicates += 1;
                }
                wanted.push(Some(row));
            }
            Err(No::Rejected) => n_rejected += 1,
            Err(No::Opinion) => return,
        }
    }
    assert_eq!(prepared.n_rejected, n_rejected);
    assert_eq!(prepared.n_duplicates, n_duplicates);
    assert_eq!(rows, wanted.into_iter().flatten().collect::<Vec<_>>());
}

fn items(input: Input<'_>) -> Option<Vec<Value>> {
    let text = std::str::from_utf8(input.body).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match input.format {
        BodyFormat::Ndjson => text
            .split('\n')
            .filter(|line| !line.trim_matches([' ', '\t', '\r']).is_empty())
            .map(|line| serde_json::from_str(line).ok())
            .collect(),
        BodyFormat::Json => match serde_json::from_str(text).ok()? {
            Value::Array(items) => Some(items),
            Value::Object(mut object) => match object.remove("items") {
                Some(Value::Array(items)) => Some(items),
                _ => None,
            },
            _ => None,
        },
    }
}

fn row(item: &Value, is_limited: bool) -> Result<Row, No> {
    let Value::Object(posting) = item else {
        return Err(No::Rejected);
    };
    let mut has_no_opinion = false;
    let mut is_rejected = false;
    let mut row = Row::new();
    for spec in FIELDS {
        let value = posting.get(spec.json_name).unwrap_or(&Value::Null);
        let element = match spec.kind {
            Kind::Key => key(value),
            Kind::Text(rules) => text(rules, value),
            Kind::Reference => reference(value),
            Kind::Flag => flag(value),
        };
        match element {
            Ok(Value::String(source))
                if is_limited && spec.field == Field::Source && !SOURCES.contains(&source) =>
            {
                is_rejected = true;
            }
            Ok(element) => row.push(element),
            // Another field may still be invalid, which counts whatever this one is.
            Err(No::Opinion) => has_no_opinion = true,
            Err(No::Rejected) => is_rejected = true,
        }
    }
    match (is_rejected, has_no_opinion) {
        (true, _) => Err(No::Rejected),
        (false, true) => Err(No::Opinion),
        (false, false) => Ok(row),
    }
}

fn key(value: &Value) -> Result<Value, No> {
    let is_blank = |c: char| c.is_whitespace() || c == '\u{feff}';
    let id = match value {
        Value::String(id) if id.contains('\0') => return Err(No::Rejected),
        Value::String(id) => id.trim_matches(is_blank).to_owned(),
        Value::Number(_) => number_text(value)?,
        _ => return Err(No::Rejected),
    };
    match id.chars().count() {
        0 => Err(No::Rejected),
        // Whether it is cut or collides depends on the other postings.
        n_chars if n_chars > MAX_EXTERNAL_ID_CHARS => Err(No::Opinion),
        _ => Ok(id.into()),
    }
}

fn text(rules: Text, value: &Value) -> Result<Value, No> {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(_) if rules.accepts_number => number_text(value)?,
        _ => return Err(No::Rejected),
    };
    if text.is_empty() {
        return Ok(serde_json::from_str(rules.default_json).expect("a default is JSON"));
    }
    let n_chars = text.chars().count();
    let is_over = match rules.limit {
        TextLimit::CharsCut(limit) => {
            return match text.contains('\0') {
                true => Err(No::Rejected),
                false => Ok(text.chars().take(limit).collect::<String>().into()),
            };
        }
        TextLimit::Chars(limit) => n_chars > limit,
        TextLimit::Bytes(limit) => text.len() > limit,
    };
    match is_over || text.contains('\0') {
        true => Err(No::Rejected),
        false => Ok(text.into()),
    }
}

/// A number with a fraction, or too large for 64 bits, has lost its digits.
fn number_text(value: &Value) -> Result<String, No> {
    match value.is_i64() || value.is_u64() {
        true => Ok(value.to_string()),
        false => Err(No::Opinion),
    }
}

fn reference(value: &Value) -> Result<Value, No> {
    let id = match value {
        Value::Null => 0,
        Value::String(text) if text.is_empty() => 0,
        Value::String(text) => {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            match is_number && text.len() <= 15 {
                true => text.parse().expect("15 digits are a number"),
                false if is_number || text.starts_with('-') => return Err(No::Opinion),
                false => return Err(No::Rejected),
            }
        }
        Value::Number(number) => match number.as_u64() {
            Some(id) => id,
            None if number.is_i64() => return Err(No::Rejected),
            None => return Err(No::Opinion),
        },
        _ => return Err(No::Rejected),
    };
    match id <= MAX_REFERENCE_ID {
        true => Ok(id.max(1).into()),
        false => Err(No::Rejected),
    }
}

fn flag(value: &Value) -> Result<Value, No> {
    let flag = match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) if number.as_f64() == Some(0.0) => false,
        Value::Number(number) if number.as_f64() == Some(1.0) => true,
        Value::String(text) if text.is_empty() || text == "false" => false,
        Value::String(text) if text == "true" => true,
        _ => return Err(No::Rejected),
    };
    Ok(json!(u8::from(flag)))
}
