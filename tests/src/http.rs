//! A small HTTP client: sends exactly what it is given, and accepts any response.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http;

/// The largest request takes a few seconds on a busy machine.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// Can be shared between threads.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    url: String,
}

impl Client {
    pub fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            // A refusal is a response like any other.
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .user_agent(ureq::config::AutoHeaderValue::None)
            .accept(ureq::config::AutoHeaderValue::None)
            .accept_encoding(ureq::config::AutoHeaderValue::None)
            .allow_non_standard_methods(true)
            .timeout_global(Some(ANSWER_WITHIN))
            .build();
        Self {
            agent: config.into(),
            url: url.to_owned(),
        }
    }

    /// `path` starts with a slash and may have a query.
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request {
            agent: self.agent.clone(),
            builder: http::Request::builder()
                .method(method)
                .uri(format!("{}{path}", self.url)),
            body: None,
        }
    }
}

/// Has only the headers that HTTP requires, until others are added.
#[derive(Debug)]
pub struct Request {
    agent: Agent,
    builder: http::request::Builder,
    body: Option<Vec<u8>>,
}

impl Request {
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.builder = self.builder.header(name, value.as_ref());
        self
    }

    /// `Authorization: Bearer TOKEN`.
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some(bytes.into());
        self
    }

    /// Sets a body with `Content-Type: application/json`.
    pub fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    pub fn send(self) -> Answer {
        let (method, uri) = (self.builder.method_ref(), self.builder.uri_ref());
        let what = format!(
            "{} {}",
            method.map(http::Method::as_str).unwrap_or_default(),
            uri.map(ToString::to_string).unwrap_or_default()
        );
        self.try_send()
            .unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// Sends the request when there may be no response, because the server is being killed.
    pub fn try_send(self) -> Result<Answer, ureq::Error> {
        let (parts, ()) = self.builder.body(()).expect("a request").into_parts();
        let mut response = match self.body {
            // Even for methods that usually have no body.
            Some(body) => self.agent.run(http::Request::from_parts(parts, body)),
            None => self.agent.run(http::Request::from_parts(parts, ())),
        }?;
        let body = response
            .body_mut()
            .with_config()
            .limit(u64::MAX)
            .read_to_vec()?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: String::from_utf8(body).expect("the answer is UTF-8"),
        })
    }
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: String,
}

impl Answer {
    /// The value of a header that occurs at most once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        assert!(values.next().is_none(), "{name} occurs more than once");
        Some(
            value
                .to_str()
                .expect("a header of visible ASCII characters"),
        )
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("the answer is no JSON: {error}: {}", self.body))
    }
}
