//! Bodies compressed with gzip: several members, incomplete files, and gzip bombs.

use jobs_ingest_core::limits::{MAX_BODY_BYTES, MAX_GZIP_BLOCKS};
use jobs_ingest_tests::Worker;
use jobs_ingest_tests::http::Request;
use serde_json::json;

use crate::support::{
    counts, gzip, gzip_of_empty_blocks, gzip_of_parts, items, post, posting_of_1_kb, refused, send,
};

fn compressed(worker: &Worker, content_type: &str, body: impl Into<Vec<u8>>) -> Request {
    post(worker, "?on_error=skip")
        .header("content-type", content_type)
        .header("content-encoding", "gzip")
        .body(body)
}

#[test]
fn incomplete_gzip_file_is_400() {
    let worker = Worker::start();
    let lines: String = (0..200)
        .map(|number| format!("{}\n", posting_of_1_kb(number)))
        .collect();
    let whole = gzip(&lines);
    let corrupt = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xff;
        bytes
    };
    let end = whole.len();
    for (what, body) in [
        ("empty", Vec::new()),
        ("plain text", lines.clone().into_bytes()),
        ("one byte", whole[..1].to_vec()),
        ("the header alone", whole[..10].to_vec()),
        ("cut in the middle", whole[..end / 2].to_vec()),
        ("without the trailer", whole[..end - 8].to_vec()),
        ("without the last byte", whole[..end - 1].to_vec()),
        ("a wrong checksum", corrupt(end - 6)),
        ("a wrong length", corrupt(end - 1)),
        ("a wrong byte in the middle", corrupt(end / 2)),
        ("trailing bytes", [&whole[..], b"{}"].concat()),
        (
            "a second member cut off",
            [&whole[..], &whole[..end - 1]].concat(),
        ),
    ] {
        for content_type in ["application/json", "application/x-ndjson"] {
            let request = compressed(&worker, content_type, body.clone());
            let answer = refused(&worker, request, 400, "invalid_gzip");
            assert_eq!(answer.json()["title"], "Invalid Gzip", "{what}");
        }
    }
    let nothing = post(&worker, "").header("content-encoding", "gzip");
    refused(&worker, nothing, 400, "invalid_gzip");
    let answer = compressed(&worker, "application/x-ndjson", whole).send();
    assert_eq!(counts(&answer).inserted, 200, "what was damaged is fine");
}

#[test]
fn gzip_of_an_empty_body_is_an_empty_body() {
    let worker = Worker::start();
    let request = compressed(&worker, "application/json", gzip(""));
    refused(&worker, request, 400, "items_required");
}

/// As written by bgzip and by programs that append: members end anywhere in the text.
#[test]
fn several_members_are_one_body() {
    let worker = Worker::start();
    let lines: String = (0..200)
        .map(|number| format!("{}\n", posting_of_1_kb(number)))
        .collect();
    let members: Vec<u8> = lines.as_bytes().chunks(777).flat_map(gzip).collect();
    let answer = compressed(&worker, "application/x-ndjson", members).send();
    assert_eq!(counts(&answer).inserted, 200);
}

/// Each member is far below the limit, and the last one's length field does not cover the others.
#[test]
fn members_over_the_limit_together_are_413() {
    let worker = Worker::start();
    let blank = gzip(vec![b' '; MAX_BODY_BYTES / 4]);
    let posting = gzip(r#"{"externalId":"a"}"#);
    let fits = [&blank.repeat(3)[..], &posting].concat();
    let answer = compressed(&worker, "application/x-ndjson", fits).send();
    assert_eq!(counts(&answer).inserted, 1);
    worker.execute("DELETE FROM jobs");
    let too_long = [&blank.repeat(4)[..], &posting].concat();
    let request = compressed(&worker, "application/x-ndjson", too_long);
    refused(&worker, request, 413, "body_too_large");
}

/// 256 MiB in 1 MB of gzip: rejected as soon as the limit is exceeded.
#[test]
fn gzip_bomb_is_413_and_the_worker_keeps_working() {
    let worker = Worker::start();
    let blank = vec![b' '; 1024 * 1024];
    let bomb = gzip_of_parts([&b"["[..]].into_iter().chain(vec![&blank[..]; 256]));
    for content_type in ["application/json", "application/x-ndjson"] {
        let request = compressed(&worker, content_type, bomb.clone());
        refused(&worker, request, 413, "body_too_large");
    }
    let answer = send(&worker, "", &json!([{ "externalId": "a" }]));
    assert_eq!(counts(&answer).inserted, 1);
}

/// Empty blocks decompress to nothing, so a limit on bytes does not stop them.
#[test]
fn blocks_over_the_limit_are_413() {
    let worker = Worker::start();
    let posting = gzip(r#"{"externalId":"a"}"#);
    for (n_empty, is_accepted) in [(MAX_GZIP_BLOCKS - 1, true), (MAX_GZIP_BLOCKS, false)] {
        let body = [gzip_of_empty_blocks(n_empty), posting.clone()].concat();
        let request = compressed(&worker, "application/x-ndjson", body);
        if is_accepted {
            assert_eq!(counts(&request.send()).inserted, 1);
            worker.execute("DELETE FROM jobs");
        } else {
            refused(&worker, request, 413, "too_many_blocks");
        }
    }
}

/// A body is decompressed once: the result of double compression is not UTF-8.
#[test]
fn gzip_within_gzip_is_not_json() {
    let worker = Worker::start();
    let twice = gzip(gzip(items(&json!([{ "externalId": "a" }]))));
    let request = compressed(&worker, "application/json", twice);
    refused(&worker, request, 400, "invalid_utf8");
}

#[test]
fn gzip_without_content_encoding_is_reported() {
    let worker = Worker::start();
    for content_type in ["application/json", "application/x-ndjson"] {
        let request = post(&worker, "?on_error=skip").header("content-type", content_type);
        let request = request.body(gzip(r#"{"externalId":"a"}"#));
        let answer = refused(&worker, request, 400, "invalid_utf8");
        let detail = "this is gzip: compress it once, and send Content-Encoding: gzip \
                      (line 1, column 1)";
        assert_eq!(answer.json()["detail"], detail, "{content_type}");
    }
}
