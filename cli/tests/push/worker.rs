//! What is sent to a Worker, and how its refusals are handled.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::server::{Answer, Received, Server};
use super::{Pushed, TOKEN, run};

const COMPARE: &str = "/jobs/compare";
const INGEST: &str = "/jobs/ingest";
const LIST: &str = "/sources/acme/snapshot";

/// A Worker that stores ids. `spoil` may answer instead.
pub fn start(spoil: impl Fn(usize, &Received) -> Option<Answer> + Send + Sync + 'static) -> Server {
    let stored: Mutex<HashSet<String>> = Mutex::default();
    Server::start(move |number, request| {
        spoil(number, request).unwrap_or_else(|| answer(&stored, request))
    })
}

fn answer(stored: &Mutex<HashSet<String>>, request: &Received) -> Answer {
    let mut stored = stored.lock().unwrap();
    let unstored = |stored: &HashSet<String>| -> Vec<usize> {
        let ids = ids(request);
        let positions = ids.iter().enumerate();
        positions
            .filter(|(_, id)| !stored.contains(*id))
            .map(|(position, _)| position)
            .collect()
    };
    match request.route() {
        "/openapi.json" => Answer::new(404, &[], ""),
        COMPARE => Answer::ok(json!({"positions": unstored(&stored)}).to_string()),
        INGEST => {
            let ids = ids(request);
            let n = ids.len();
            stored.extend(ids);
            Answer::ok(ingested(n))
        }
        LIST if unstored(&stored).is_empty() => Answer::ok(
            json!({"closing": {"closed": 0, "reopened": 0, "withheld": null}}).to_string(),
        ),
        LIST => Answer::new(
            409,
            &[],
            json!({"code": "snapshot_incomplete", "positions": unstored(&stored)}).to_string(),
        ),
        _ => Answer::new(404, &[], ""),
    }
}

fn ingested(n: usize) -> String {
    json!({"inserted": n, "updated": 0, "unchanged": 0, "rejected": 0, "reopened": 0, "errors": [], "run_id": "r"})
        .to_string()
}

pub fn ids(request: &Received) -> Vec<String> {
    let json = request.json();
    let entries = json.as_array().expect("an array").iter();
    let id = |entry: &Value| {
        entry
            .get("externalId")
            .unwrap_or(entry)
            .as_str()
            .map(str::to_owned)
    };
    entries.map(|entry| id(entry).expect("an id")).collect()
}

fn problem(status: u16, code: &str, headers: &[(&str, &str)]) -> Answer {
    Answer::new(status, headers, json!({"code": code}).to_string())
}

fn push_n(server: &Server, n: usize, arguments: &[&str]) -> Pushed {
    let line = |id| format!("{{\"externalId\":\"{id:06}\",\"title\":\"é {id}\"}}\n");
    push_text(server, (0..n).map(line).collect(), arguments)
}

fn push_text(server: &Server, postings: String, arguments: &[&str]) -> Pushed {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.ndjson"), postings).unwrap();
    let base = [
        "a.ndjson",
        "--source",
        "acme",
        "--json",
        "--url",
        &server.url,
    ];
    run(folder.path(), &[&base, arguments].concat())
}

#[test]
fn asks_then_sends_then_lists() {
    let server = start(|_, _| None);
    let pushed = push_n(&server, 3, &["--snapshot"]);
    assert_eq!(pushed.status, Some(0), "{pushed:?}");
    let received = server.received();
    let routes: Vec<&str> = received.iter().map(Received::route).collect();
    assert_eq!(routes, ["/openapi.json", COMPARE, INGEST, LIST]);
    assert_eq!(received[1].path, "/jobs/compare?source=acme");
    assert_eq!(
        received[2].path,
        "/jobs/ingest?defaults=none&on_error=skip&touch=true&source=acme"
    );
    assert_eq!(received[3].method, "PUT");
    assert!(received[3].path.contains("observed_at=2"));
    assert_eq!(received[1].json(), received[3].json());
    let hash = received[1].json()[0]["hash"]
        .as_str()
        .expect("a hash")
        .len();
    assert_eq!(hash, 11);
    for request in &received[1..] {
        let expected = format!("Bearer {TOKEN}");
        assert_eq!(request.header("authorization"), Some(expected.as_str()));
        assert_eq!(request.header("content-encoding"), Some("gzip"));
    }
    assert_eq!(received[0].header("authorization"), None);
}

