//! Requests with invalid postings: `on_error=abort` and `on_error=skip`, and what the response
//! lists.

use jobs_ingest_tests::Worker;
use serde_json::{Value, json};

use crate::support::{
    Counts, counts, items, post, posting_of_1_kb, redacted, refused, send, table,
};

#[test]
fn one_invalid_posting_rejects_all_by_default() {
    let worker = Worker::start();
    let body = items(&json!([{ "externalId": "a" }, { "externalId": "b", "title": {} }]));
    for query in ["", "?on_error=abort"] {
        let request = post(&worker, query).json(body.clone());
        let answer = refused(&worker, request, 422, "invalid_items");
        assert_eq!(answer.json()["rejected"], 1);
    }
    assert_eq!(table(&worker), json!([]));
}

/// The complete response of a refusal; other tests check only its errors.
#[test]
fn invalid_last_posting_of_10_000_rejects_all() {
    let worker = Worker::start();
    let mut postings: Vec<Value> = (0..10_000).map(posting_of_1_kb).collect();
    postings[9_999]["title"] = json!(["not", "a", "text"]);
    let body = items(&json!(postings));
    let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
    assert_eq!(worker.n_rows(), 0);
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "code": "invalid_items",
      "detail": "1 of 10000 postings are invalid; nothing was written",
      "duplicates": 0,
      "error": "Invalid Items",
      "error_counts": {
        "wrong_type": 1
      },
      "errors": [
        {
          "code": "wrong_type",
          "externalId": "posting-009999",
          "field": "title",
          "index": 9999,
          "message": "items[9999].title is an array, expected a text or a number"
        }
      ],
      "errors_omitted": 0,
      "ignored_fields": [],
      "received": 10000,
      "rejected": 1,
      "request_id": "[request id]",
      "run_id": "[run id]",
      "status": 422,
      "success": false,
      "title": "Invalid Items",
      "type": "urn:jobs-ingest:problem:invalid_items",
      "warning_counts": {},
      "warnings": [],
      "warnings_omitted": 0
    }
    "#);
}

/// The complete response of a 207; other tests check only its errors or counts.
#[test]
fn skip_writes_the_valid_ones_and_returns_207() {
    let worker = Worker::start();
    let postings = json!([
        { "externalId": "a" },
        { "externalId": "b", "title": {}, "companyId": -1 },
        {},
        { "externalId": "c" },
    ]);
    let answer = send(&worker, "?on_error=skip", &postings);
    assert_eq!(answer.status, 207);
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "duplicates": 0,
      "error_counts": {
        "missing": 1,
        "out_of_range": 1,
        "wrong_type": 1
      },
      "errors": [
        {
          "code": "wrong_type",
          "externalId": "b",
          "field": "title",
          "index": 1,
          "message": "items[1].title is an object, expected a text or a number"
        },
        {
          "code": "out_of_range",
          "externalId": "b",
          "field": "companyId",
          "index": 1,
          "message": "items[1].companyId is -1, expected 1 to 9007199254740991"
        },
        {
          "code": "missing",
          "externalId": null,
          "field": "externalId",
          "index": 2,
          "message": "items[2].externalId is missing"
        }
      ],
      "errors_omitted": 0,
      "ignored_fields": [],
      "inserted": 2,
      "received": 4,
      "rejected": 2,
      "reopened": 0,
      "run_id": "[run id]",
      "success": true,
      "unchanged": 0,
      "updated": 0,
      "upserted": 2,
      "warning_counts": {
        "empty_title": 3
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
          "index": 2,
          "message": "items[2].title is missing or empty"
        },
        {
          "code": "empty_title",
          "externalId": "c",
          "field": "title",
          "index": 3,
          "message": "items[3].title is missing or empty"
        }
      ],
      "warnings_omitted": 0
    }
    "#);
    assert_eq!(
        worker.sql("SELECT external_id AS id FROM jobs ORDER BY id"),
        json!([{ "id": "a" }, { "id": "c" }])
    );
}

#[test]
fn skip_without_invalid_postings_returns_200() {
    let worker = Worker::start();
    let answer = send(&worker, "?on_error=skip", &json!([{ "externalId": "a" }]));
    assert_eq!(answer.status, 200);
}

#[test]
fn skip_without_valid_postings_writes_nothing() {
    let worker = Worker::start();
    for query in ["?on_error=skip", "?on_error=skip&dry_run=true"] {
        let answer = send(&worker, query, &json!([{}, 1, { "externalId": [] }]));
        let expected = Counts {
            received: 3,
            rejected: 3,
            ..Counts::default()
        };
        assert_eq!(counts(&answer), expected);
    }
    assert_eq!(table(&worker), json!([]));
}

