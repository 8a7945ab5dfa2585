//! An answer before it becomes a response of the runtime.

use jobs_ingest_core::problem::Problem;
use serde::Serialize;
use worker::{Response, ResponseBuilder, console_log};

use crate::call::Call;

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
        // Our answers are plain structs, which cannot fail to serialise.
        Self::json_text(status, serde_json::to_string(body).unwrap_or_default())
    }

    pub fn json_text(status: u16, body: String) -> Self {
        Self {
            content_type: Some("application/json"),
            body,
            ..Self::empty(status)
        }
    }

    pub fn problem(problem: &Problem, request_id: &str) -> Self {
        Self {
            headers: problem.headers(),
            ..Self::problem_json(
                problem.status(),
                problem.code(),
                problem.to_json(request_id),
            )
        }
    }

    /// From the body of an RFC 9457 problem.
    pub fn problem_json(status: u16, code: &'static str, body: String) -> Self {
        Self {
            content_type: Some("application/problem+json"),
            body,
            code: Some(code),
            ..Self::empty(status)
        }
    }

    /// The same as an answer that was given before, to the request whose run this is.
    pub fn replayed(mut self, run_id: &str, call: &mut Call) -> Self {
        call.log.note("replayed_run", run_id);
        let replayed = ("Idempotency-Replayed", "true".to_owned());
        self.headers.push(replayed);
        self
    }

    /// Writes the log line and makes the response; what the request held is released.
    pub fn finish(
        self,
        call: Call,
        cors_headers: Vec<(&'static str, String)>,
    ) -> worker::Result<Response> {
        let request_id = call.log.request_id.clone();
        let (line, timings) = call.log.finish(self.status, self.code, wasm_bytes());
        console_log!("{line}");
        let mut builder = ResponseBuilder::new()
            .with_status(self.status)
            // An answer is about this moment and this caller.
            .with_header("Cache-Control", "no-store")?
            .with_header("X-Content-Type-Options", "nosniff")?
            .with_header("X-Request-Id", &request_id)?
            .with_header("Server-Timing", &timings)?;
        if let Some(content_type) = self.content_type {
            builder = builder.with_header("Content-Type", content_type)?;
        }
        for (name, value) in self.headers.iter().chain(&cors_headers) {
            builder = builder.with_header(name, value)?;
        }
        let mut body = self.body;
        if body.is_empty() {
            return Ok(builder.empty());
        }
        // All are JSON. A terminal's prompt then starts on its own line, and files of answers have lines.
        if !body.ends_with('\n') {
            body.push('\n');
        }
        Ok(builder.fixed(body.into_bytes()))
    }
}

/// The isolate's wasm memory, which grows and never shrinks.
fn wasm_bytes() -> usize {
    #[cfg(target_arch = "wasm32")]
    return core::arch::wasm32::memory_size(0) * 65_536;
    // The unit tests run elsewhere.
    #[cfg(not(target_arch = "wasm32"))]
    return 0;
}
