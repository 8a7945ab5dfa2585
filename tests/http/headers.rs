//! Headers of all responses, and CORS.

use jobs_ingest_core::limits::MAX_ITEMS;
use jobs_ingest_tests::http::{Answer, Request};
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::json;

use crate::support::{INGEST, assert_problem, items, post, run_id, send};

const ORIGIN: &str = "https://board.example";

fn good() -> String {
    items(&json!([{ "externalId": "a" }]))
}

/// A request for each kind of response, with its status.
fn each_kind(worker: &Worker) -> Vec<(u16, Request)> {
    let bad = items(&json!([{ "externalId": "a" }, {}]));
    let run = run_id(&send(worker, "", &json!([{ "externalId": "a" }])));
    let keyed = || post(worker, "").header("idempotency-key", "k");
    let method = |method: &str, path: &str| worker.http().request(method, path).token(TOKEN);
    assert_eq!(keyed().json(good()).send().status, 200);
    vec![
        (200, post(worker, "").json(good())),
        (200, post(worker, "?dry_run=true").json(good())),
        (200, keyed().json(good())),
        (207, post(worker, "?on_error=skip").json(bad.clone())),
        (400, post(worker, "").json("{")),
        (401, worker.post(INGEST).json(good())),
        (405, method("GET", INGEST)),
        (405, method("HEAD", INGEST)),
        (405, method("OPTIONS", INGEST)),
        (405, method("OPTIONS", "/runs")),
        (405, method("OPTIONS", "/health")),
        (
            413,
            post(worker, "").json(format!("[{}1]", "1,".repeat(MAX_ITEMS))),
        ),
        (
            415,
            post(worker, "")
                .header("content-type", "text/csv")
                .body("a"),
        ),
        (422, post(worker, "").json(bad.clone())),
        (422, keyed().json(bad)),
        (200, method("GET", "/runs")),
        (200, method("HEAD", "/runs")),
        (200, method("GET", &format!("/runs/{run}"))),
        (200, method("GET", &format!("/runs/{run}/rejects"))),
        (404, method("GET", "/runs/x")),
        (404, method("GET", "/nowhere")),
        (404, method("OPTIONS", "/nowhere")),
        (200, method("GET", "/health")),
        (200, method("HEAD", "/health")),
        (200, method("GET", "/openapi.json")),
    ]
}

fn assert_has_the_headers(answer: &Answer) {
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let id = answer.header("x-request-id").unwrap_or_default();
    assert_eq!(id.len(), 36, "{id}");
    assert!(answer.header("server-timing").is_some());
}

fn access_control(answer: &Answer) -> String {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-") || *name == "vary")
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("ASCII")))
        .collect();
    headers.sort();
    headers.join("\n")
}

#[test]
fn every_json_response_ends_with_a_newline() {
    let worker = Worker::start();
    for (status, request) in each_kind(&worker) {
        let answer = request.send();
        assert_eq!(answer.status, status, "{}", answer.body);
        let n_newlines = answer.body.len() - answer.body.trim_end_matches('\n').len();
        assert_eq!(
            n_newlines,
            usize::from(!answer.body.is_empty()),
            "{}",
            answer.body
        );
    }
}

#[test]
fn every_response_forbids_caching_and_sniffing() {
    let worker = Worker::start();
    for (status, request) in each_kind(&worker) {
        let what = format!("{request:?}");
        let answer = request.send();
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
        assert_has_the_headers(&answer);
    }
    let closed = Worker::builder().without_ingest_tokens().start();
    let answer = closed.post(INGEST).token(TOKEN).json(good()).send();
    assert_eq!(answer.status, 503);
    assert_has_the_headers(&answer);
}

#[test]
fn cross_origin_calls_are_forbidden_by_default() {
    let worker = Worker::start();
    for (status, request) in each_kind(&worker) {
        let answer = request.header("origin", ORIGIN).send();
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(access_control(&answer), "");
    }
    assert_problem(
        &preflight(&worker, ORIGIN, INGEST),
        405,
        "method_not_allowed",
    );
}

/// A preflight request as browsers send it, without a token.
fn preflight(worker: &Worker, origin: &str, path: &str) -> Answer {
    worker
        .http()
        .request("OPTIONS", path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        )
        .send()
}

fn with_origins() -> Worker {
    let list = format!("https://a.example, {ORIGIN}");
    Worker::builder().variable("CORS_ORIGINS", list).start()
}

#[test]
fn listed_origin_is_allowed() {
    let worker = with_origins();
    for path in [INGEST, "/runs", "/runs/x/rejects", "/health"] {
        let answer = preflight(&worker, ORIGIN, path);
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{path}");
        assert_eq!(answer.header("content-type"), None);
        assert_has_the_headers(&answer);
        insta::allow_duplicates! {
            insta::assert_snapshot!(access_control(&answer), @"
            access-control-allow-headers: Authorization, Content-Type, Content-Encoding, Idempotency-Key
            access-control-allow-methods: GET, POST
            access-control-allow-origin: https://board.example
            access-control-expose-headers: X-Request-Id, Retry-After, Idempotency-Replayed, Server-Timing
            access-control-max-age: 86400
            vary: Origin
            ");
        }
    }
    // Also in refusals, or a page could not read the reason.
    for (status, request) in each_kind(&worker) {
        if format!("{request:?}").contains("OPTIONS") {
            continue;
        }
        let answer = request.header("origin", ORIGIN).send();
        assert_eq!(answer.status, status, "{}", answer.body);
        insta::allow_duplicates! {
            insta::assert_snapshot!(access_control(&answer), @"
            access-control-allow-origin: https://board.example
            access-control-expose-headers: X-Request-Id, Retry-After, Idempotency-Replayed, Server-Timing
            vary: Origin
            ");
        }
    }
}

#[test]
fn unlisted_origin_is_not_allowed() {
    let worker = with_origins();
    for origin in [
        "https://c.example",
        "http://board.example",
        "https://board.example:8443",
        "https://board.example.evil.example",
        "https://BOARD.example",
        "https://a.example, https://board.example",
        "null",
        "*",
        "",
    ] {
        let answer = preflight(&worker, origin, INGEST);
        assert_problem(&answer, 405, "method_not_allowed");
        assert_eq!(access_control(&answer), "", "{origin}");
        let answer = post(&worker, "")
            .header("origin", origin)
            .json(good())
            .send();
        assert_eq!(answer.status, 200, "the token decides, not the origin");
        assert_eq!(access_control(&answer), "", "{origin}");
    }
    // Requests without an Origin get no CORS headers.
    let answer = post(&worker, "").json(good()).send();
    assert_eq!((answer.status, access_control(&answer).as_str()), (200, ""));
}

#[test]
fn empty_list_allows_no_origin() {
    for list in ["", ",", " "] {
        let worker = Worker::builder().variable("CORS_ORIGINS", list).start();
        for origin in [ORIGIN, "", ","] {
            let answer = preflight(&worker, origin, INGEST);
            assert_problem(&answer, 405, "method_not_allowed");
            assert_eq!(access_control(&answer), "", "{list:?} {origin:?}");
        }
    }
}
