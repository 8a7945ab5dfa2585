//! The HTTP client of `smoke` and `push`: one request, one answer, whatever its status.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, HeaderValue, Request, Response, header, request};

use crate::target::Target;

pub const USER_AGENT: &str = concat!("jobs-ingest/", env!("CARGO_PKG_VERSION"));

/// Largest answer: the positions of 250,000 ids, 7 bytes each, and room to spare.
const MAX_ANSWER_BYTES: u64 = 8 << 20;

/// How much of an unexpected answer is shown.
const MAX_SHOWN_CHARS: usize = 2_000;

/// A client of one Worker. Uses the proxies of the environment.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    url: String,
    authorization: HeaderValue,
}

/// Whether a request has the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    With,
    Without,
}

/// The connection failed, or broke before the answer was complete.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct NoAnswer {
    pub cause: String,
}

impl From<ureq::Error> for NoAnswer {
    fn from(error: ureq::Error) -> Self {
        Self {
            cause: error.to_string(),
        }
    }
}

impl Client {
    pub fn new(target: &Target, answer_within: Duration) -> Self {
        let config = Agent::config_builder()
            // An error or a redirect is an answer to be examined.
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(answer_within))
            .user_agent(USER_AGENT)
            .build();
        Self {
            agent: config.into(),
            url: target.url().to_owned(),
            authorization: target.authorization().clone(),
        }
    }

    pub fn get(&self, path: &str) -> Result<Answer, NoAnswer> {
        let request = Request::get(self.url_of(path)).body(());
        let request = request.map_err(ureq::Error::from)?;
        Answer::of(self.agent.run(request))
    }

    pub fn get_with_token(&self, path: &str) -> Result<Answer, NoAnswer> {
        let request = Request::get(self.url_of(path));
        let request = request.header(header::AUTHORIZATION, &self.authorization);
        let request = request.body(()).map_err(ureq::Error::from)?;
        Answer::of(self.agent.run(request))
    }

    /// Sends JSON to `path_and_query`.
    pub fn post(&self, path_and_query: &str, token: Token, body: &str) -> Result<Answer, NoAnswer> {
        self.send(Request::post(self.url_of(path_and_query)), token, body)
    }

    /// Sends gzipped JSON with the token.
    pub fn send_gzipped(
        &self,
        method: &str,
        path_and_query: &str,
        idempotency_key: Option<&str>,
        gzipped: &[u8],
    ) -> Result<Answer, NoAnswer> {
        let mut request = Request::builder()
            .method(method)
            .uri(self.url_of(path_and_query))
            .header(header::CONTENT_ENCODING, "gzip");
        if let Some(key) = idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        self.send(request, Token::With, gzipped)
    }

    fn send(
        &self,
        request: request::Builder,
        token: Token,
        body: impl ureq::AsSendBody,
    ) -> Result<Answer, NoAnswer> {
        let mut request = request.header(header::CONTENT_TYPE, "application/json");
        if token == Token::With {
            request = request.header(header::AUTHORIZATION, &self.authorization);
        }
        let request = request.body(body).map_err(ureq::Error::from)?;
        Answer::of(self.agent.run(request))
    }

    fn url_of(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.url)
    }
}

/// Status, headers and text of an answer, and its JSON if it is JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: HeaderMap,
    text: String,
    pub json: Option<Value>,
}

impl Answer {
    fn of(result: Result<Response<ureq::Body>, ureq::Error>) -> Result<Self, NoAnswer> {
        let mut response = result?;
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_vec()?;
        let text = String::from_utf8_lossy(&body).into_owned();
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            json: serde_json::from_str(&text).ok(),
            text,
        })
    }

    /// The value of a header, if it is present and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// For error messages: status, redirect target, request id, and the beginning of the body.
    pub fn describe(&self) -> String {
        let mut text = self.status.to_string();
        for name in ["location", "x-request-id"] {
            if let Some(value) = self.header(name) {
                text.push_str(&format!(", {name} {value}"));
            }
        }
        let mut shown: String = self.text.chars().take(MAX_SHOWN_CHARS).collect();
        if shown.len() < self.text.len() {
            shown.push('…');
        }
        match shown.is_empty() {
            true => text.push_str(", without a body"),
            false => text.push_str(&format!(":\n{shown}")),
        }
        text
    }
}
