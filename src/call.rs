//! One request from its start to its answer: its id, the time of its stages, its log line.

use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::request_id::uuid_v7;
use jobs_ingest_core::settings::Settings;
use serde::Serialize;
use serde_json::{Map, Value};
use worker::{Response, ResponseBuilder, console_log};

use crate::admission::Place;
use crate::clock::now_ms;
use crate::in_flight::InFlight;
use crate::random::uuid;
use crate::reply::Reply;

/// What is known of a request while it is answered.
pub struct Call {
    pub request_id: String,
    started_ms: f64,
    stage_started_ms: f64,
    /// Names and milliseconds. In production a Worker's clock stands still while it computes, so
    /// there only stages that wait for something take time.
    stages: Vec<(&'static str, u64)>,
    log: Map<String, Value>,
    /// Among the bodies that are worked on.
    place: Option<Place>,
    /// The idempotency key in use.
    key: Option<InFlight>,
}

impl Call {
    pub fn start() -> Self {
        let now_ms = now_ms();
        Self {
            // The cast saturates, and the clock is after 1970.
            request_id: uuid_v7(now_ms as u64, &uuid()),
            started_ms: now_ms,
            stage_started_ms: now_ms,
            stages: Vec::new(),
            log: Map::new(),
            place: None,
            key: None,
        }
    }

    /// Holds the place until the answer.
    pub fn hold_place(&mut self, place: Place) {
        self.place = Some(place);
    }

    /// Changes how many bytes the held place counts as.
    pub fn resize_place(&mut self, bytes: usize) {
        if let Some(place) = &self.place {
            place.resize(bytes);
        }
    }

    /// Holds the key until the answer: that ends the time in which it counts as in use.
    pub fn hold_key(&mut self, key: InFlight) {
        self.key = Some(key);
    }

    /// Says that the request is still there, so that what it holds is not given to another.
    pub fn renew(&self) {
        if let Some(place) = &self.place {
            place.renew();
        }
        if let Some(key) = &self.key {
            key.renew(now_ms());
        }
    }

    /// Milliseconds since 1970.
    pub fn started_ms(&self) -> f64 {
        self.started_ms
    }

    /// Ends the stage that has run since the last call.
    pub fn stage(&mut self, name: &'static str) {
        let now_ms = now_ms();
        self.stages
            .push((name, whole_ms(now_ms - self.stage_started_ms)));
        self.stage_started_ms = now_ms;
    }

    /// Adds a field to the log line. Never a token, never a posting's text.
    pub fn note(&mut self, name: &str, value: impl Into<Value>) {
        self.log.insert(name.to_owned(), value.into());
    }

    /// Adds the variables that cannot be used, on every request: configuration that is ignored goes
    /// unnoticed otherwise.
    pub fn note_unusable(&mut self, settings: &Settings) {
        let messages: Vec<Value> = settings
            .unusable()
            .map(|unusable| unusable.to_string().into())
            .collect();
        if !messages.is_empty() {
            self.note("misconfigured", messages);
        }
    }

    /// Writes the log line and makes the answer.
    pub fn finish(
        self,
        outcome: Result<Reply, Problem>,
        cors_headers: Vec<(&'static str, String)>,
    ) -> worker::Result<Response> {
        let reply = outcome.unwrap_or_else(|problem| Reply::problem(&problem, &self.request_id));
        let total_ms = whole_ms(now_ms() - self.started_ms);
        let stages = || self.stages.iter().copied().chain([("total", total_ms)]);
        // One by one: collecting would bring a sort into the wasm.
        let mut ms = Map::new();
        for (name, stage_ms) in stages() {
            ms.insert(name.to_owned(), stage_ms.into());
        }
        let line = LogLine {
            message: "request",
            request_id: &self.request_id,
            status: reply.status,
            code: reply.code,
            wasm_bytes: wasm_bytes(),
            fields: &self.log,
            ms,
        };
        console_log!("{}", serde_json::to_string(&line).unwrap_or_default());
        let timings: Vec<String> = stages()
            .map(|(name, ms)| format!("{name};dur={ms}"))
            .collect();
        let mut builder = ResponseBuilder::new()
            .with_status(reply.status)
            // An answer is about this moment and this caller.
            .with_header("Cache-Control", "no-store")?
            .with_header("X-Content-Type-Options", "nosniff")?
            .with_header("X-Request-Id", &self.request_id)?
            .with_header("Server-Timing", &timings.join(", "))?;
        if let Some(content_type) = reply.content_type {
            builder = builder.with_header("Content-Type", content_type)?;
        }
        for (name, value) in reply.headers.iter().chain(&cors_headers) {
            builder = builder.with_header(name, value)?;
        }
        match reply.body.is_empty() {
            true => Ok(builder.empty()),
            false => Ok(builder.fixed(reply.body.into_bytes())),
        }
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

/// The clock gives no more. The cast saturates: a clock that was set back makes it 0.
fn whole_ms(ms: f64) -> u64 {
    ms as u64
}

#[derive(Serialize)]
struct LogLine<'a> {
    message: &'static str,
    request_id: &'a str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    wasm_bytes: usize,
    #[serde(flatten)]
    fields: &'a Map<String, Value>,
    ms: Map<String, Value>,
}
