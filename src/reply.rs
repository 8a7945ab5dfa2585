//! An answer before it becomes a response of the runtime.

use jobs_ingest_core::problem::Problem;
use serde::Serialize;

pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// The code of a problem, for the log.
    pub code: Option<&'static str>,
}

impl Reply {
    pub fn json(status: u16, body: &impl Serialize) -> Self {
        Self {
            status,
            content_type: "application/json",
            headers: Vec::new(),
            // Our answers are plain structs, which cannot fail to serialise.
            body: serde_json::to_string(body).unwrap_or_default(),
            code: None,
        }
    }

    pub fn problem(problem: &Problem, request_id: &str) -> Self {
        Self {
            status: problem.status(),
            content_type: "application/problem+json",
            headers: problem.headers(),
            body: problem.to_json(request_id),
            code: Some(problem.code()),
        }
    }
}
