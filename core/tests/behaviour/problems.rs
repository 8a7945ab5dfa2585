//! Problem responses as clients read them.

use jobs_ingest_core::auth::Right;
use jobs_ingest_core::ingest::{IdListError, read_ids};
use jobs_ingest_core::ingest::{Prepared, Rules, prepare};
use jobs_ingest_core::invalid_items::InvalidItems;
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::OptionError;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::query::INGEST_NAMES;
use jobs_ingest_core::quota::Exceeded;
use serde_json::{Value, json};

use crate::request::{items, json as parse, ndjson};

fn body(problem: &Problem) -> Value {
    let body: Value = serde_json::from_str(&problem.to_json("id-1")).expect("JSON");
    assert_eq!(body["status"], problem.status());
    assert_eq!(body["code"], problem.code());
    body
}

#[test]
fn errors_of_the_replaced_function_are_kept() {
    for (problem, status, error) in [
        (
            Problem::MethodNotAllowed { allow: "POST" },
            405,
            "Method Not Allowed",
        ),
        (
            items_required(),
            400,
            "items[] is required and must be non-empty",
        ),
        (Problem::Internal, 500, "Internal Server Error"),
    ] {
        let body = body(&problem);
        assert_eq!(
            (&body["status"], &body["error"]),
            (&json!(status), &json!(error))
        );
    }
}

fn invalid(prepared: Prepared) -> InvalidItems {
    let mut invalid = InvalidItems::new(prepared);
    invalid.is_recorded = true;
    invalid
}

fn items_required() -> Problem {
    Problem::ItemsRequired {
        found: "the body is empty".into(),
    }
}

fn quota_exceeded(requested: u64) -> Problem {
    Problem::QuotaExceeded {
        exceeded: Exceeded {
            quota: "rows_per_day",
            limit: 100,
            used: 91,
            requested,
        },
        retry_after_seconds: 3_600,
        resets_at: "2026-11-23T00:00:00.000Z".into(),
    }
}

/// One of each kind.
pub fn of_every_kind() -> Vec<Problem> {
    let ids = |body: &str| {
        Problem::from(read_ids(body.as_bytes(), BodyFormat::Json).expect_err("an error"))
    };
    let error = |body: &str| Problem::from(parse(body).expect_err("an error"));
    vec![
        Problem::NotFound,
        Problem::MethodNotAllowed { allow: "POST" },
        Problem::NotConfigured,
        Problem::Misconfigured {
            variables: vec!["RETENTION_DAYS", "CORS_ORIGINS"],
        },
        Problem::Unauthorized,
        Problem::Forbidden(Right::Read),
        Problem::Forbidden(Right::Write),
        Problem::InvalidOption(OptionError::Unknown {
            name: "x".into(),
            names: &INGEST_NAMES,
        }),
        Problem::UnsupportedMediaType {
            found: "text/csv".into(),
        },
        Problem::UnsupportedCharset {
            charset: "latin1".into(),
        },
        Problem::UnsupportedEncoding { found: "br".into() },
        Problem::BodyTooLarge,
        Problem::TooManyItems,
        Problem::RowsTooLong,
        Problem::TooManyItems.of_list(),
        Problem::InvalidGzip,
        Problem::TooManyBlocks,
        Problem::BodyIncomplete,
        error("[1"),
        Problem::from(prepare(b"\xff", BodyFormat::Json, Rules::default()).expect_err("an error")),
        items_required(),
        Problem::InvalidPage("limit is 0".into()),
        Problem::RunNotFound,
        Problem::SourceNotFound,
        Problem::SourceNotAllowed {
            source: "acme".into(),
        },
        Problem::ClosingNotAllowed,
        ids("[null]"),
        ids("{}"),
        Problem::InvalidIds(IdListError::TooManyIds),
        Problem::SnapshotIncomplete {
            total: 2,
            positions: "[0,7]".into(),
        },
        Problem::InvalidIdempotencyKey,
        Problem::IdempotencyKeyReused,
        Problem::IdempotencyKeyInUse,
        Problem::RateLimited,
        Problem::AddressBlocked {
            retry_after_seconds: 17,
        },
        quota_exceeded(10),
        quota_exceeded(101),
        Problem::DatabaseUnavailable,
        Problem::DatabaseFull,
        Problem::DatabaseNotReady {
            missing: vec!["0001_x.sql"],
            missing_objects: vec![],
        },
        Problem::DatabaseNotReady {
            missing: vec![],
            missing_objects: vec!["trigger x".into(), "unique key y".into()],
        },
        Problem::DatabaseNotReady {
            missing: vec![],
            missing_objects: vec![],
        },
        Problem::WorkerBusy,
        Problem::Internal,
    ]
}

