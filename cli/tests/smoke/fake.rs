//! A server that gives prepared answers, one per request, in order.

use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, spawn};

use serde_json::{Value, json};
use tiny_http::{Header, Response, Server};

/// Positions of the prepared answers; some steps are several requests.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    Health,
    WithoutToken,
    TokenReads,
    TokenPosts,
    TokenLists,
    EmptyBody,
    Insert,
    Repeat,
    Change,
    Duplicates,
    PartialAcceptance,
    AllFields,
    AllFieldsAgain,
    Keep,
    Kept,
    DryRun,
    SecondDryRun,
    ListDryRun,
    FirstList,
    ShrunkList,
    RestoredList,
    EmptyList,
    AllowedEmptyList,
    Close,
}

impl Step {
    /// The name that the command prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::WithoutToken => "without a token",
            Self::TokenReads | Self::TokenPosts | Self::TokenLists => "token",
            Self::EmptyBody => "empty body",
            Self::Insert => "insert",
            Self::Repeat => "repeat",
            Self::Change => "change",
            Self::Duplicates => "duplicates",
            Self::PartialAcceptance => "partial acceptance",
            Self::AllFields | Self::AllFieldsAgain => "all fields",
            Self::Keep | Self::Kept => "keep",
            Self::DryRun | Self::SecondDryRun => "dry run",
            Self::ListDryRun => "list dry run",
            Self::FirstList
            | Self::ShrunkList
            | Self::RestoredList
            | Self::EmptyList
            | Self::AllowedEmptyList => "complete list",
            Self::Close => "close",
        }
    }
}

/// A prepared answer. A text is sent as it is, any other body as JSON.
#[derive(Debug, Clone)]
pub struct Canned {
    pub status: u16,
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: Value,
}

/// The answers of a Worker that works as documented, by [`Step`].
pub fn documented() -> Vec<Canned> {
    let answer = |status, body| Canned {
        status,
        headers: Vec::new(),
        body,
    };
    let mut unauthorized = answer(401, json!({"status": 401, "code": "unauthorized"}));
    unauthorized.headers.push(("WWW-Authenticate", "Bearer"));
    let empty = json!({
        "status": 400,
        "code": "items_required",
        "error": "items[] is required and must be non-empty",
    });
    let mut partial = counts(4, [0, 0, 3, 0, 1]);
    partial["errors"] = json!([{
        "index": 3,
        "externalId": null,
        "field": "externalId",
        "code": "missing",
        "message": "items[3].externalId is missing",
    }]);
    let dry_run = answer(200, counts(1_000, [1_000, 0, 0, 0, 0]));
    let mut withheld = list(counts(0, [0; 5]), 0, 0);
    withheld["closing"]["withheld"] = json!({"code": "empty"});
    let mut list_dry_run = list(counts(3, [3, 0, 0, 0, 0]), 0, 0);
    list_dry_run["dry_run"] = json!(true);
    let close = json!({
        "success": true,
        "received": 3,
        "closing": {"closed": 3, "reopened": 0, "already_closed": 0, "unknown": 0},
    });
    vec![
        answer(200, json!({"status": "ok"})),
        unauthorized,
        answer(200, json!({"runs": []})),
        answer(400, empty.clone()),
        answer(400, empty.clone()),
        answer(400, empty),
        answer(200, counts(3, [3, 0, 0, 0, 0])),
        answer(200, counts(3, [0, 0, 3, 0, 0])),
        answer(200, counts(3, [0, 1, 2, 0, 0])),
        answer(200, counts(4, [0, 0, 3, 1, 0])),
        answer(207, partial),
        answer(200, counts(1, [0, 1, 0, 0, 0])),
        answer(200, counts(1, [0, 0, 1, 0, 0])),
        answer(200, counts(1, [0, 1, 0, 0, 0])),
        answer(200, counts(1, [0, 0, 1, 0, 0])),
        dry_run.clone(),
        dry_run,
        answer(200, list_dry_run),
        answer(200, list(counts(3, [3, 0, 0, 0, 0]), 0, 0)),
        answer(200, list(counts(1, [0, 0, 1, 0, 0]), 2, 0)),
        answer(200, list(counts(3, [0, 2, 1, 0, 0]), 0, 2)),
        answer(207, withheld),
        answer(200, list(counts(0, [0; 5]), 3, 0)),
        answer(200, close),
    ]
}

/// The answer to a complete list.
fn list(mut counts: Value, closed: u64, reopened: u64) -> Value {
    counts["closing"] =
        json!({"closed": closed, "reopened": reopened, "missing": 0, "withheld": null});
    counts
}

fn counts(received: u64, counts: [u64; 5]) -> Value {
    let [inserted, updated, unchanged, duplicates, rejected] = counts;
    json!({
        "success": true,
        "upserted": inserted + updated + unchanged,
        "received": received,
        "inserted": inserted,
        "updated": updated,
        "unchanged": unchanged,
        "duplicates": duplicates,
        "rejected": rejected,
        "errors": [],
        "warnings": [],
    })
}

/// What the command has sent.
#[derive(Debug, Clone)]
pub struct Received {
    /// Path and query.
    pub url: String,
    pub authorization: Option<String>,
    pub body: String,
}

impl Received {
    /// The postings in the body; none if it is not JSON.
    pub fn items(&self) -> Vec<Value> {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["items"].as_array().cloned().unwrap_or_default()
    }
}

pub struct Fake {
    pub url: String,
    server: Arc<Server>,
    received: Arc<Mutex<Vec<Received>>>,
    thread: Option<JoinHandle<()>>,
}

impl Fake {
    pub fn start(answers: Vec<Canned>) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a free port"));
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let thread = spawn({
            let server = Arc::clone(&server);
            let received = Arc::clone(&received);
            move || serve(&server, &answers, &received)
        });
        Self {
            url: format!("http://{}", server.server_addr()),
            server,
            received,
            thread: Some(thread),
        }
    }

    pub fn requests(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            // It fails only if the test has failed already.
            let _ = thread.join();
        }
    }
}

fn serve(server: &Server, answers: &[Canned], received: &Mutex<Vec<Received>>) {
    let mut answers = answers.iter();
    for mut request in server.incoming_requests() {
        let header = |name: &'static str| {
            let mut headers = request.headers().iter();
            headers
                .find(|header| header.field.equiv(name))
                .map(|header| header.value.to_string())
        };
        let authorization = header("Authorization");
        let mut body = String::new();
        request
            .as_reader()
            .read_to_string(&mut body)
            .expect("a body in UTF-8");
        received.lock().unwrap().push(Received {
            url: request.url().to_owned(),
            authorization,
            body,
        });
        let answer = answers.next().expect("an answer for every request");
        let text = match &answer.body {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut response = Response::from_string(text).with_status_code(answer.status);
        for (name, value) in &answer.headers {
            response.add_header(Header::from_bytes(*name, *value).expect("a header"));
        }
        request.respond(response).expect("send the answer");
    }
}
