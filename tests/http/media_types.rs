//! Content-Type and Content-Encoding: what is accepted, what is refused, and how it is said.

use jobs_ingest_tests::Worker;

use crate::support::{counts, post, redacted, refused};

const JSON: &str = r#"{"items":[{"externalId":"a"}]}"#;

#[test]
fn json_is_assumed_where_clients_do_not_say() {
    let worker = Worker::start();
    let without = post(&worker, "").body(JSON).send();
    assert_eq!(counts(&without).received, 1);
    for content_type in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "text/plain",
        "text/plain;charset=UTF-8",
        "application/x-www-form-urlencoded",
        "application/ld+json",
        "application/vnd.api+json; version=1",
    ] {
        let request = post(&worker, "").header("content-type", content_type);
        let answer = request.body(JSON).send();
        assert_eq!(counts(&answer).received, 1, "{content_type}");
    }
}

#[test]
fn other_types_are_415_and_what_is_accepted_is_listed() {
    let worker = Worker::start();
    for content_type in [
        "text/csv",
        "text/html",
        "text/json",
        "application/xml",
        "application/octet-stream",
        "application/gzip",
        "application/jsonp",
        "application/x-ndjson+gzip",
        "multipart/form-data; boundary=x",
        "application/json; charset=iso-8859-1",
        "application/x-ndjson; charset=utf-16",
        "json",
    ] {
        let request = post(&worker, "").header("content-type", content_type);
        let answer = refused(&worker, request.body(JSON), 415, "unsupported_media_type");
        let body = answer.json();
        let detail = body["detail"].as_str().expect("a detail");
        assert!(detail.contains(content_type), "{detail}");
        for accepted in [
            "application/json",
            "+json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/x-ndjson",
            "application/jsonl",
            "application/ndjson",
        ] {
            let list = body["accepted"].as_str().expect("a list");
            assert!(list.contains(accepted), "{accepted} in {list}");
        }
    }
    let request = post(&worker, "").header("content-type", "text/csv");
    insta::assert_json_snapshot!(redacted(&request.body(JSON).send()), @r#"
    {
      "accepted": "no type, application/json, any +json, text/plain or application/x-www-form-urlencoded for JSON; application/x-ndjson, application/jsonl or application/ndjson for NDJSON; each in UTF-8",
      "code": "unsupported_media_type",
      "detail": "Content-Type is \"text/csv\"; accepted are no type, application/json, any +json, text/plain or application/x-www-form-urlencoded for JSON; application/x-ndjson, application/jsonl or application/ndjson for NDJSON; each in UTF-8",
      "error": "Unsupported Media Type",
      "request_id": "[request id]",
      "status": 415,
      "success": false,
      "title": "Unsupported Media Type",
      "type": "urn:jobs-ingest:problem:unsupported_media_type"
    }
    "#);
}

#[test]
fn other_encodings_are_415_and_what_is_accepted_is_listed() {
    let worker = Worker::start();
    for encoding in ["br", "deflate", "zstd", "gzip, gzip", "utf-8"] {
        let request = post(&worker, "").header("content-encoding", encoding);
        let answer = refused(&worker, request.json(JSON), 415, "unsupported_encoding");
        assert_eq!(answer.json()["accepted"], "gzip, identity", "{encoding}");
    }
    let identity = post(&worker, "").header("content-encoding", "identity");
    assert_eq!(counts(&identity.json(JSON).send()).received, 1);
    let request = post(&worker, "").header("content-encoding", "br");
    insta::assert_json_snapshot!(redacted(&request.json(JSON).send()), @r#"
    {
      "accepted": "gzip, identity",
      "code": "unsupported_encoding",
      "detail": "Content-Encoding is \"br\"; accepted are gzip, identity",
      "error": "Unsupported Content Encoding",
      "request_id": "[request id]",
      "status": 415,
      "success": false,
      "title": "Unsupported Content Encoding",
      "type": "urn:jobs-ingest:problem:unsupported_encoding"
    }
    "#);
}