#[test]
fn ndjson_findings_have_their_line() {
    let worker = Worker::start();
    let body =
        "\n{\"externalId\":\"a\"}\n\n{\"externalId\":\"b\",\"title\":{}}\n[]\n{\"externalId\":\n";
    let request = post(&worker, "?on_error=skip").header("content-type", "application/x-ndjson");
    let answer = request.body(body).send();
    assert_eq!((answer.status, worker.n_rows()), (207, 1));
    insta::assert_json_snapshot!(answer.json()["errors"], @r#"
    [
      {
        "code": "wrong_type",
        "externalId": "b",
        "field": "title",
        "index": 1,
        "line": 4,
        "message": "items[1].title is an object, expected a text or a number"
      },
      {
        "code": "wrong_type",
        "externalId": null,
        "field": null,
        "index": 2,
        "line": 5,
        "message": "items[2] is an array, expected an object"
      },
      {
        "code": "invalid_json",
        "externalId": null,
        "field": null,
        "index": 3,
        "line": 6,
        "message": "items[3].externalId: the line ends within its posting; send each posting on one line (line 6, column 15)"
      }
    ]
    "#);
}

/// A line that is not JSON is a 400 with its position, unless the valid postings are written.
#[test]
fn invalid_ndjson_line_rejects_all_by_default() {
    let worker = Worker::start();
    let body =
        "{\"externalId\":\"a\"}\n{\"externalId\":\"b\"}}\n{\"externalId\":\"c\",\"title\":1}\n";
    let request = post(&worker, "").header("content-type", "application/jsonl");
    let answer = refused(&worker, request.body(body), 400, "invalid_json");
    insta::assert_json_snapshot!(redacted(&answer), @r#"
    {
      "code": "invalid_json",
      "detail": "items[1]: expected the end of the text, found `}` (line 2, column 19)",
      "duplicates": 0,
      "error": "Invalid JSON",
      "error_counts": {
        "invalid_json": 1
      },
      "errors": [
        {
          "code": "invalid_json",
          "externalId": null,
          "field": null,
          "index": 1,
          "line": 2,
          "message": "items[1]: expected the end of the text, found `}` (line 2, column 19)"
        }
      ],
      "errors_omitted": 0,
      "ignored_fields": [],
      "received": 3,
      "rejected": 1,
      "request_id": "[request id]",
      "run_id": "[run id]",
      "status": 400,
      "success": false,
      "title": "Invalid JSON",
      "type": "urn:jobs-ingest:problem:invalid_json",
      "warning_counts": {
        "empty_title": 1
      },
      "warnings": [
        {
          "code": "empty_title",
          "externalId": "a",
          "field": "title",
          "index": 0,
          "line": 1,
          "message": "items[0].title is missing or empty"
        }
      ],
      "warnings_omitted": 0
    }
    "#);
}

#[test]
fn first_100_findings_are_listed_and_all_counted() {
    let worker = Worker::start();
    let long = "x".repeat(256);
    for (n, n_listed, n_omitted) in [(100, 100, 0), (101, 100, 1), (250, 100, 150)] {
        let invalid = (0..n).map(|number| json!({ "externalId": number, "title": [number] }));
        let warned =
            (0..n).map(|number| json!({ "externalId": format!("w{number}"), "title": long }));
        let postings: Value = invalid.chain(warned).collect();
        let request = post(&worker, "").json(items(&postings));
        let refusal = refused(&worker, request, 422, "invalid_items");
        let skipped = send(&worker, "?on_error=skip&dry_run=true", &postings);
        assert_eq!(counts(&skipped).rejected, n);
        for answer in [refusal, skipped] {
            let body = answer.json();
            for (list, omitted) in [
                ("errors", "errors_omitted"),
                ("warnings", "warnings_omitted"),
            ] {
                let listed = body[list].as_array().expect("a list");
                assert_eq!(listed.len(), n_listed);
                assert_eq!(body[omitted], n_omitted);
            }
            assert_eq!(body["error_counts"], json!({ "wrong_type": n }));
            assert_eq!(body["warning_counts"], json!({ "truncated": n }));
            assert_eq!(body["errors"][99]["index"], 99);
            assert_eq!(body["warnings"][99]["index"], n + 99);
        }
    }
}

/// Clients that read only the text of the replaced function's response find it in the same place.
#[test]
fn success_response_is_as_documented() {
    let worker = Worker::start();
    let answer = send(&worker, "", &json!([{ "externalId": "a", "title": "T" }]));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.header("x-request-id").is_some());
    let run_id = answer.header("x-request-id").unwrap_or_default();
    assert_eq!(
        answer.body.strip_suffix('\n'),
        Some(&*format!(
            r#"{{"success":true,"upserted":1,"received":1,"inserted":1,"updated":0,"unchanged":0,"duplicates":0,"rejected":0,"reopened":0,"run_id":"{run_id}","errors":[],"errors_omitted":0,"error_counts":{{}},"warnings":[],"warnings_omitted":0,"warning_counts":{{}},"ignored_fields":[]}}"#
        ))
    );
}