#[test]
fn transient_failures_are_retried_with_the_same_key() {
    for failure in ["429", "503", "broken", "cut"] {
        let n_failures = AtomicUsize::new(0);
        let server = start(move |_, request| {
            let is_first =
                request.route() == INGEST && n_failures.fetch_add(1, Ordering::SeqCst) == 0;
            is_first.then(|| match failure {
                "429" => problem(429, "rate_limited", &[("Retry-After", "0")]),
                "503" => problem(503, "worker_busy", &[]),
                "broken" => Answer(Vec::new()),
                _ => Answer::ok(ingested(3)).cut(5),
            })
        });
        let pushed = push_n(&server, 3, &[]);
        assert_eq!(
            (pushed.status, &pushed.json()["inserted"]),
            (Some(0), &3.into()),
            "{pushed:?}"
        );
        let keys = server.of(INGEST).into_iter();
        let keys: Vec<_> = keys
            .map(|request| request.header("idempotency-key").unwrap().to_owned())
            .collect();
        assert_eq!(keys.len(), 2, "{failure}");
        assert_eq!(keys[0], keys[1]);
    }
}

#[test]
fn other_answers_are_errors_without_a_retry() {
    for (status, code) in [
        (401, "unauthorized"),
        (403, "source_not_allowed"),
        (500, "internal"),
        (503, "database_not_ready"),
        (507, "database_full"),
    ] {
        for route in [COMPARE, INGEST, LIST] {
            let server = start(move |_, request| {
                (request.route() == route).then(|| problem(status, code, &[]))
            });
            let pushed = push_n(&server, 3, &["--snapshot"]);
            assert_eq!(
                (pushed.status, pushed.stdout.as_str()),
                (Some(1), ""),
                "{pushed:?}"
            );
            assert!(pushed.stderr.contains(code), "{}", pushed.stderr);
            assert_eq!(server.of(route).len(), 1);
            if route != LIST {
                assert_eq!(server.of(LIST).len(), 0);
            }
        }
    }
}

#[test]
fn exhausted_quota_is_not_waited_for() {
    let server = start(|_, request| {
        let quota = || problem(429, "quota_exceeded", &[("Retry-After", "40000")]);
        (request.route() == INGEST).then(quota)
    });
    let pushed = push_n(&server, 3, &[]);
    assert_eq!(pushed.status, Some(1));
    assert!(
        pushed.stderr.contains("quota_exceeded"),
        "{}",
        pushed.stderr
    );
}

#[test]
fn number_of_postings_per_request_comes_from_the_openapi() {
    let server = start(|_, request| {
        let openapi = json!({"components": {"schemas": {"PostingList": {"maxItems": 40}}}});
        (request.route() == "/openapi.json").then(|| Answer::ok(openapi.to_string()))
    });
    assert_eq!(push_n(&server, 100, &[]).json()["inserted"], 100);
    let mut sizes: Vec<usize> = server
        .of(INGEST)
        .iter()
        .map(|request| ids(request).len())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [20, 40, 40]);
}

#[test]
fn requests_are_cut_by_bytes() {
    let server = start(|_, _| None);
    let text = "x".repeat(100_000);
    let line = |id| format!("{{\"externalId\":\"{id}\",\"description\":\"{text}\"}}\n");
    let pushed = push_text(&server, (0..120).map(line).collect(), &[]);
    assert_eq!(pushed.json()["inserted"], 120);
    let requests = server.of(INGEST);
    assert_eq!(requests.len(), 3);
    assert!(
        requests
            .iter()
            .all(|request| request.body.len() <= 5_000_002)
    );
}

#[test]
fn request_that_is_too_large_is_halved() {
    let server = start(|_, request| {
        let is_large = matches!(request.route(), INGEST | COMPARE) && ids(request).len() > 30;
        is_large.then(|| problem(413, "body_too_large", &[]))
    });
    let pushed = push_n(&server, 100, &[]);
    assert_eq!(
        (pushed.status, &pushed.json()["inserted"]),
        (Some(0), &100.into()),
        "{pushed:?}"
    );
    let sent = server.of(INGEST).into_iter();
    let sent = sent
        .filter(|request| ids(request).len() <= 30)
        .flat_map(|request| ids(&request));
    assert_eq!(sent.collect::<BTreeSet<_>>().len(), 100);
}

