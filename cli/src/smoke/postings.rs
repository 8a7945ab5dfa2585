//! The postings that the check sends: three that it writes, and many that it does not.

use std::time::{SystemTime, UNIX_EPOCH};

use jobs_ingest_core::field::FIELDS;
use serde_json::{Value, json};

/// The source by which the rows are found and deleted.
pub const SOURCE: &str = "smoke";

/// The postings of one run of the check; no other run has the same ids.
#[derive(Debug)]
pub struct Postings {
    run: String,
}

impl Postings {
    pub fn of_this_run() -> Self {
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            run: format!("{:x}-{:x}", since_1970.as_micros(), std::process::id()),
        }
    }

    pub fn id(&self, name: &str) -> String {
        format!("smoke-{}-{name}", self.run)
    }

    /// The three rows of this run are `one("1", …)`, `one("2", …)` and `one("3", …)`.
    pub fn one(&self, name: &str, title: &str) -> Value {
        json!({
            "externalId": self.id(name),
            "title": title,
            "location": "Nowhere",
            "description": "Written by jobs-ingest smoke; may be deleted.",
            "source": SOURCE,
        })
    }

    /// Only the id, the source and a title.
    pub fn title_of(&self, name: &str, title: &str) -> Value {
        let mut posting = self.one(name, title);
        if let Some(fields) = posting.as_object_mut() {
            fields.retain(|field, _| ["externalId", "source", "title"].contains(&field.as_str()));
        }
        posting
    }

    /// A posting with every field.
    pub fn whole(&self, name: &str, title: &str) -> Value {
        let mut posting = self.one(name, title);
        if let Some(fields) = posting.as_object_mut() {
            for spec in &FIELDS {
                let example = || serde_json::from_str(spec.kind.example().sent).unwrap_or_default();
                fields.entry(spec.json_name).or_insert_with(example);
            }
        }
        posting
    }

    /// New postings, other than the three.
    pub fn many(&self, n_postings: usize) -> Vec<Value> {
        (0..n_postings)
            .map(|index| self.one(&format!("dry-{index}"), "Dry run"))
            .collect()
    }
}

/// A posting that is never accepted: it has no `externalId`.
pub fn invalid() -> Value {
    json!({ "title": "Without an id", "source": SOURCE })
}

/// The body of a request.
pub fn body(items: &[Value]) -> String {
    json!({ "items": items }).to_string()
}
