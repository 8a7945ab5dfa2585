//! What the tests say a request is.

use jobs_ingest_core::finding::Findings;
use jobs_ingest_core::ingest::{BodyError, Prepared, Rules, prepare};
use jobs_ingest_core::media::BodyFormat;
use serde_json::{Value, json};

pub fn json(body: &str) -> Result<Prepared, BodyError> {
    prepare(body.as_bytes(), BodyFormat::Json, Rules::default())
}

pub fn ndjson(body: &str) -> Prepared {
    prepare(body.as_bytes(), BodyFormat::Ndjson, Rules::default()).expect("a body with postings")
}

/// A request of these postings.
pub fn items(items: &Value) -> Prepared {
    json(&json!({ "items": items }).to_string()).expect("a body with postings")
}

/// A request of one posting with this field, written as JSON text.
pub fn one(field: &str, value: &str) -> Prepared {
    json(&format!(r#"[{{"externalId":"id-1","{field}":{value}}}]"#)).expect("a body with postings")
}

/// The rows of all parameters, without their hashes.
pub fn rows(prepared: &Prepared) -> Vec<Value> {
    let parse = |param: &String| -> Vec<Vec<Value>> { serde_json::from_str(param).expect("JSON") };
    let without_hash = |mut row: Vec<Value>| {
        row.pop();
        Value::from(row)
    };
    let rows = prepared.params.iter().flat_map(parse);
    rows.map(without_hash).collect()
}

/// `code: message` of each.
pub fn lines(findings: &Findings) -> String {
    let line = |finding: &jobs_ingest_core::finding::Finding| {
        let code = serde_json::to_value(finding.code).expect("a code");
        format!("{}: {}", code.as_str().unwrap_or_default(), finding.message)
    };
    let lines: Vec<String> = findings.listed().iter().map(line).collect();
    lines.join("\n")
}
