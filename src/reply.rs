//! An answer before it becomes a response of the runtime.

use jobs_ingest_core::problem::Problem;
use serde::Serialize;

pub struct Reply {
    pub status: u16,
    pub content_type: Option<&'static str>,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// The code of a problem, for the log.
    pub code: Option<&'static str>,
}

impl Reply {
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            content_type: None,
            headers: Vec::new(),
            body: String::new(),
            code: None,
        }
    }

    pub fn json(status: u16, body: &impl Serialize) -> Self {
        Self {
            content_type: Some("application/json"),
            // Our answers are plain structs, which cannot fail to serialise.
            body: serde_json::to_string(body).unwrap_or_default(),
            ..Self::empty(status)
        }
    }

    pub fn problem(problem: &Problem, request_id: &str) -> Self {
        Self {
            content_type: Some("application/problem+json"),
            headers: problem.headers(),
            body: problem.to_json(request_id),
            code: Some(problem.code()),
            ..Self::empty(problem.status())
        }
    }
}
