//! `GET /runs/{id}/rejects`: the postings that `on_error=skip` rejected, to be fixed and sent
//! again; or why a request was refused.

use jobs_ingest_core::limits::{MAX_KEPT_ERRORS, MAX_KEPT_REJECT_BYTES, MAX_KEPT_REJECTS};
use jobs_ingest_tests::http::Answer;
use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::{counts, items, post, refused, run_id, send};

fn rejects_of(worker: &Worker, answer: &Answer) -> Answer {
    let path = format!("/runs/{}/rejects", run_id(answer));
    let answer = worker.get(&path).token(TOKEN).send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer
}

#[test]
fn rejected_postings_are_kept_as_sent() {
    let worker = Worker::start();
    let sent = [
        r#"{ "title" : {}, "externalId":"a\u00e4", "more": {"b":[1e2,1.50,null]}, "a": 1, "a": 2 }"#,
        r#"{"externalId":"c","title":true,"salary":7}"#,
        "[ ]",
        "null",
        r#""text""#,
    ];
    let body = format!(
        "{{\"items\":[{{\"externalId\":\"good\"}},{}]}}",
        sent.join(" ,\n")
    );
    let answer = post(&worker, "?on_error=skip").json(body).send();
    assert_eq!(counts(&answer).rejected, 5);
    let kept = rejects_of(&worker, &answer);
    let start = format!("{{\"items\":[{}],\"reasons\":[", sent.join(","));
    assert!(kept.body.starts_with(&start), "{}", kept.body);
    insta::assert_json_snapshot!(kept.json()["reasons"], @r#"
    [
      {
        "errors": [
          {
            "code": "wrong_type",
            "externalId": "aä",
            "field": "title",
            "index": 1,
            "message": "items[1].title is an object, expected a text or a number"
          }
        ],
        "index": 1
      },
      {
        "errors": [
          {
            "code": "wrong_type",
            "externalId": "c",
            "field": "title",
            "index": 2,
            "message": "items[2].title is a boolean, expected a text or a number"
          }
        ],
        "index": 2
      },
      {
        "errors": [
          {
            "code": "wrong_type",
            "externalId": null,
            "field": null,
            "index": 3,
            "message": "items[3] is an array, expected an object"
          }
        ],
        "index": 3
      },
      {
        "errors": [
          {
            "code": "wrong_type",
            "externalId": null,
            "field": null,
            "index": 4,
            "message": "items[4] is null, expected an object"
          }
        ],
        "index": 4
      },
      {
        "errors": [
          {
            "code": "wrong_type",
            "externalId": null,
            "field": null,
            "index": 5,
            "message": "items[5] is a string, expected an object"
          }
        ],
        "index": 5
      }
    ]
    "#);
    assert_eq!(kept.json()["omitted"], 0);
}

#[test]
fn rejects_can_be_fixed_and_sent_again() {
    let worker = Worker::start();
    let postings = json!([{ "externalId": "a" }, { "externalId": "b", "title": {} }, {}]);
    let first = send(&worker, "?on_error=skip", &postings);
    let kept = rejects_of(&worker, &first);
    // Unfixed and with its reasons, it is rejected and kept again.
    let again = post(&worker, "?on_error=skip")
        .json(kept.body.clone())
        .send();
    assert_eq!(counts(&again).rejected, 2);
    assert_eq!(
        rejects_of(&worker, &again).json()["items"],
        kept.json()["items"]
    );
    let mut fixed = kept.json();
    fixed["items"][0]["title"] = json!("one");
    fixed["items"][1]["externalId"] = json!("c");
    let answer = post(&worker, "").json(fixed.to_string()).send();
    assert_eq!(counts(&answer).inserted, 2);
    assert_eq!(worker.n_rows(), 3);
}

#[test]
fn invalid_line_is_kept_as_a_text() {
    let worker = Worker::start();
    let body = "{\"externalId\":\"a\"}\r\n\n  {\"externalId\":1e\r\n{\"externalId\": []}\n";
    let request = post(&worker, "?on_error=skip").header("content-type", "application/x-ndjson");
    let answer = request.body(body).send();
    assert_eq!(counts(&answer).rejected, 2);
    let kept = rejects_of(&worker, &answer).json();
    assert_eq!(
        kept["items"],
        json!(["{\"externalId\":1e", { "externalId": [] }])
    );
    let places = [0, 1].map(|n| (&kept["reasons"][n]["index"], &kept["reasons"][n]["line"]));
    assert_eq!(places, [(&json!(1), &json!(3)), (&json!(2), &json!(4))]);
}

#[test]
fn no_rejects_without_skipped_postings() {
    let worker = Worker::start();
    let empty = json!({ "items": [], "reasons": [], "omitted": 0 });
    let bad = json!([{ "externalId": "a" }, {}]);
    let whole = send(&worker, "?on_error=skip", &json!([{ "externalId": "a" }]));
    assert_eq!(rejects_of(&worker, &whole).json(), empty);
    for query in ["?on_error=skip&dry_run=true", "?dry_run=true"] {
        send(&worker, query, &bad);
    }
    assert_eq!(worker.sql("SELECT * FROM ingest_rejects"), json!([]));
}

#[test]
fn refused_request_keeps_its_errors_without_its_postings() {
    let worker = Worker::start();
    let postings = json!([
        { "externalId": "good" },
        { "externalId": "a", "url": "/jobs/7", "description": "a secret" },
        { "title": "without an id" },
    ]);
    let refusal = post(&worker, "").json(items(&postings));
    let refusal = refused(&worker, refusal, 422, "invalid_items");
    let kept = rejects_of(&worker, &refusal);
    assert!(!kept.body.contains("a secret"), "{}", kept.body);
    let kept = kept.json();
    assert_eq!(kept["items"], json!([]));
    assert_eq!(kept["omitted"], 0);
    let errors = refusal.json()["errors"].clone();
    let reason = |number: usize| json!({ "index": number + 1, "errors": [errors[number]] });
    assert_eq!(kept["reasons"], json!([reason(0), reason(1)]));
    // Without postings it cannot be sent by mistake.
    let again = post(&worker, "").json(kept.to_string());
    refused(&worker, again, 400, "items_required");
}

#[test]
fn refused_line_keeps_its_error() {
    let worker = Worker::start();
    let request = post(&worker, "").header("content-type", "application/x-ndjson");
    let request = request.body("{\"externalId\":\"a\"}\n{\"externalId\":1e\n");
    let refusal = refused(&worker, request, 400, "invalid_json");
    let kept = rejects_of(&worker, &refusal).json();
    assert_eq!(kept["items"], json!([]));
    let reason = &kept["reasons"][0];
    assert_eq!((&reason["index"], &reason["line"]), (&json!(1), &json!(2)));
    assert_eq!(reason["errors"][0]["code"], "invalid_json");
}

/// More than the response lists, and bounded.
#[test]
fn refused_request_keeps_the_reasons_of_1_000_postings() {
    let worker = Worker::start();
    let postings: Value = (0..=MAX_KEPT_REJECTS)
        .map(|n| json!({ "externalId": n, "title": [n] }))
        .collect();
    let refusal = post(&worker, "").json(items(&postings));
    let refusal = refused(&worker, refusal, 422, "invalid_items");
    let kept = rejects_of(&worker, &refusal).json();
    assert_eq!(
        kept["reasons"].as_array().map(Vec::len),
        Some(MAX_KEPT_REJECTS)
    );
    assert_eq!(kept["omitted"], 1);
    let run = worker
        .get(&format!("/runs/{}", run_id(&refusal)))
        .token(TOKEN)
        .send();
    assert_eq!(run.json()["rejected"], MAX_KEPT_REJECTS + 1);
}

/// As after an upgrade.
#[test]
fn rejects_that_were_not_kept_are_counted_as_omitted() {
    let worker = Worker::start();
    let refusal = post(&worker, "").json(items(&json!([{}, {}])));
    let refusal = refused(&worker, refusal, 422, "invalid_items");
    worker.execute("DELETE FROM ingest_rejects");
    let expected = json!({ "items": [], "reasons": [], "omitted": 2 });
    assert_eq!(rejects_of(&worker, &refusal).json(), expected);
}

#[test]
fn first_1_000_are_kept_and_the_rest_counted() {
    let worker = Worker::start();
    for (n, n_omitted) in [(MAX_KEPT_REJECTS, 0), (MAX_KEPT_REJECTS + 1, 1)] {
        let posting = |number| json!({ "externalId": number, "title": [number] });
        let postings: Value = (0..n).map(posting).collect();
        let answer = send(&worker, "?on_error=skip", &postings);
        assert_eq!(counts(&answer).rejected, n as u64);
        let kept = rejects_of(&worker, &answer).json();
        assert_eq!(kept["omitted"], n_omitted);
        for list in ["items", "reasons"] {
            let list = kept[list].as_array().expect("a list");
            assert_eq!(list.len(), MAX_KEPT_REJECTS);
        }
        assert_eq!(
            kept["items"][MAX_KEPT_REJECTS - 1]["title"],
            json!([MAX_KEPT_REJECTS - 1])
        );
    }
}

/// No posting is kept with only some of its reasons.
#[test]
fn at_most_2_000_errors_are_kept() {
    let worker = Worker::start();
    let n = MAX_KEPT_REJECTS;
    let posting = |number| json!({ "externalId": [], "title": [number], "salary": [] });
    let postings: Value = (0..n).map(posting).collect();
    let answer = send(&worker, "?on_error=skip", &postings);
    assert_eq!(counts(&answer).rejected, n as u64);
    let kept = rejects_of(&worker, &answer).json();
    let reasons = kept["reasons"].as_array().expect("reasons");
    assert_eq!(reasons.len(), MAX_KEPT_ERRORS / 3);
    let n_items = kept["items"].as_array().map(Vec::len);
    assert_eq!(n_items, Some(reasons.len()));
    assert_eq!(kept["omitted"], n - reasons.len());
    let n_errors = |reason: &Value| reason["errors"].as_array().map(Vec::len);
    assert!(reasons.iter().all(|reason| n_errors(reason) == Some(3)));
}

#[test]
fn rejects_are_kept_up_to_their_byte_limit() {
    let worker = Worker::start();
    // Two fit, a third does not, a short one after it does.
    let long = "x".repeat(MAX_KEPT_REJECT_BYTES / 2 - 1_000);
    let postings = json!([
        { "description": long },
        { "description": long },
        { "description": long },
        { "title": "short" },
    ]);
    let answer = send(&worker, "?on_error=skip", &postings);
    assert_eq!(counts(&answer).rejected, 4);
    let kept = rejects_of(&worker, &answer);
    assert!(
        kept.body.len() <= MAX_KEPT_REJECT_BYTES + 100,
        "{}",
        kept.body.len()
    );
    let kept = kept.json();
    assert_eq!(kept["omitted"], 1);
    assert_eq!(
        kept["items"],
        json!([postings[0], postings[1], postings[3]])
    );
    assert_eq!(kept["reasons"][2]["index"], 3);
}
