//! Who may post: the secret INGEST_TOKENS and the Authorization header.

use jobs_ingest_core::auth::stored_token;
use jobs_ingest_tests::http::Answer;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::json;

use crate::support::{INGEST, items, log_of, redacted, refused, run_id, table};

fn body() -> String {
    items(&json!([{ "externalId": "a" }]))
}

fn send(worker: &Worker, token: &str) -> Answer {
    worker.post(INGEST).token(token).json(body()).send()
}

fn assert_never_said(worker: &Worker, answers: &[Answer], secrets: &[&str]) {
    for answer in answers {
        log_of(worker, answer);
    }
    for secret in secrets {
        for line in worker.logs().lines() {
            assert!(!line.message.contains(secret), "{}", line.message);
        }
        for answer in answers {
            assert!(!answer.body.contains(secret), "{}", answer.body);
            for value in answer.headers.values() {
                let value = String::from_utf8_lossy(value.as_bytes());
                assert!(!value.contains(secret), "{value}");
            }
        }
    }
}

#[test]
fn unknown_or_missing_token_is_401_and_writes_nothing() {
    let worker = Worker::start();
    let longer = format!("Bearer {TOKEN}0");
    let (shorter, _) = TOKEN.split_at(TOKEN.len() - 1);
    let shorter = format!("Bearer {shorter}");
    let other_case = format!("Bearer {}", TOKEN.to_uppercase());
    let basic = format!("Basic {TOKEN}");
    let token_scheme = format!("Token {TOKEN}");
    let no_space = format!("Bearer{TOKEN}");
    let with_name = format!("Bearer tester:{TOKEN}");
    let twice = format!("Bearer {TOKEN} {TOKEN}");
    let mut answers = vec![refused(
        &worker,
        worker.post(INGEST).json(body()),
        401,
        "unauthorized",
    )];
    for authorization in [
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        "Bearer wrong",
        "Bearer tester",
        "Bearer ,",
        &longer,
        &shorter,
        &other_case,
        &basic,
        &token_scheme,
        &no_space,
        &with_name,
        &twice,
    ] {
        let request = worker.post(INGEST).header("authorization", authorization);
        let answer = refused(&worker, request.json(body()), 401, "unauthorized");
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Bearer realm=\"jobs-ingest\""),
            "{authorization}"
        );
        let log = log_of(&worker, &answer);
        assert_eq!(log.get("token"), None, "{authorization}");
        answers.push(answer);
    }
    // A query parameter is not accepted, because URLs end up in logs.
    let in_query = worker.post(&format!("{INGEST}?token={TOKEN}")).json(body());
    answers.push(refused(&worker, in_query, 401, "unauthorized"));
    assert_never_said(&worker, &answers, &[TOKEN, "wrong"]);
    insta::assert_json_snapshot!(redacted(&answers[0]), @r#"
    {
      "code": "unauthorized",
      "detail": "the header `Authorization: Bearer TOKEN` is missing or its token is unknown",
      "error": "Unauthorized",
      "request_id": "[request id]",
      "status": 401,
      "success": false,
      "title": "Unauthorized",
      "type": "urn:jobs-ingest:problem:unauthorized"
    }
    "#);
}

#[test]
fn token_is_checked_before_the_rest_of_the_request() {
    let worker = Worker::start();
    let request = worker
        .post(&format!("{INGEST}?unknown=1"))
        .header("content-type", "text/csv")
        .body("no JSON");
    refused(&worker, request, 401, "unauthorized");
}

#[test]
fn only_the_token_name_is_logged() {
    let tokens = [
        "s3cret-of-the-scraper-of-acme",
        "b4re-token-without-a-name",
        "th1rd-token-is-the-last-one",
    ];
    let [scraper, bare, nightly] = tokens;
    let worker = Worker::builder()
        .ingest_tokens(&format!(
            " scraper:{scraper} , {bare} ,nightly : {nightly},, "
        ))
        .start();
    let mut answers = Vec::new();
    for (token, name) in tokens.iter().zip(["scraper", "token-2", "nightly"]) {
        let answer = send(&worker, token);
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        assert_eq!(log_of(&worker, &answer)["token"], name);
        answers.push(answer);
    }
    for wrong in ["scraper", "token-2", &format!("scraper:{scraper}"), TOKEN] {
        let request = worker.post(INGEST).token(wrong).json(body());
        answers.push(refused(&worker, request, 401, "unauthorized"));
    }
    assert_never_said(&worker, &answers, &tokens);
}

#[test]
fn scheme_is_case_insensitive() {
    let worker = Worker::start();
    for scheme in ["bearer", "BEARER", "Bearer "] {
        let answer = worker
            .post(INGEST)
            .header("authorization", format!("{scheme} {TOKEN}"))
            .json(body())
            .send();
        assert_eq!(answer.status, 200, "{scheme}: {}", answer.body);
    }
}

