//! `GET /runs` and `GET /runs/{id}`: a token's own ingests. (Rejects are tested in rejects.rs.)

use std::collections::BTreeSet;

use jobs_ingest_core::limits::{DEFAULT_PAGE_RUNS, MAX_ITEMS, MAX_PAGE_RUNS};
use jobs_ingest_tests::http::{Answer, Request};
use jobs_ingest_tests::{TOKEN, TOKEN_NAME, Worker};
use serde_json::{Value, json};

use crate::support::{
    INGEST, assert_is_utc_with_milliseconds, assert_problem, counts, gzip, items, post, refused,
    run_id, send,
};

const OTHER_TOKEN: &str = "token-of-somebody-else-0f1e";

/// An id that no run has.
const NO_RUN: &str = "01234567-89ab-7cde-8f01-23456789abcd";

/// Starts a Worker with [`TOKEN`] and a token of another name.
fn start() -> Worker {
    let tokens = format!("{TOKEN_NAME}:{TOKEN},other:{OTHER_TOKEN}");
    Worker::builder().ingest_tokens(&tokens).start()
}

fn get(worker: &Worker, path: &str) -> Answer {
    worker.get(path).token(TOKEN).send()
}

fn json_of(worker: &Worker, path: &str) -> Value {
    let answer = get(worker, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.json()
}

fn ids_of(page: &Value) -> Vec<String> {
    let runs = page["runs"].as_array().expect("runs").iter();
    runs.map(|run| run["id"].as_str().expect("an id").to_owned())
        .collect()
}

#[test]
fn request_that_wrote_or_would_have_leaves_a_run() {
    let worker = Worker::start();
    let good = items(&json!([{ "externalId": "a" }]));
    let bad = items(&json!([{ "externalId": "a" }, {}]));
    let mut expected = Vec::new();
    for (query, body, status) in [
        ("", &good, 200),
        // Nothing changed, but the run is recorded.
        ("", &good, 200),
        ("?on_error=skip", &bad, 207),
        ("", &bad, 422),
    ] {
        let answer = post(&worker, query).json(body.clone()).send();
        assert_eq!(answer.status, status, "{}", answer.body);
        let id = run_id(&answer);
        assert_eq!(answer.header("x-request-id"), Some(id.as_str()));
        let run = json_of(&worker, &format!("/runs/{id}"));
        assert_eq!(run["status"], status);
        assert_eq!(run["id"], id);
        expected.push(id);
    }
    expected.reverse();
    assert_eq!(ids_of(&json_of(&worker, "/runs")), expected);
}

#[test]
fn other_requests_leave_no_run() {
    let worker = Worker::start();
    let good = items(&json!([{ "externalId": "a" }]));
    let bad = items(&json!([{ "externalId": "a" }, {}]));
    for (query, body, status) in [
        ("?dry_run=true", &good, 200),
        ("?dry_run=true&on_error=skip", &bad, 207),
        ("?dry_run=true", &bad, 422),
    ] {
        let answer = post(&worker, query).json(body.clone()).send();
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(answer.json().get("run_id"), None, "{}", answer.body);
        let id = answer.header("x-request-id").expect("a request id");
        let shown = get(&worker, &format!("/runs/{id}"));
        assert_problem(&shown, 404, "run_not_found");
    }
    let ones = format!("[{}1]", "1,".repeat(MAX_ITEMS));
    for (request, status, code) in [
        (post(&worker, "").json("{"), 400, "invalid_json"),
        (post(&worker, "").json("[]"), 400, "items_required"),
        (
            post(&worker, "?x=1").json(good.clone()),
            400,
            "invalid_option",
        ),
        (worker.post(INGEST).json(good.clone()), 401, "unauthorized"),
        (post(&worker, "").json(ones), 413, "too_many_items"),
    ] {
        let answer = refused(&worker, request, status, code);
        assert_eq!(answer.json().get("run_id"), None, "{}", answer.body);
    }
    let empty = json!({ "runs": [], "next_cursor": null });
    assert_eq!(json_of(&worker, "/runs"), empty);
}

/// Its postings were read, and the run reports them like other invalid ones.
#[test]
fn invalid_ndjson_line_leaves_a_run() {
    let worker = Worker::start();
    let request = post(&worker, "").header("content-type", "application/x-ndjson");
    let answer = refused(
        &worker,
        request.body("{\"externalId\":\n"),
        400,
        "invalid_json",
    );
    let run = json_of(&worker, &format!("/runs/{}", run_id(&answer)));
    assert_eq!((&run["status"], &run["rejected"]), (&json!(400), &json!(1)));
}

#[test]
fn run_matches_its_response() {
    let worker = Worker::start();
    send(
        &worker,
        "",
        &json!([{ "externalId": "same" }, { "externalId": "old" }]),
    );
    let postings = json!([
        { "externalId": "same" },
        { "externalId": "old", "title": "new" },
        { "externalId": "new" },
        { "externalId": "twice" },
        { "externalId": "twice", "title": "x" },
        {},
    ]);
    let body = items(&postings);
    let refusal = post(&worker, "").json(body.clone()).send();
    assert_eq!(refusal.status, 422);
    let answer = post(&worker, "?on_error=skip")
        .header("content-encoding", "gzip")
        .json(gzip(&body))
        .send();
    let counts = counts(&answer);
    assert_eq!(
        (counts.inserted, counts.updated, counts.unchanged),
        (2, 1, 1)
    );
    let mut shown = Vec::new();
    for answer in [&answer, &refusal] {
        let id = run_id(answer);
        let mut run = json_of(&worker, &format!("/runs/{id}"));
        for count in [
            "received",
            "inserted",
            "updated",
            "unchanged",
            "duplicates",
            "rejected",
        ] {
            // A refusal has no row counts.
            let answered = answer.json().get(count).cloned().unwrap_or(json!(0));
            assert_eq!(run[count], answered, "{count} of {}", answer.body);
        }
        // After decompression.
        assert_eq!(run["body_bytes"], body.len());
        let times = [&run["started_at"], &run["finished_at"]].map(|time| {
            let time = time.as_str().expect("a time");
            assert_is_utc_with_milliseconds(time);
            time
        });
        assert!(times[0] <= times[1], "{run}");
        assert!(run["duration_ms"].is_u64(), "{run}");
        run["id"] = json!("[id]");
        run["body_bytes"] = json!("[bytes]");
        run["duration_ms"] = json!("[ms]");
        run["started_at"] = json!("[time]");
        run["finished_at"] = json!("[time]");
        shown.push(run);
    }
    insta::assert_json_snapshot!(shown, @r#"
    [
      {
        "body_bytes": "[bytes]",
        "closed": 0,
        "closing": null,
        "duplicates": 1,
        "duration_ms": "[ms]",
        "finished_at": "[time]",
        "id": "[id]",
        "inserted": 2,
        "received": 6,
        "rejected": 1,
        "reopened": 0,
        "source": "manual",
        "started_at": "[time]",
        "status": 207,
        "unchanged": 1,
        "updated": 1
      },
      {
        "body_bytes": "[bytes]",
        "closed": 0,
        "closing": null,
        "duplicates": 1,
        "duration_ms": "[ms]",
        "finished_at": "[time]",
        "id": "[id]",
        "inserted": 0,
        "received": 6,
        "rejected": 1,
        "reopened": 0,
        "source": "manual",
        "started_at": "[time]",
        "status": 422,
        "unchanged": 0,
        "updated": 0
      }
    ]
    "#);
}

#[test]
fn run_has_the_common_source_of_its_postings() {
    let worker = Worker::start();
    let posting = |id: &str, source: &str| json!({ "externalId": id, "source": source });
    for (postings, source) in [
        (
            json!([posting("a", "acme"), posting("b", "acme")]),
            json!("acme"),
        ),
        (
            json!([posting("a", "acme"), posting("b", "globex")]),
            Value::Null,
        ),
        (
            json!([{ "externalId": "a" }, posting("b", "manual")]),
            json!("manual"),
        ),
        // Rejected postings do not count.
        (
            json!([posting("a", "acme"), { "source": "globex" }]),
            json!("acme"),
        ),
        (json!([{ "source": "globex" }]), Value::Null),
    ] {
        let answer = send(&worker, "?on_error=skip", &postings);
        let run = json_of(&worker, &format!("/runs/{}", run_id(&answer)));
        assert_eq!(run["source"], source, "{postings}");
    }
}

/// Inserts runs of a token's name whose ids end in 1 to `n`.
fn add_runs(worker: &Worker, token_name: &str, n: usize) {
    worker.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n})
         INSERT INTO ingest_runs
           SELECT '{token_name}', printf('00000000-0000-7000-8000-%012x', i), NULL, 200,
             1, 1, 0, 0, 0, 0, 1, 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z',
             0, 0, NULL
           FROM n"
    ));
}

