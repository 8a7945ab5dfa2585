//! Content-Type and Content-Encoding: what is accepted, what is rejected, and the messages.

use jobs_ingest_tests::Worker;

use crate::support::{counts, post, redacted, refused};

const JSON: &str = r#"{"items":[{"externalId":"a"}]}"#;

#[test]
fn defaults_of_clients_are_read_as_json() {
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
fn other_types_are_415_and_list_the_accepted_ones() {
    let worker = Worker::start();
    for content_type in [
        "text/csv",
        "text/html",
        "text/json",
        "application/xml",
        "application/gzip",
        "application/jsonp",
        "application/x-ndjson+gzip",
        "multipart/form-data; boundary=x",
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
            "application/ndjson",
            "application/jsonl",
            "application/x-jsonl",
            "application/jsonlines",
            "application/x-jsonlines",
            "application/octet-stream",
        ] {
            let list = body["accepted"].as_str().expect("a list");
            assert!(list.contains(accepted), "{accepted} in {list}");
        }
    }
    let request = post(&worker, "").header("content-type", "text/csv");
    insta::assert_json_snapshot!(redacted(&request.body(JSON).send()), @r#"
    {
      "accepted": "no type, application/json, any +json, text/plain or application/x-www-form-urlencoded for JSON; application/x-ndjson, application/ndjson, application/jsonl, application/x-jsonl, application/jsonlines or application/x-jsonlines for NDJSON; application/octet-stream for either; each in UTF-8",
      "code": "unsupported_media_type",
      "detail": "Content-Type is \"text/csv\"; accepted are no type, application/json, any +json, text/plain or application/x-www-form-urlencoded for JSON; application/x-ndjson, application/ndjson, application/jsonl, application/x-jsonl, application/jsonlines or application/x-jsonlines for NDJSON; application/octet-stream for either; each in UTF-8",
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
fn other_charsets_are_accepted_for_ascii_only() {
    let worker = Worker::start();
    for charset in ["iso-8859-1", "\"windows-1252\"", "utf-16"] {
        let content_type = format!("application/json; charset={charset}");
        let send = |body: &[u8]| {
            let request = post(&worker, "").header("content-type", &content_type);
            request.body(body)
        };
        let ascii = send(br#"[{"externalId":"a","title":"caf\u00e9"}]"#).send();
        assert_eq!(counts(&ascii).received, 1, "{charset}");
        worker.execute("DELETE FROM jobs");
        for title in ["caf\u{e9}".as_bytes(), b"caf\xe9"] {
            let body = [br#"[{"externalId":"a","title":""#, title, b"\"}]"].concat();
            let answer = refused(&worker, send(&body), 415, "unsupported_media_type");
            let body = answer.json();
            let charset = charset.trim_matches('"');
            let detail = format!(
                "the body has bytes outside ASCII and its charset is {charset:?}; send UTF-8"
            );
            assert_eq!(body["detail"], detail);
            assert!(
                body["accepted"]
                    .as_str()
                    .is_some_and(|list| list.ends_with("UTF-8"))
            );
        }
    }
}

#[test]
fn other_encodings_are_415_and_list_the_accepted_ones() {
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