#[test]
fn missing_secret_is_503() {
    for secret in [None, Some(""), Some(" , ,")] {
        let worker = match secret {
            None => Worker::builder().without_ingest_tokens(),
            Some(secret) => Worker::builder().ingest_tokens(secret),
        }
        .start();
        let with_token = worker.post(INGEST).token(TOKEN).json(body());
        let answer = refused(&worker, with_token, 503, "not_configured");
        assert!(answer.body.contains("INGEST_TOKENS"), "{}", answer.body);
        for authorization in ["", "Bearer", "Bearer "] {
            let request = worker.post(INGEST).header("authorization", authorization);
            refused(&worker, request.json(body()), 503, "not_configured");
        }
        let without = worker.post(INGEST).json(body());
        refused(&worker, without, 503, "not_configured");
        assert_eq!(table(&worker), json!([]));
    }
}

const GOOD: &str = "g00d-token-of-24-letters";
const OTHER: &str = "an0ther-token-of-24-or-more";

#[test]
fn invalid_secret_is_503_and_the_log_names_entry_and_rule() {
    for (secret, cause) in [
        (
            format!("good:{GOOD},bad:{OTHER}:extra:more"),
            "entry 2 of INGEST_TOKENS has more than two colons; a source that contains a colon is \
             written ?source=SOURCE",
        ),
        (
            format!("good:{GOOD},short:an0ther"),
            "entry 2 of INGEST_TOKENS has a token of fewer than 24 characters; \
             `jobs-ingest token NAME` makes one",
        ),
        (
            format!("good:{GOOD},a:{OTHER},b:{OTHER}"),
            "entry 3 of INGEST_TOKENS has the same token as entry 2",
        ),
        (
            format!("good:{GOOD},{OTHER}:scraper"),
            "entry 2 of INGEST_TOKENS has a name of more than 23 characters, which could be a token; \
             the name comes first",
        ),
        (
            format!("good:{GOOD};other:{OTHER}"),
            "entry 1 of INGEST_TOKENS has a semicolon or a line break; entries are separated by commas",
        ),
        (
            format!("good:{GOOD},other:{OTHER}?right=read"),
            "entry 2 of INGEST_TOKENS has an option other than source, companyId, rights, \
             rows_per_day and bytes_per_day",
        ),
    ] {
        let worker = Worker::builder().ingest_tokens(&secret).start();
        let request = worker.post(INGEST).token(GOOD).json(body());
        let answer = refused(&worker, request, 503, "not_configured");
        let runs = worker.get("/runs").token(GOOD);
        let health = worker.get("/health");
        let answers = [
            answer,
            refused(&worker, runs, 503, "not_configured"),
            refused(&worker, health, 503, "not_configured"),
        ];
        for answer in &answers {
            assert_eq!(log_of(&worker, answer)["cause"], cause);
        }
        assert_never_said(
            &worker,
            &answers,
            &[GOOD, OTHER, "an0ther", "extra", "right="],
        );
    }
}

#[test]
fn secret_that_is_not_a_text_is_503() {
    for secret in [json!(true), json!(["good", GOOD]), json!(123_456)] {
        let worker = Worker::builder()
            .variable("INGEST_TOKENS", secret.clone())
            .start();
        let request = worker.post(INGEST).token(GOOD).json(body());
        refused(&worker, request, 503, "not_configured");
    }
}

#[test]
fn token_may_be_stored_as_a_digest() {
    let stored = stored_token(GOOD);
    let worker = Worker::builder()
        .ingest_tokens(&format!("hashed:{stored},plain:{OTHER}"))
        .start();
    for (token, name) in [(GOOD, "hashed"), (OTHER, "plain")] {
        let answer = send(&worker, token);
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
        assert_eq!(log_of(&worker, &answer)["token"], name);
    }
    // The stored digest itself is not a valid token.
    for wrong in [stored.as_str(), stored.trim_start_matches("sha256-")] {
        let request = worker.post(INGEST).token(wrong).json(body());
        refused(&worker, request, 401, "unauthorized");
    }
}

#[test]
fn token_with_one_right_lacks_the_other() {
    let worker = Worker::builder()
        .ingest_tokens(&format!(
            "acme:{GOOD}?rights=read,acme:{OTHER}?rights=write"
        ))
        .start();
    for query in ["", "?dry_run=true", "?unknown=1"] {
        let request = worker.post(&format!("{INGEST}{query}")).token(GOOD);
        let answer = refused(&worker, request.json(body()), 403, "forbidden");
        assert_eq!(answer.json()["detail"], "this token is read-only");
        assert_eq!(log_of(&worker, &answer)["token"], "acme");
    }
    let run = run_id(&send(&worker, OTHER));
    for path in [
        "/runs",
        "/runs?limit=x",
        &format!("/runs/{run}"),
        &format!("/runs/{run}/rejects"),
    ] {
        let answer = refused(&worker, worker.get(path).token(OTHER), 403, "forbidden");
        assert_eq!(answer.json()["detail"], "this token is write-only");
    }
    // Runs belong to the token's name: a dashboard's token reads the runs of the scraper's.
    let shown = worker.get(&format!("/runs/{run}")).token(GOOD).send();
    assert_eq!(shown.status, 200, "{}", shown.body);
}
