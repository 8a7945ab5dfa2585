//! Compares an answer with what is documented.

use serde_json::Value;

use super::failure::{Failure, Mismatch};
use crate::http::Answer;

/// What an answer must be; anything not named here is free.
#[derive(Debug, Default)]
pub struct Expected {
    status: u16,
    headers: Vec<&'static str>,
    fields: Vec<(&'static str, Value)>,
}

impl Expected {
    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    /// A required header, with any value.
    pub fn header(mut self, name: &'static str) -> Self {
        self.headers.push(name);
        self
    }

    /// A value in the JSON of the body. A dot in `path` enters a list or an object: `errors.0.code`.
    pub fn field(mut self, path: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((path, value.into()));
        self
    }

    /// Every count of an answer to a request for `received` postings; those not named are 0.
    pub fn counts(self, received: u64, counts: Counts) -> Self {
        let Counts {
            inserted,
            updated,
            unchanged,
            duplicates,
            rejected,
        } = counts;
        self.field("success", true)
            .field("received", received)
            .field("inserted", inserted)
            .field("updated", updated)
            .field("unchanged", unchanged)
            .field("duplicates", duplicates)
            .field("rejected", rejected)
            .field("upserted", inserted + updated + unchanged)
    }

    /// Fails at the first thing that is not as expected.
    pub fn check(&self, answer: &Answer) -> Result<(), Failure> {
        self.find_mismatch(answer).map_or(Ok(()), |mismatch| {
            Err(Failure::Mismatch {
                mismatch,
                answer: answer.describe(),
            })
        })
    }

    fn find_mismatch(&self, answer: &Answer) -> Option<Mismatch> {
        if answer.status != self.status {
            return Some(Mismatch::Status {
                expected: self.status,
                found: answer.status,
            });
        }
        let no_header = |name: &&'static str| answer.header(name).is_none();
        if let Some(&name) = self.headers.iter().find(|name| no_header(name)) {
            return Some(Mismatch::NoHeader { name });
        }
        let Some(json) = &answer.json else {
            return Some(Mismatch::NotJson);
        };
        self.fields.iter().find_map(|(path, expected)| {
            let found = json.pointer(&format!("/{}", path.replace('.', "/")));
            (found != Some(expected)).then(|| Mismatch::Field {
                path,
                expected: expected.clone(),
                found: found.cloned(),
            })
        })
    }
}

/// The counts of an answer, by outcome of the postings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    pub inserted: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub duplicates: u64,
    pub rejected: u64,
}

impl Counts {
    pub const NONE: Self = Self {
        inserted: 0,
        updated: 0,
        unchanged: 0,
        duplicates: 0,
        rejected: 0,
    };
}
