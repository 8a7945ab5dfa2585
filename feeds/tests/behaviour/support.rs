//! Helpers: requests, and postings as text.

use jobs_ingest_feeds::{Completeness, Error, Format, Item, Mapped, Request, map};
use serde_json::Value;

/// A request for the board `acme`.
pub fn request(format: Format) -> Request {
    let mut request = Request::new(format);
    request.board = Some("acme".to_owned());
    request
}

pub fn mapped(format: Format, body: &str) -> Mapped {
    map(&request(format), body.as_bytes()).unwrap()
}

/// Prints the postings: a line for each stated field, then the fields left alone, then the
/// findings. Fields that are explicitly null are omitted.
pub fn shown(format: Format, body: &str) -> String {
    text(&mapped(format, body))
}

pub fn text(mapped: &Mapped) -> String {
    let mut lines = Vec::new();
    for posting in &mapped.postings {
        lines.extend(posting_lines(posting));
        lines.push("---".to_owned());
    }
    lines.push(match &mapped.completeness {
        Completeness::Complete { how } => format!("complete: {how}"),
        Completeness::Incomplete { why } => format!("incomplete: {why}"),
        Completeness::Unknown { why } => format!("unknown: {why}"),
    });
    for (reason, n) in &mapped.findings.n_skipped {
        lines.push(format!("skipped {n}: {reason}"));
    }
    for warning in &mapped.findings.warnings {
        let row = warning.index.map(|index| format!(" (row {index})"));
        let row = row.unwrap_or_default();
        lines.push(format!("{}{row}: {}", warning.code.name(), warning.message));
    }
    lines.join("\n")
}

fn posting_lines(posting: &Item) -> Vec<String> {
    let json = serde_json::to_value(posting).unwrap();
    let fields = json.as_object().unwrap();
    let mut lines = Vec::new();
    let order = [
        "externalId",
        "source",
        "title",
        "companyName",
        "location",
        "country",
        "region",
        "locality",
        "workMode",
        "jobType",
        "salary",
        "salaryMin",
        "salaryMax",
        "salaryCurrency",
        "salaryPeriod",
        "postedAt",
        "validThrough",
        "url",
        "applyUrl",
        "department",
        "language",
        "description",
        "extra",
    ];
    let mut left_alone = Vec::new();
    for name in order {
        match fields.get(name) {
            None => left_alone.push(name),
            Some(Value::Null) => {}
            Some(Value::String(text)) => lines.push(format!("{name}: {text:?}")),
            Some(value) => lines.push(format!("{name}: {value}")),
        }
    }
    if !left_alone.is_empty() {
        lines.push(format!("left alone: {}", left_alone.join(", ")));
    }
    lines
}

/// The fields of the only posting.
pub fn only(mapped: &Mapped) -> Value {
    assert_eq!(mapped.postings.len(), 1, "{}", text(mapped));
    serde_json::to_value(&mapped.postings[0]).unwrap()
}

/// One field of the only posting.
pub fn field(format: Format, body: &str, name: &str) -> Value {
    only(&mapped(format, body))[name].clone()
}

/// The error of a body, as text.
pub fn error(format: Format, body: &str) -> Error {
    map(&request(format), body.as_bytes()).unwrap_err()
}

/// The postings as a sorted list of JSON texts.
pub fn as_set(mapped: &Mapped) -> Vec<String> {
    let mut postings: Vec<String> = mapped
        .postings
        .iter()
        .map(|posting| serde_json::to_string(posting).unwrap())
        .collect();
    postings.sort();
    postings
}
