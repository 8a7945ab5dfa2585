//! The answer to a request that was refused because some of its postings are invalid.

use serde::Serialize;

use crate::ingest::Prepared;
use crate::json::with_members;
use crate::problem_body::ProblemBody;

/// Some postings are invalid; nothing was written except, if so recorded, the run.
#[derive(Debug)]
pub struct InvalidItems {
    prepared: Box<Prepared>,
    pub is_recorded: bool,
}

#[derive(Serialize)]
struct Items<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
    received: usize,
    rejected: usize,
    duplicates: usize,
}

impl InvalidItems {
    /// Of a request whose run is not recorded.
    pub fn new(prepared: Prepared) -> Self {
        Self {
            prepared: Box::new(prepared),
            is_recorded: false,
        }
    }

    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    pub fn status(&self) -> u16 {
        self.kind().0
    }

    /// The stable code; clients may rely on it.
    pub fn code(&self) -> &'static str {
        self.kind().1
    }

    /// Status, code and title. A bad line of NDJSON is bad JSON.
    fn kind(&self) -> (u16, &'static str, &'static str) {
        match self.prepared.first_bad_line {
            Some(_) => (400, "invalid_json", "Invalid JSON"),
            None => (422, "invalid_items", "Invalid Items"),
        }
    }

    /// The answer's body.
    pub fn to_json(&self, request_id: &str) -> String {
        let prepared = &self.prepared;
        let (status, code, title) = self.kind();
        let detail = match &prepared.first_bad_line {
            Some(position) => position.to_string(),
            None => format!(
                "{} of {} postings are invalid; nothing was written",
                prepared.n_rejected, prepared.n_received
            ),
        };
        let items = Items {
            run_id: Some(request_id).filter(|_| self.is_recorded),
            received: prepared.n_received,
            rejected: prepared.n_rejected,
            duplicates: prepared.n_duplicates,
        };
        let body = ProblemBody::new(status, code, title, detail, request_id).to_json(&items);
        with_members(body, &prepared.findings().to_json())
    }
}