#[test]
fn pages_have_1_to_200_runs_and_50_by_default() {
    let worker = Worker::start();
    add_runs(&worker, TOKEN_NAME, MAX_PAGE_RUNS + 1);
    for (query, n) in [
        ("", DEFAULT_PAGE_RUNS),
        ("?limit=1", 1),
        (&format!("?limit={MAX_PAGE_RUNS}"), MAX_PAGE_RUNS),
    ] {
        let page = json_of(&worker, &format!("/runs{query}"));
        let ids = ids_of(&page);
        assert_eq!(ids.len(), n, "{query}");
        assert!(ids.is_sorted_by(|one, next| one > next), "{ids:?}");
        assert_eq!(page["next_cursor"].as_str(), ids.last().map(String::as_str));
    }
    for query in [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=x",
        "limit=",
        "cursor=",
        "cursor=x",
        "cursor=%27%20OR%201%3D1",
        "page=2",
        "source=",
        "status=",
        "status=500",
        "status=0200",
    ] {
        let request = worker.get(&format!("/runs?{query}")).token(TOKEN);
        refused(&worker, request, 400, "invalid_option");
    }
    let answer = get(&worker, "/runs?limit=201");
    insta::assert_snapshot!(answer.json()["detail"].as_str().unwrap_or_default(), @r#"limit is "201", expected 1 to 200"#);
}

#[test]
fn runs_are_selected_by_source_and_status() {
    let worker = start();
    let good = items(&json!([{ "externalId": "a" }]));
    let bad = items(&json!([{ "externalId": "a" }, {}]));
    let send = |query: &str, body: &String| post(&worker, query).json(body.clone()).send();
    let acme = run_id(&send("?source=acme", &good));
    let partly = run_id(&send("?source=acme&on_error=skip", &bad));
    let refused = run_id(&send("?source=a%26b", &bad));
    let unnamed = run_id(&send("", &items(&json!([{}]))));
    let ids = |query: &str| ids_of(&json_of(&worker, &format!("/runs{query}")));
    assert_eq!(ids(""), [&*unnamed, &*refused, &*partly, &*acme]);
    assert_eq!(ids("?source=acme"), [&*partly, &*acme]);
    assert_eq!(ids("?source=a%26b"), [&*refused]);
    assert_eq!(ids("?status=422"), [&*unnamed, &*refused]);
    assert_eq!(ids("?status=207&source=acme"), [&*partly]);
    assert_eq!(ids("?status=400"), [""; 0]);
    assert_eq!(ids("?source=Acme"), [""; 0]);

    // A page is full of runs that match.
    let page = json_of(&worker, "/runs?source=acme&limit=1");
    assert_eq!(ids_of(&page), [&*partly]);
    let cursor = page["next_cursor"].as_str().expect("a next page");
    assert_eq!(
        ids(&format!("?source=acme&limit=1&cursor={cursor}")),
        [&*acme]
    );
    let other = worker.get("/runs?source=acme").token(OTHER_TOKEN).send();
    assert_eq!(ids_of(&other.json()), [""; 0]);
}

#[test]
fn cursor_visits_every_run_once() {
    let worker = start();
    const N_RUNS: usize = 60;
    add_runs(&worker, TOKEN_NAME, N_RUNS);
    add_runs(&worker, "other", N_RUNS + 5);
    // Includes divisors of the number of runs, for which the last page is full.
    for limit in [7, 20, 59, 60, 61] {
        let mut seen = Vec::new();
        let mut path = format!("/runs?limit={limit}");
        loop {
            let page = json_of(&worker, &path);
            seen.extend(ids_of(&page));
            let Some(cursor) = page["next_cursor"].as_str() else {
                break;
            };
            path = format!("/runs?limit={limit}&cursor={cursor}");
            // Runs added meanwhile come before the first page.
            send(&worker, "", &json!([{ "externalId": "meanwhile" }]));
        }
        assert!(seen.is_sorted_by(|one, next| one > next), "{seen:?}");
        let added = seen.iter().filter(|id| id.starts_with("00000000-"));
        assert_eq!(added.collect::<BTreeSet<_>>().len(), N_RUNS, "{limit}");
    }
}

/// Some libraries write UUIDs in upper case.
#[test]
fn accepts_ids_in_upper_case() {
    let worker = Worker::start();
    let postings = json!([{ "externalId": "a" }, {}]);
    let mut ids: Vec<String> = (0..3)
        .map(|_| run_id(&send(&worker, "?on_error=skip", &postings)))
        .collect();
    ids.reverse();
    for id in &ids {
        let upper = id.to_uppercase();
        assert_eq!(json_of(&worker, &format!("/runs/{upper}"))["id"], **id);
        let rejects = json_of(&worker, &format!("/runs/{upper}/rejects"));
        assert_eq!(rejects["items"], json!([{}]));
    }
    let page = json_of(&worker, &format!("/runs?cursor={}", ids[0].to_uppercase()));
    assert_eq!(ids_of(&page), ids[1..]);
}

#[test]
fn token_sees_only_its_own_runs() {
    let worker = start();
    let postings = json!([{ "externalId": "a" }, {}]);
    let own = run_id(&send(&worker, "?on_error=skip", &postings));
    let others = worker
        .post(&format!("{INGEST}?on_error=skip"))
        .token(OTHER_TOKEN);
    let others = run_id(&others.json(items(&postings)).send());
    assert_eq!(ids_of(&json_of(&worker, "/runs")), [own.as_str()]);
    assert_eq!(get(&worker, &format!("/runs/{own}")).status, 200);
    for path in [format!("/runs/{others}"), format!("/runs/{others}/rejects")] {
        assert_eq!(worker.get(&path).token(OTHER_TOKEN).send().status, 200);
        // As if they did not exist.
        let answer = get(&worker, &path);
        assert_problem(&answer, 404, "run_not_found");
        assert_eq!(answer.json()["detail"], "this token has no such run");
    }
}

#[test]
fn unknown_run_is_404() {
    let worker = Worker::start();
    let long = "a".repeat(5_000);
    for id in ["x", NO_RUN, "%00", "%27%20OR%201%3D1", "*", &long] {
        for rest in ["", "/rejects"] {
            let answer = get(&worker, &format!("/runs/{id}{rest}"));
            assert_problem(&answer, 404, "run_not_found");
        }
    }
    for rest in ["x", "rejects/x"] {
        let path = format!("/runs/{NO_RUN}/{rest}");
        for request in [worker.get(&path).token(TOKEN), worker.get(&path)] {
            refused(&worker, request, 404, "not_found");
        }
    }
}

fn each_path(worker: &Worker) -> [String; 3] {
    let id = run_id(&send(worker, "", &json!([{ "externalId": "a" }])));
    [
        "/runs".to_owned(),
        format!("/runs/{id}"),
        format!("/runs/{id}/rejects"),
    ]
}

#[test]
fn requires_a_token() {
    let worker = Worker::start();
    for path in each_path(&worker) {
        refused(&worker, worker.get(&path), 401, "unauthorized");
        refused(
            &worker,
            worker.get(&path).token("wrong"),
            401,
            "unauthorized",
        );
        assert_eq!(get(&worker, &path).status, 200, "{path}");
    }
}

#[test]
fn runs_are_read_only() {
    let worker = Worker::start();
    for path in each_path(&worker) {
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let request: Request = worker.http().request(method, &path).token(TOKEN);
            let answer = refused(&worker, request, 405, "method_not_allowed");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method} {path}");
        }
        let head = worker.http().request("HEAD", &path).token(TOKEN).send();
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
    }
}
