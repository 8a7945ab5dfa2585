//! `GET /runs`, `GET /runs/{id}` and `GET /runs/{id}/rejects`: what a token's own ingests did.

use std::collections::BTreeSet;

use jobs_ingest_core::limits::{
    DEFAULT_PAGE_RUNS, MAX_ITEMS, MAX_KEPT_ERRORS, MAX_KEPT_REJECT_BYTES, MAX_KEPT_REJECTS,
    MAX_PAGE_RUNS,
};
use jobs_ingest_tests::http::{Answer, Request};
use jobs_ingest_tests::{TOKEN, TOKEN_NAME, Worker};
use serde_json::{Value, json};

use crate::support::{INGEST, assert_problem, counts, gzip, items, post, refused, run_id, send};

const OTHER_TOKEN: &str = "token-of-somebody-else";

/// An id that no run has.
const NO_RUN: &str = "01234567-89ab-7cde-8f01-23456789abcd";

/// With [`TOKEN`] and one of another name.
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

fn rejects_of(worker: &Worker, answer: &Answer) -> Answer {
    let answer = get(worker, &format!("/runs/{}/rejects", run_id(answer)));
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer
}

#[test]
fn a_request_that_wrote_or_would_have_leaves_a_run() {
    let worker = Worker::start();
    let good = items(&json!([{ "externalId": "a" }]));
    let bad = items(&json!([{ "externalId": "a" }, {}]));
    let mut expected = Vec::new();
    for (query, body, status) in [
        ("", &good, 200),
        // Nothing changed, but the run is told.
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
fn any_other_request_leaves_none() {
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

/// Their postings have been read, and they say so as other invalid ones do.
#[test]
fn a_bad_line_of_ndjson_leaves_a_run() {
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
fn a_run_says_what_its_answer_said() {
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
            // A refusal has no counts of rows.
            let said = answer.json().get(count).cloned().unwrap_or(json!(0));
            assert_eq!(run[count], said, "{count} of {}", answer.body);
        }
        // Of what came out of gzip.
        assert_eq!(run["body_bytes"], body.len());
        let times = [&run["started_at"], &run["finished_at"]].map(|time| {
            let time = time.as_str().expect("a time");
            let form: String = time
                .chars()
                .map(|char| if char.is_ascii_digit() { '0' } else { char })
                .collect();
            assert_eq!(form, "0000-00-00T00:00:00.000Z");
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
        "duplicates": 1,
        "duration_ms": "[ms]",
        "finished_at": "[time]",
        "id": "[id]",
        "inserted": 2,
        "received": 6,
        "rejected": 1,
        "source": "manual",
        "started_at": "[time]",
        "status": 207,
        "unchanged": 1,
        "updated": 1
      },
      {
        "body_bytes": "[bytes]",
        "duplicates": 1,
        "duration_ms": "[ms]",
        "finished_at": "[time]",
        "id": "[id]",
        "inserted": 0,
        "received": 6,
        "rejected": 1,
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
fn a_run_has_the_source_that_all_its_accepted_postings_have() {
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
        // A rejected one does not count.
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

/// Runs of a token's name whose ids end in 1 to `n`.
fn add_runs(worker: &Worker, token_name: &str, n: usize) {
    worker.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {n})
         INSERT INTO ingest_runs
           SELECT '{token_name}', printf('00000000-0000-7000-8000-%012x', i), NULL, 200,
             1, 1, 0, 0, 0, 0, 1, 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'
           FROM n"
    ));
}

#[test]
fn pages_hold_1_to_200_runs_and_50_when_nothing_is_said() {
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
    ] {
        let request = worker.get(&format!("/runs?{query}")).token(TOKEN);
        refused(&worker, request, 400, "invalid_option");
    }
    let answer = get(&worker, "/runs?limit=201");
    insta::assert_snapshot!(answer.json()["detail"].as_str().unwrap_or_default(), @r#"limit is "201", expected 1 to 200"#);
}

#[test]
fn the_cursor_goes_through_all_runs_once() {
    let worker = start();
    const N_RUNS: usize = 60;
    add_runs(&worker, TOKEN_NAME, N_RUNS);
    add_runs(&worker, "other", N_RUNS + 5);
    // A divisor of the number of runs: the last page is full, and still the last.
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
            // What comes in meanwhile is before the first page.
            send(&worker, "", &json!([{ "externalId": "meanwhile" }]));
        }
        assert!(seen.is_sorted_by(|one, next| one > next), "{seen:?}");
        let added = seen.iter().filter(|id| id.starts_with("00000000-"));
        assert_eq!(added.collect::<BTreeSet<_>>().len(), N_RUNS, "{limit}");
    }
}

#[test]
fn a_token_sees_its_own_runs_only() {
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
        // As if there were none.
        let answer = get(&worker, &path);
        assert_problem(&answer, 404, "run_not_found");
        assert_eq!(answer.json()["detail"], "this token has no such run");
    }
}

#[test]
fn there_is_no_such_run() {
    let worker = Worker::start();
    let long = "a".repeat(5_000);
    for id in ["", "x", NO_RUN, "%00", "%27%20OR%201%3D1", "*", &long] {
        for rest in ["", "/rejects"] {
            let answer = get(&worker, &format!("/runs/{id}{rest}"));
            assert_problem(&answer, 404, "run_not_found");
        }
    }
    for rest in ["x", "rejects/", "rejects/x"] {
        let answer = get(&worker, &format!("/runs/{NO_RUN}/{rest}"));
        assert_problem(&answer, 404, "not_found");
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
fn a_token_is_needed() {
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
fn runs_are_only_read() {
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

#[test]
fn rejected_postings_are_kept_as_they_were_sent() {
    let worker = Worker::start();
    let sent = [
        r#"{ "title" : 1.50, "externalId":"a\u00e4", "extra": {"b":[1e2,null]}, "a": 1, "a": 2 }"#,
        r#"{"externalId":"c","title":false,"salary":7}"#,
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
            "message": "items[1].title is a number, expected a string"
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
            "message": "items[2].title is a boolean, expected a string"
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
fn what_was_kept_can_be_mended_and_sent_again() {
    let worker = Worker::start();
    let postings = json!([{ "externalId": "a" }, { "externalId": "b", "title": 1 }, {}]);
    let first = send(&worker, "?on_error=skip", &postings);
    let kept = rejects_of(&worker, &first);
    // As it is, with its reasons: rejected again, and kept again.
    let again = post(&worker, "?on_error=skip")
        .json(kept.body.clone())
        .send();
    assert_eq!(counts(&again).rejected, 2);
    assert_eq!(
        rejects_of(&worker, &again).json()["items"],
        kept.json()["items"]
    );
    let mut mended = kept.json();
    mended["items"][0]["title"] = json!("one");
    mended["items"][1]["externalId"] = json!("c");
    let answer = post(&worker, "").json(mended.to_string()).send();
    assert_eq!(counts(&answer).inserted, 2);
    assert_eq!(worker.n_rows(), 3);
}

#[test]
fn a_line_that_is_no_json_is_kept_as_a_text() {
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
fn ids_that_become_equal_are_kept_too() {
    let worker = Worker::start();
    let long = "i".repeat(100);
    let postings = json!([
        { "externalId": format!("{long}a") },
        { "externalId": format!("{long}b") },
    ]);
    let answer = send(&worker, "?on_error=skip", &postings);
    let n_rejected = counts(&answer).rejected;
    let kept = rejects_of(&worker, &answer).json();
    let items = kept["items"].as_array().expect("items");
    assert_eq!(items.len() as u64, n_rejected);
    assert_eq!(kept["reasons"][0]["errors"][0]["code"], "id_collision");
}

#[test]
fn nothing_is_kept_where_nothing_was_skipped() {
    let worker = Worker::start();
    let empty = json!({ "items": [], "reasons": [], "omitted": 0 });
    let bad = json!([{ "externalId": "a" }, {}]);
    let refusal = post(&worker, "").json(items(&bad));
    let refusal = refused(&worker, refusal, 422, "invalid_items");
    assert_eq!(rejects_of(&worker, &refusal).json(), empty);
    let whole = send(&worker, "?on_error=skip", &json!([{ "externalId": "a" }]));
    assert_eq!(rejects_of(&worker, &whole).json(), empty);
    send(&worker, "?on_error=skip&dry_run=true", &bad);
    assert_eq!(worker.sql("SELECT * FROM ingest_rejects"), json!([]));
}

#[test]
fn the_first_1_000_are_kept_and_the_rest_counted() {
    let worker = Worker::start();
    for (n, n_omitted) in [(MAX_KEPT_REJECTS, 0), (MAX_KEPT_REJECTS + 1, 1)] {
        let posting = |number| json!({ "externalId": number, "title": number });
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
            MAX_KEPT_REJECTS - 1
        );
    }
}

/// None is kept with a part of its reasons.
#[test]
fn of_many_errors_2_000_are_kept() {
    let worker = Worker::start();
    let n = MAX_KEPT_REJECTS;
    let posting = |number| json!({ "externalId": [], "title": number, "salary": [] });
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
fn long_ones_are_kept_up_to_their_bytes() {
    let worker = Worker::start();
    // Two fit, a third does not, a short one behind it does.
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