#[test]
fn every_kind_has_its_status_and_code() {
    let problems = of_every_kind();
    let lines: Vec<String> = problems
        .iter()
        .map(|problem| {
            let body = body(problem);
            format!(
                "{} {} {} {:?}",
                problem.status(),
                problem.code(),
                body["detail"],
                problem.headers()
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    404 not_found "the paths are POST /jobs/ingest, POST /.netlify/functions/jobsIngest, POST /jobs/compare, POST /jobs/close, PUT /sources/{source}/snapshot, GET /sources, GET /sources/{source}, GET /runs, GET /runs/{id}, GET /runs/{id}/rejects, GET /health and GET /openapi.json" []
    405 method_not_allowed "this path accepts POST" [("Allow", "POST")]
    503 not_configured "the secret INGEST_TOKENS is missing or invalid; the operator's log has the reason, and nothing was accepted" []
    503 misconfigured "invalid configuration of RETENTION_DAYS, CORS_ORIGINS; the operator's log has the reason" []
    401 unauthorized "the header `Authorization: Bearer TOKEN` is missing or its token is unknown" [("WWW-Authenticate", "Bearer realm=\"jobs-ingest\"")]
    403 forbidden "this token is write-only" []
    403 forbidden "this token is read-only" []
    400 invalid_option "unknown option \"x\"; the options are on_error, unknown, defaults, missing, dry_run, touch, source, snapshot, observed_at, max_close and allow_empty" []
    415 unsupported_media_type "Content-Type is \"text/csv\"; accepted are no type, application/json, any +json, text/plain or application/x-www-form-urlencoded for JSON; application/x-ndjson, application/ndjson, application/jsonl, application/x-jsonl, application/jsonlines or application/x-jsonlines for NDJSON; application/octet-stream for either; each in UTF-8" [("Accept-Post", "application/json, application/x-ndjson, application/ndjson, application/jsonl, application/x-jsonl, application/jsonlines, application/x-jsonlines, application/octet-stream")]
    415 unsupported_media_type "the body has bytes outside ASCII and its charset is \"latin1\"; send UTF-8" [("Accept-Post", "application/json, application/x-ndjson, application/ndjson, application/jsonl, application/x-jsonl, application/jsonlines, application/x-jsonlines, application/octet-stream")]
    415 unsupported_encoding "Content-Encoding is \"br\"; accepted are gzip, identity" [("Accept-Encoding", "gzip, identity")]
    413 body_too_large "the body is longer than 12582912 bytes after decompression; send it in parts" []
    413 too_many_items "the body holds more than 50000 postings; send it in parts" []
    413 body_too_large "the rows of the postings take more than 14155776 bytes; send them in parts" []
    413 too_many_items "the body holds more than 50000 postings; parts of a complete list would each count as the whole: send the postings in parts without snapshot, then the ids with PUT /sources/{source}/snapshot" []
    400 invalid_gzip "Content-Encoding is gzip, but the body is not a complete gzip file" []
    413 too_many_blocks "the gzip file has more than 150000 deflate blocks; flush the compressor less often than after each posting, or send the body in parts" []
    400 body_incomplete "the body ended early or arrived too slowly" []
    400 invalid_json "items[0]: the body was cut off, its JSON does not end (line 1, column 3)" []
    400 invalid_utf8 "the byte 0xFF is not UTF-8 (line 1, column 1)" []
    400 items_required "the body is empty; send {\"items\":[…]}, a bare array […], or NDJSON with Content-Type application/x-ndjson, with at least one posting" []
    400 invalid_option "limit is 0" []
    404 run_not_found "this token has no such run" []
    404 source_not_found "this source has no postings and has sent no list, or the token may not see it" []
    403 source_not_allowed "this token may not write postings of the source \"acme\"" []
    403 closing_not_allowed "this token is limited to companies and may not close postings: a source may have postings of other companies" []
    422 invalid_ids "ids[0] is null, expected an id, or an object with externalId" []
    400 ids_required "the body is an object, expected a JSON array of ids, or NDJSON with Content-Type application/x-ndjson" []
    413 too_many_items "the list holds more than 250000 ids" []
    409 snapshot_incomplete "2 of the listed postings are not stored as listed; nothing was closed: send these first, then the list again" []
    400 invalid_idempotency_key "Idempotency-Key takes 1 to 255 visible ASCII characters" []
    422 idempotency_key_reused "this Idempotency-Key was used for a request with another body or other options" []
    409 idempotency_key_in_use "the first request with this Idempotency-Key is still running" [("Retry-After", "1")]
    429 rate_limited "too many requests; wait before the next one" [("Retry-After", "60")]
    429 rate_limited "too many requests with a missing or unknown token from this address; all of its requests are refused until Retry-After has passed" [("Retry-After", "17")]
    429 quota_exceeded "rows_per_day is 100, of which 91 are used, and this request needs 10; the quota resets at 2026-11-23T00:00:00.000Z" [("Retry-After", "3600")]
    429 quota_exceeded "rows_per_day is 100, of which 91 are used, and this request needs 101; the quota resets at 2026-11-23T00:00:00.000Z; it is larger than the quota of a whole day: send it in parts" [("Retry-After", "3600")]
    503 database_unavailable "the database is overloaded or unreachable; the request may or may not have been written, and is safe to repeat" [("Retry-After", "10")]
    507 database_full "the database is full; nothing was written, and the request can be repeated once the operator has freed space" []
    503 database_not_ready "the database lacks migration 0001_x.sql" []
    503 database_not_ready "the database lacks trigger x, unique key y" []
    503 database_not_ready "the database lacks a table, column or key that this version needs" []
    503 worker_busy "other requests are using the memory for bodies, and this one waited too long for it or arrived too slowly; nothing was written, and the request can be repeated" [("Retry-After", "10")]
    500 internal "the operator's log has the cause under the request id; the request is safe to repeat" []
    "#);
}

#[test]
fn a_bad_line_of_ndjson_is_bad_json() {
    let refused = invalid(ndjson("{"));
    assert_eq!((refused.status(), refused.code()), (400, "invalid_json"));
    let body: Value = serde_json::from_str(&refused.to_json("id-1")).unwrap();
    assert_eq!(
        body["detail"],
        "items[0]: the line ends within its posting; send each posting on one line (line 1, column 2)"
    );
}

#[test]
fn invalid_items_are_listed() {
    let refused = invalid(items(&json!([{ "externalId": "a" }, {}])));
    assert_eq!((refused.status(), refused.code()), (422, "invalid_items"));
    let body: Value = serde_json::from_str(&refused.to_json("id-1")).unwrap();
    insta::assert_json_snapshot!(body, @r#"
    {
      "code": "invalid_items",
      "detail": "1 of 2 postings are invalid; nothing was written",
      "duplicates": 0,
      "error": "Invalid Items",
      "error_counts": {
        "missing": 1
      },
      "errors": [
        {
          "code": "missing",
          "externalId": null,
          "field": "externalId",
          "index": 1,
          "message": "items[1].externalId is missing"
        }
      ],
      "errors_omitted": 0,
      "ignored_fields": [],
      "received": 2,
      "rejected": 1,
      "request_id": "id-1",
      "run_id": "id-1",
      "status": 422,
      "success": false,
      "title": "Invalid Items",
      "type": "urn:jobs-ingest:problem:invalid_items",
      "warning_counts": {
        "empty_title": 2
      },
      "warnings": [
        {
          "code": "empty_title",
          "externalId": "a",
          "field": "title",
          "index": 0,
          "message": "items[0].title is missing or empty"
        },
        {
          "code": "empty_title",
          "externalId": null,
          "field": "title",
          "index": 1,
          "message": "items[1].title is missing or empty"
        }
      ],
      "warnings_omitted": 0
    }
    "#);
}
