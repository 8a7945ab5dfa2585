//! What a request leaves in the log: its id, the time of its stages, named values.

use jobs_ingest_core::request_id::uuid_v7;
use jobs_ingest_core::settings::Settings;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

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
    fields: Vec<(&'static str, Noted)>,
}

/// A value in the log. An enum of our own, because `serde_json::Value` brings the tables for printing fractions
/// into the wasm, 10 KB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Noted {
    Flag(bool),
    Number(u64),
    Text(String),
    Texts(Vec<String>),
}

impl From<bool> for Noted {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<u64> for Noted {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Noted {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<&str> for Noted {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Noted {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for Noted {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
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
            fields: Vec::new(),
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

    /// Sets a value. Never a token, never a posting's text.
    pub fn note(&mut self, name: &'static str, value: impl Into<Noted>) {
        self.set(name, value.into());
    }

    fn set(&mut self, name: &'static str, value: Noted) {
        self.fields.retain(|(other, _)| *other != name);
        self.fields.push((name, value));
    }

    /// Adds the variables that cannot be used, on every request: configuration that is ignored goes
    /// unnoticed otherwise.
    pub fn note_unusable(&mut self, settings: &Settings) {
        let messages: Vec<String> = settings
            .unusable()
            .map(|unusable| unusable.to_string())
            .collect();
        if !messages.is_empty() {
            self.note("misconfigured", messages);
        }
    }

    #[cfg(test)]
    pub fn noted(&self, name: &str) -> Option<&Noted> {
        let mut fields = self.fields.iter();
        fields.find_map(|(of, value)| (*of == name).then_some(value))
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
        let line = Line {
            message: "request",
            request_id: &self.request_id,
            status,
            code,
            wasm_bytes,
            fields: &self.fields,
            ms: Stages(&self.stages),
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

struct Line<'a> {
    message: &'static str,
    request_id: &'a str,
    status: u16,
    code: Option<&'static str>,
    wasm_bytes: usize,
    fields: &'a [(&'static str, Noted)],
    ms: Stages<'a>,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message", self.message)?;
        map.serialize_entry("request_id", self.request_id)?;
        map.serialize_entry("status", &self.status)?;
        if let Some(code) = self.code {
            map.serialize_entry("code", code)?;
        }
        map.serialize_entry("wasm_bytes", &self.wasm_bytes)?;
        for (name, value) in self.fields {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("ms", &self.ms)?;
        map.end()
    }
}

/// Milliseconds by name.
struct Stages<'a>(&'a [(&'static str, u64)]);

impl Serialize for Stages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, ms) in self.0 {
            map.serialize_entry(name, ms)?;
        }
        map.end()
    }
}
