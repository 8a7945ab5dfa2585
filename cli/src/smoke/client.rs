//! Sends a request and returns its answer, whatever the status.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderValue, Request, header};

use super::failure::Failure;
use super::target::Target;

/// D1 gives a batch 30 s; a request that takes longer than this counts as unanswered.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// The largest answer has 100 errors and 100 warnings of a few hundred bytes each.
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// How much of an unexpected answer is shown.
const MAX_SHOWN_CHARS: usize = 2_000;

#[derive(Debug)]
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

impl Client {
    pub fn new(target: &Target) -> Self {
        let config = Agent::config_builder()
            // A refusal and a redirection are answers to be checked.
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(ANSWER_WITHIN))
            .user_agent(concat!("jobs-ingest-smoke/", env!("CARGO_PKG_VERSION")))
            .build();
        Self {
            agent: config.into(),
            url: target.url().to_owned(),
            authorization: target.authorization().clone(),
        }
    }

    pub fn get(&self, path: &str) -> Result<Answer, Failure> {
        let request = Request::get(format!("{}{path}", self.url)).body(());
        Answer::of(
            request
                .map_err(Into::into)
                .and_then(|request| self.agent.run(request)),
        )
    }

    /// `path_and_query` of the Worker; the body is JSON.
    pub fn post(&self, path_and_query: &str, token: Token, body: &str) -> Result<Answer, Failure> {
        let mut request = Request::post(format!("{}{path_and_query}", self.url))
            .header(header::CONTENT_TYPE, "application/json");
        if token == Token::With {
            request = request.header(header::AUTHORIZATION, &self.authorization);
        }
        let request = request.body(body.to_owned());
        Answer::of(
            request
                .map_err(Into::into)
                .and_then(|request| self.agent.run(request)),
        )
    }
}

/// Status, headers and text of an answer, and its JSON if it is JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: ureq::http::HeaderMap,
    text: String,
    pub json: Option<Value>,
}

impl Answer {
    fn of(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Self, Failure> {
        let no_answer = |error: ureq::Error| Failure::NoAnswer {
            cause: error.to_string(),
        };
        let mut response = result.map_err(no_answer)?;
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER_BYTES)
            .read_to_vec();
        let text = String::from_utf8_lossy(&body.map_err(no_answer)?).into_owned();
        Ok(Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            json: serde_json::from_str(&text).ok(),
            text,
        })
    }

    /// The value of a header, if it exists and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// For an error message: status, redirect target, request id, and the body cut to a screenful.
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
