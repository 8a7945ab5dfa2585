//! Helpers to prepare requests and read their rows and findings.

use jobs_ingest_core::field::{FIELDS, Field};
use jobs_ingest_core::finding::{Finding, Findings};
use jobs_ingest_core::ingest::{BodyError, DEFAULT_SOURCE, Param, Prepared, Rules, prepare};
use jobs_ingest_core::media::BodyFormat;
use serde_json::{Value, json};

pub fn json(body: &str) -> Result<Prepared, BodyError> {
    prepare(body.as_bytes(), BodyFormat::Json, Rules::default())
}

pub fn ndjson(body: &str) -> Prepared {
    prepare(body.as_bytes(), BodyFormat::Ndjson, Rules::default()).expect("a body with postings")
}

/// Prepares a request with these postings.
pub fn items(items: &Value) -> Prepared {
    items_by(items, Rules::default())
}

pub fn items_by(items: &Value, rules: Rules<'_>) -> Prepared {
    let body = json!({ "items": items }).to_string();
    prepare(body.as_bytes(), BodyFormat::Json, rules).expect("a body with postings")
}

/// The rows of all parameters as sent, without their hashes.
pub fn sent_rows(prepared: &Prepared) -> Vec<Vec<Value>> {
    let parse =
        |param: &Param| -> Vec<Vec<Value>> { serde_json::from_str(&param.json).expect("JSON") };
    let without_hash = |mut row: Vec<Value>| {
        row.remove(0);
        row
    };
    let rows = prepared.params.iter().flat_map(parse);
    rows.map(without_hash).collect()
}

/// The rows padded to one value per field.
pub fn rows(prepared: &Prepared) -> Vec<Vec<Value>> {
    let whole = |mut row: Vec<Value>| {
        row.resize(FIELDS.len(), Value::Null);
        if row[0].is_null() {
            row[0] = DEFAULT_SOURCE.into();
        }
        row
    };
    sent_rows(prepared).into_iter().map(whole).collect()
}

/// One field of all rows.
pub fn values(prepared: &Prepared, field: Field) -> Vec<Value> {
    let value = |row: Vec<Value>| row[field as usize].clone();
    rows(prepared).into_iter().map(value).collect()
}

/// `code: message`, one per line.
pub fn lines(findings: &Findings) -> String {
    let line = |finding: &Finding| format!("{}: {}", finding.code.name(), finding.message);
    let lines: Vec<String> = findings.listed().iter().map(line).collect();
    lines.join("\n")
}