#[test]
fn posting_too_large_alone_is_rejected() {
    let server = start(|_, request| {
        let is_large = request.route() == INGEST && ids(request).contains(&"000001".to_owned());
        is_large.then(|| problem(413, "body_too_large", &[]))
    });
    let pushed = push_n(&server, 3, &[]);
    assert_eq!(pushed.status, Some(2), "{pushed:?}");
    assert_eq!(
        (&pushed.json()["inserted"], &pushed.json()["rejected"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn posting_that_the_worker_rejects_is_listed_only_if_it_is_stored() {
    let server = start(|_, request| {
        (request.route() == INGEST).then(|| {
            let error = json!({"index": 0, "externalId": "000000", "field": "companyId", "code": "company_not_allowed", "message": "m"});
            let answer = json!({"inserted": 0, "updated": 0, "unchanged": 0, "rejected": 1, "reopened": 0, "errors": [error], "run_id": "r"});
            Answer::new(207, &[], answer.to_string())
        })
    });
    let pushed = push_n(&server, 1, &["--snapshot"]);
    assert_eq!(
        (pushed.status, &pushed.json()["rejected"]),
        (Some(2), &1.into()),
        "{pushed:?}"
    );
    let lists: Vec<Vec<String>> = server.of(LIST).iter().map(ids).collect();
    assert_eq!(lists, [vec!["000000".to_owned()], vec![]]);
}

#[test]
fn posting_that_vanishes_before_the_list_is_sent_again() {
    let is_first = AtomicUsize::new(0);
    let server = start(move |_, request| {
        let is_first = request.route() == LIST && is_first.fetch_add(1, Ordering::SeqCst) == 0;
        let answer = json!({"code": "snapshot_incomplete", "positions": [1]}).to_string();
        is_first.then(|| Answer::new(409, &[], answer))
    });
    let pushed = push_n(&server, 3, &["--snapshot"]);
    assert_eq!(
        (pushed.status, &pushed.json()["inserted"]),
        (Some(0), &3.into()),
        "{pushed:?}"
    );
    let sent: Vec<Vec<String>> = server.of(INGEST).iter().map(ids).collect();
    assert_eq!(sent[1], ["000001"]);
    assert_eq!(server.of(LIST).len(), 2);
}

#[test]
fn list_that_is_never_complete_is_an_error() {
    let server = start(|_, request| {
        let answer = json!({"code": "snapshot_incomplete", "positions": [0]}).to_string();
        (request.route() == LIST).then(|| Answer::new(409, &[], answer))
    });
    let pushed = push_n(&server, 3, &["--snapshot"]);
    assert_eq!(pushed.status, Some(1), "{pushed:?}");
    let lists = server.of(LIST);
    assert_eq!(lists.len(), 5);
    // The last ones without hashes.
    assert!(lists[1].json()[0].is_object());
    assert_eq!(lists[4].json()[0], "000000");
}

#[test]
fn list_of_250000_ids_is_put_without_hashes_and_a_longer_one_not_at_all() {
    let push = |n: usize| {
        let server = start(|_, _| None);
        let line = |id| format!("{{\"externalId\":\"job-{id:08}\"}}\n");
        let pushed = push_text(&server, (0..n).map(line).collect(), &["--snapshot"]);
        (server, pushed)
    };
    let (server, pushed) = push(250_000);
    assert_eq!(pushed.status, Some(0), "{pushed:?}");
    // With hashes it would exceed 12 MiB.
    assert_eq!(server.of(LIST)[0].json()[0], "job-00000000");

    let (server, pushed) = push(250_001);
    assert_eq!(
        (pushed.status, &pushed.json()["inserted"]),
        (Some(2), &250_001.into())
    );
    assert_eq!(pushed.json()["withheld"][0]["code"], "list_too_large");
    assert_eq!(server.of(LIST).len(), 0);
}

#[test]
fn at_most_four_requests_at_a_time() {
    let n_now = AtomicUsize::new(0);
    let server = start(move |_, request| {
        if request.route() == INGEST {
            let n = n_now.fetch_add(1, Ordering::SeqCst) + 1;
            std::thread::sleep(Duration::from_millis(50));
            n_now.fetch_sub(1, Ordering::SeqCst);
            if n > 4 {
                return Some(problem(500, "too_many", &[]));
            }
        }
        let openapi = json!({"components": {"schemas": {"PostingList": {"maxItems": 1}}}});
        (request.route() == "/openapi.json").then(|| Answer::ok(openapi.to_string()))
    });
    assert_eq!(push_n(&server, 20, &[]).status, Some(0));
}

#[test]
fn replay_of_stale_content_is_sent_with_another_key() {
    // As if the content had been stored within 48 hours, and another version after it.
    let n_ingests = AtomicUsize::new(0);
    let server = start(move |_, request| {
        let is_first = request.route() == INGEST && n_ingests.fetch_add(1, Ordering::SeqCst) == 0;
        let replayed = [("Idempotency-Replayed", "true")];
        is_first.then(|| Answer::new(200, &replayed, ingested(3)))
    });
    assert_eq!(push_n(&server, 3, &[]).status, Some(0));
    let keys = server.of(INGEST).into_iter();
    let keys: BTreeSet<_> = keys
        .map(|request| request.header("idempotency-key").map(str::to_owned))
        .collect();
    assert_eq!(keys.len(), 2);
}

#[test]
fn nobody_listening_is_an_error() {
    let server = start(|_, _| Some(Answer(Vec::new())));
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.csv"), "externalId,title\n1,a\n").unwrap();
    let mut child = super::push(folder.path(), &["a.csv", "--url", &server.url])
        .spawn()
        .unwrap();
    // It would try for two minutes.
    std::thread::sleep(Duration::from_millis(1_500));
    assert!(child.try_wait().unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(server.received().len() >= 2);
}
