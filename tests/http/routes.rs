//! Paths and methods.

use jobs_ingest_tests::{TOKEN, TOKEN_NAME, Worker};
use serde_json::json;

use crate::support::{Counts, INGEST, assert_problem, counts, items, redacted, refused, run_id};

const ALIAS: &str = "/.netlify/functions/jobsIngest";

#[test]
fn both_paths_accept_postings() {
    let worker = Worker::start();
    for (path, id) in [(INGEST, "a"), (ALIAS, "b")] {
        let body = items(&json!([{ "externalId": id }]));
        let answer = worker.post(path).token(TOKEN).json(body).send();
        let expected = Counts {
            received: 1,
            inserted: 1,
            ..Counts::default()
        };
        assert_eq!(counts(&answer), expected, "{path}");
    }
    assert_eq!(worker.n_rows(), 2);
}

#[test]
fn accepts_a_trailing_slash() {
    let worker = Worker::start();
    let body = items(&json!([{ "externalId": "a" }]));
    for path in [INGEST, ALIAS] {
        let path = format!("{path}/?dry_run=true");
        let answer = worker.post(&path).token(TOKEN).json(body.clone()).send();
        assert_eq!(counts(&answer).inserted, 1, "{path}");
    }
    let ingested = worker.post(INGEST).token(TOKEN).json(body).send();
    let run = run_id(&ingested);
    for path in [
        "/health/".to_owned(),
        "/openapi.json/".to_owned(),
        "/runs/".to_owned(),
        format!("/runs/{run}/"),
        format!("/runs/{run}/rejects/"),
    ] {
        let answer = worker.get(&path).token(TOKEN).send();
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
    let answer = worker.get(&format!("{INGEST}/")).send();
    assert_problem(&answer, 405, "method_not_allowed");
}

#[test]
fn alias_accepts_the_same_options() {
    let worker = Worker::start();
    let body = items(&json!([{ "externalId": "a" }]));
    let answer = worker
        .post(&format!("{ALIAS}?dry_run=true"))
        .token(TOKEN)
        .json(body.clone())
        .send();
    assert_eq!(counts(&answer).inserted, 1);
    assert_eq!(worker.n_rows(), 0);
    refused(&worker, worker.post(ALIAS).json(body), 401, "unauthorized");
}

#[test]
fn other_methods_are_405_with_allow() {
    let worker = Worker::start();
    let body = items(&json!([{ "externalId": "a" }]));
    for path in [INGEST, ALIAS] {
        for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let request = worker.http().request(method, path).token(TOKEN);
            let answer = refused(
                &worker,
                request.json(body.clone()),
                405,
                "method_not_allowed",
            );
            assert_eq!(answer.header("allow"), Some("POST"), "{method} {path}");
            assert_eq!(answer.json()["error"], "Method Not Allowed");
        }
        let answer = worker.http().request("HEAD", path).send();
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
        assert_eq!(answer.body, "");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let request = worker.http().request(method, "/health");
        let answer = refused(&worker, request, 405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method}");
    }
}

#[test]
fn wrong_method_keeps_the_response_of_the_replaced_function() {
    let answer = Worker::start().get(INGEST).send();
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "code": "method_not_allowed",
      "detail": "this path accepts POST",
      "error": "Method Not Allowed",
      "request_id": "[request id]",
      "status": 405,
      "success": false,
      "title": "Method Not Allowed",
      "type": "urn:jobs-ingest:problem:method_not_allowed"
    }
    "#);
}

#[test]
fn other_paths_are_404() {
    let worker = Worker::start();
    for path in [
        "/jobs",
        "/jobs/ingest//",
        "/Jobs/Ingest",
        "/jobs//ingest",
        "/jobs/ingest/x",
        "/jobs%2Fingest",
        "/.netlify/functions/jobsingest",
        "/health//",
        "/favicon.ico",
    ] {
        let body = items(&json!([{ "externalId": "a" }]));
        let request = worker.post(path).token(TOKEN).json(body);
        refused(&worker, request, 404, "not_found");
    }
    let answer = worker.get("/nowhere").send();
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "code": "not_found",
      "detail": "the paths are POST /jobs/ingest, POST /.netlify/functions/jobsIngest, POST /jobs/compare, POST /jobs/close, PUT /sources/{source}/snapshot, GET /sources, GET /sources/{source}, GET /runs, GET /runs/{id}, GET /runs/{id}/rejects, GET /health and GET /openapi.json",
      "error": "Not Found",
      "request_id": "[request id]",
      "status": 404,
      "success": false,
      "title": "Not Found",
      "type": "urn:jobs-ingest:problem:not_found"
    }
    "#);
}

/// Without a token, responses reveal only the paths and methods, which the OpenAPI description
/// publishes anyway.
#[test]
fn only_path_and_method_are_checked_before_the_token() {
    const READER: &str = "token-that-may-only-read-0f1e";
    let tokens = format!("{TOKEN_NAME}:{TOKEN},reader:{READER}?rights=read");
    let worker = Worker::builder().ingest_tokens(&tokens).start();
    let closed = Worker::builder().without_ingest_tokens().start();
    for worker in [&worker, &closed] {
        for path in ["/nowhere", "/runs/x/y", "/runs/x/rejects/y"] {
            refused(worker, worker.get(path), 404, "not_found");
        }
        let delete = |path: &str| worker.http().request("DELETE", path);
        refused(worker, delete("/nowhere"), 404, "not_found");
        for path in [
            INGEST,
            ALIAS,
            "/runs",
            "/runs/x",
            "/runs/x/rejects",
            "/health",
        ] {
            refused(worker, delete(path), 405, "method_not_allowed");
        }
    }
    // Everything about this request is wrong.
    let wrong = |worker: &Worker, token: &str| {
        let request = worker.post(&format!("{INGEST}?unknown=1")).token(token);
        request.header("content-type", "text/csv").body("no JSON")
    };
    refused(&closed, wrong(&closed, TOKEN), 503, "not_configured");
    refused(&worker, wrong(&worker, "wrong"), 401, "unauthorized");
    refused(&worker, wrong(&worker, READER), 403, "forbidden");
    refused(&worker, wrong(&worker, TOKEN), 400, "invalid_option");
    for path in ["/runs?limit=0", "/runs/x", "/runs/x/rejects"] {
        refused(&closed, closed.get(path), 503, "not_configured");
        refused(&worker, worker.get(path), 401, "unauthorized");
    }
}

#[test]
fn every_response_has_its_own_request_id() {
    let worker = Worker::start();
    let first = worker.get("/nowhere").send();
    let second = worker.get("/nowhere").send();
    for answer in [&first, &second] {
        assert_problem(answer, 404, "not_found");
    }
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
}
