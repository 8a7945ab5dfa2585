//! What a token may close and see.

use jobs_ingest_tests::Worker;
use jobs_ingest_tests::http::Request;
use serde_json::json;

use super::{closing, seed, writes_nothing};

const FREE: &str = "token-of-all-sources-0f1e";
const OF_ACME: &str = "token-of-acme-alone-0f1e2d";
const OF_COMPANY: &str = "token-of-company-7-0f1e2d";
const READER: &str = "token-that-may-only-read-0f1e";
const WRITER: &str = "token-that-may-only-write-0f";

fn start() -> Worker {
    let worker = Worker::builder()
        .ingest_tokens(&format!(
            "free:{FREE},acme:{OF_ACME}:acme,company:{OF_COMPANY}?companyId=7,\
             reader:{READER}?rights=read,writer:{WRITER}?rights=write"
        ))
        .start();
    seed(&worker, 3);
    worker
}

/// The requests that close postings of a source.
fn closing_requests(worker: &Worker, token: &str, source: &str) -> [Request; 3] {
    let list = format!("/jobs/ingest?source={source}&snapshot=complete");
    let snapshot = format!("/sources/{source}/snapshot");
    [
        worker.post(&list).token(token).json("[]"),
        worker
            .http()
            .request("PUT", &snapshot)
            .token(token)
            .json("[]"),
        worker
            .post(&format!("/jobs/close?source={source}"))
            .token(token)
            .json(r#"["p0"]"#),
    ]
}

fn compare(worker: &Worker, token: &str, source: &str) -> Request {
    let path = format!("/jobs/compare?source={source}");
    worker.post(&path).token(token).json(r#"["p0"]"#)
}

#[test]
fn token_of_a_source_closes_and_compares_only_that() {
    let worker = start();
    for request in closing_requests(&worker, OF_ACME, "globex") {
        let answer = writes_nothing(&worker, request, 403, "source_not_allowed");
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.json()["detail"], @r#""this token may not write postings of the source \"globex\"""#);
        }
    }
    let request = compare(&worker, OF_ACME, "globex");
    writes_nothing(&worker, request, 403, "source_not_allowed");
    let plain = worker.post("/jobs/ingest?source=globex").token(OF_ACME);
    let plain = plain.json(r#"[{"externalId":"p0"}]"#);
    writes_nothing(&worker, plain, 403, "source_not_allowed");

    let statuses = closing_requests(&worker, OF_ACME, "acme").map(|request| request.send().status);
    assert_eq!(statuses, [207, 207, 200]);
    let answer = compare(&worker, OF_ACME, "acme").send().json();
    assert_eq!(answer["different"], 0);
}

#[test]
fn token_of_a_company_closes_nothing() {
    let worker = start();
    for request in closing_requests(&worker, OF_COMPANY, "acme") {
        writes_nothing(&worker, request, 403, "closing_not_allowed");
    }
    assert_eq!(compare(&worker, OF_COMPANY, "acme").send().status, 200);
    let plain = worker.post("/jobs/ingest?source=acme").token(OF_COMPANY);
    let plain = plain.json(r#"[{"externalId":"new"}]"#).send();
    assert_eq!(plain.status, 200, "{}", plain.body);
}

#[test]
fn read_only_token_reads_sources_and_nothing_else() {
    let worker = start();
    let requests = closing_requests(&worker, READER, "acme").into_iter();
    for request in requests.chain([compare(&worker, READER, "acme")]) {
        writes_nothing(&worker, request, 403, "forbidden");
    }
    for path in ["/sources", "/sources/acme"] {
        assert_eq!(worker.get(path).token(READER).send().status, 200);
    }
}

#[test]
fn write_only_token_reads_no_sources() {
    let worker = start();
    for path in ["/sources", "/sources/acme"] {
        writes_nothing(&worker, worker.get(path).token(WRITER), 403, "forbidden");
    }
    let [.., close] = closing_requests(&worker, WRITER, "acme");
    assert_eq!(closing(&close.send())["closed"], 1);
}

#[test]
fn token_of_a_source_sees_only_that() {
    let worker = start();
    let sources = |token: &str| {
        let page = worker.get("/sources").token(token).send().json();
        let sources = page["sources"].as_array().expect("sources").iter();
        let sources: Vec<_> = sources.map(|source| source["source"].clone()).collect();
        sources
    };
    assert_eq!(sources(FREE), [json!("acme"), json!("globex")]);
    assert_eq!(sources(OF_ACME), [json!("acme")]);
    // As if it did not exist.
    for source in ["globex", "none"] {
        let request = worker.get(&format!("/sources/{source}")).token(OF_ACME);
        writes_nothing(&worker, request, 404, "source_not_found");
    }
    assert_eq!(
        worker.get("/sources/acme").token(OF_ACME).send().status,
        200
    );
}

#[test]
fn every_route_needs_a_token() {
    let worker = start();
    let mut requests: Vec<Request> = closing_requests(&worker, "wrong", "acme").into();
    requests.push(compare(&worker, "wrong", "acme"));
    requests.push(worker.get("/sources"));
    requests.push(worker.get("/sources/acme"));
    for request in requests {
        writes_nothing(&worker, request, 401, "unauthorized");
    }
}

#[test]
fn other_methods_are_405_with_allow() {
    let worker = start();
    for (path, allow) in [
        ("/sources", "GET, HEAD"),
        ("/sources/acme", "GET, HEAD"),
        ("/sources/acme/snapshot", "PUT"),
        ("/jobs/close", "POST"),
        ("/jobs/compare", "POST"),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if allow.split(", ").any(|allowed| allowed == method) {
                continue;
            }
            let request = worker.http().request(method, path).token(FREE).json("[]");
            let answer = writes_nothing(&worker, request, 405, "method_not_allowed");
            assert_eq!(answer.header("allow"), Some(allow), "{method} {path}");
        }
    }
}
