//! What a request leaves in the log: its id, the time of its stages, named values.

use jobs_ingest_core::request_id::uuid_v7;
use jobs_ingest_core::settings::Settings;
use serde::Serialize;
use serde_json::{Map, Value};

/// Milliseconds since 1970. In production a Worker's clock stands still while it computes, so there
/// only stages that wait for something take time.
pub type Clock = fn() -> f64;

pub struct Log {
    pub request_id: String,
    clock: Clock,
    started_ms: f64,
    stage_started_ms: f64,
    /// Names and milliseconds.
    stages: Vec<(&'static str, u64)>,
    fields: Map<String, Value>,
}

impl Log {
    pub fn start(clock: Clock, random_v4: &str) -> Self {
        let now_ms = clock();
        Self {
            // The cast saturates, and the clock is after 1970.
            request_id: uuid_v7(now_ms as u64, random_v4),
            clock,
            started_ms: now_ms,
            stage_started_ms: now_ms,
            stages: Vec::new(),
            fields: Map::new(),
        }
    }

    /// Milliseconds since 1970.
    pub fn started_ms(&self) -> f64 {
        self.started_ms
    }

    /// Milliseconds since 1970.
    pub fn now_ms(&self) -> f64 {
        (self.clock)()
    }

    /// Ends the stage that began with the previous call.
    pub fn stage(&mut self, name: &'static str) {
        let now_ms = self.now_ms();
        let stage_ms = whole_ms(now_ms - self.stage_started_ms);
        self.stages.push((name, stage_ms));
        self.stage_started_ms = now_ms;
    }

    /// Adds a value. Never a token, never a posting's text.
    pub fn note(&mut self, name: &str, value: impl Into<Value>) {
        self.fields.insert(name.to_owned(), value.into());
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

    #[cfg(test)]
    pub fn noted(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    /// The log line and the value of `Server-Timing`.
    pub fn finish(
        mut self,
        status: u16,
        code: Option<&'static str>,
        wasm_bytes: usize,
    ) -> (String, String) {
        let total_ms = whole_ms(self.now_ms() - self.started_ms);
        self.stages.push(("total", total_ms));
        // One by one: collecting would bring a sort into the wasm.
        let mut ms = Map::new();
        for (name, stage_ms) in &self.stages {
            ms.insert((*name).to_owned(), (*stage_ms).into());
        }
        let line = Line {
            message: "request",
            request_id: &self.request_id,
            status,
            code,
            wasm_bytes,
            fields: &self.fields,
            ms,
        };
        let line = serde_json::to_string(&line).unwrap_or_default();
        let timings: Vec<String> = self
            .stages
            .iter()
            .map(|(name, ms)| format!("{name};dur={ms}"))
            .collect();
        (line, timings.join(", "))
    }
}

/// The clock is no finer. The cast saturates: a clock that was set back makes it 0.
fn whole_ms(ms: f64) -> u64 {
    ms as u64
}

#[derive(Serialize)]
struct Line<'a> {
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
