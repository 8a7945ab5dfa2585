//! URLs: pages, conditional requests, retries, and boards that misbehave.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::server::{Answer, Server};
use super::{Pushed, push, run};

fn greenhouse(n_jobs: usize, total: usize) -> String {
    let jobs: Vec<Value> = (0..n_jobs)
        .map(|id| {
            json!({
                "id": id, "internal_job_id": id, "title": format!("Job {id}"),
                "absolute_url": format!("https://acme.example/{id}"), "location": {"name": "Berlin"},
                "content": "&lt;p&gt;Text&lt;/p&gt;", "departments": [],
            })
        })
        .collect();
    json!({"jobs": jobs, "meta": {"total": total}}).to_string()
}

fn smartrecruiters(offset: usize, n_jobs: usize, total: usize) -> String {
    let content: Vec<Value> = (offset..offset + n_jobs)
        .map(|id| json!({"id": id.to_string(), "name": format!("Job {id}")}))
        .collect();
    json!({"offset": offset, "limit": 100, "totalFound": total, "content": content}).to_string()
}

/// Checks a greenhouse board at a path of the server.
fn check_at(folder: &TempDir, url: &str) -> Pushed {
    let arguments = [
        "--check",
        "--json",
        "--format",
        "greenhouse",
        "--source",
        "greenhouse:acme",
        url,
    ];
    run(folder.path(), &arguments)
}

fn check(server: &Server) -> Pushed {
    check_at(
        &TempDir::new().unwrap(),
        &format!("{}/jobs?content=true", server.url),
    )
}

fn is_complete(pushed: &Pushed) -> bool {
    pushed.json()["sources"][0]["complete"] == json!(true)
}

fn n_postings(pushed: &Pushed) -> u64 {
    pushed.json()["postings"].as_u64().expect("a number")
}

#[test]
fn follows_pages_to_a_complete_list() {
    let server = Server::start(|_, request| {
        let pairs = request.path.split(['?', '&']);
        let offset = pairs
            .filter_map(|pair| pair.strip_prefix("offset="))
            .next_back();
        let offset: usize = offset.expect("an offset").parse().expect("a number");
        Answer::ok(smartrecruiters(offset, 100.min(250 - offset), 250))
    });
    let url = format!("{}/postings?limit=100&offset=0", server.url);
    let arguments = [
        "--check",
        "--json",
        "--format",
        "smartrecruiters",
        "--source",
        "s",
        &url,
    ];
    let pushed = run(TempDir::new().unwrap().path(), &arguments);
    assert_eq!(pushed.status, Some(0), "{pushed:?}");
    assert_eq!((n_postings(&pushed), is_complete(&pushed)), (250, true));
    assert_eq!(server.received().len(), 3);
}

#[test]
fn pages_that_lead_to_another_host_are_refused() {
    let body = |next: &str| json!({"next_url": next, "items": [{"id": "1", "url": "https://a.example/1", "title": "a", "_jobposting": {"@type": "JobPosting", "title": "a"}}]});
    for (next, expected) in [
        ("https://elsewhere.example/", "another host"),
        ("/jobs.json", "names itself"),
    ] {
        let body = body(next).to_string();
        let server = Server::start(move |_, _| Answer::ok(&body));
        let url = format!("{}/jobs.json", server.url);
        let arguments = ["--check", "--format", "teamtailor", "--source", "s", &url];
        let pushed = run(TempDir::new().unwrap().path(), &arguments);
        assert_eq!(pushed.status, Some(1), "{pushed:?}");
        assert!(pushed.stderr.contains(expected), "{}", pushed.stderr);
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn unchanged_feed_is_taken_from_the_cache() {
    let server = Server::start(|_, request| match request.header("if-none-match") {
        Some("\"v1\"") => Answer::new(304, &[], ""),
        _ => Answer::new(
            200,
            &[
                ("ETag", "\"v1\""),
                ("Last-Modified", "Thu, 26 Nov 2026 11:00:00 GMT"),
            ],
            greenhouse(2, 2),
        ),
    });
    let folder = TempDir::new().unwrap();
    let url = format!("{}/jobs?content=true", server.url);
    for _ in 0..2 {
        let pushed = check_at(&folder, &url);
        assert_eq!(
            (n_postings(&pushed), is_complete(&pushed)),
            (2, true),
            "{pushed:?}"
        );
    }
    let received = server.received();
    assert_eq!(received[0].header("if-none-match"), None);
    assert_eq!(received[1].header("if-none-match"), Some("\"v1\""));
    assert_eq!(
        received[1].header("if-modified-since"),
        Some("Thu, 26 Nov 2026 11:00:00 GMT")
    );
    // Another URL has no body in the cache.
    check_at(&folder, &format!("{}/jobs?content=true&x=1", server.url));
    assert_eq!(server.received()[2].header("if-none-match"), None);
}

#[test]
fn compressed_answers_are_read() {
    let server = Server::start(|_, request| {
        assert_eq!(request.header("accept-encoding"), Some("gzip"));
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(greenhouse(2, 2).as_bytes()).unwrap();
        Answer::new(
            200,
            &[("Content-Encoding", "gzip")],
            encoder.finish().unwrap(),
        )
    });
    assert_eq!(n_postings(&check(&server)), 2);
}

#[test]
fn waits_as_long_as_a_board_asks() {
    let server = Server::start(|number, _| match number {
        0 => Answer::new(429, &[("Retry-After", "1")], ""),
        1 => Answer::new(503, &[("Retry-After", "0")], ""),
        _ => Answer::ok(greenhouse(2, 2)),
    });
    assert_eq!(n_postings(&check(&server)), 2);
    assert_eq!(server.received().len(), 3);
}

#[test]
fn does_not_wait_for_an_hour() {
    let server = Server::start(|_, _| Answer::new(429, &[("Retry-After", "3600")], ""));
    let pushed = check(&server);
    assert_eq!(pushed.status, Some(1));
    assert!(pushed.stderr.contains("answered 429"), "{}", pushed.stderr);
    assert_eq!(server.received().len(), 1);
}

#[test]
fn answer_cut_in_the_middle_is_fetched_again() {
    let server = Server::start(|number, _| match number {
        0 => Answer::ok(greenhouse(2, 2)).cut(20),
        _ => Answer::ok(greenhouse(2, 2)),
    });
    let pushed = check(&server);
    assert_eq!(
        (n_postings(&pushed), is_complete(&pushed)),
        (2, true),
        "{pushed:?}"
    );
    assert_eq!(server.received().len(), 2);
}

#[test]
fn cut_answer_without_a_length_is_an_error() {
    let server = Server::start(|_, _| {
        let body = greenhouse(2, 2);
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
        Answer([head.as_bytes(), &body.as_bytes()[..body.len() - 20]].concat())
    });
    let pushed = check(&server);
    assert_eq!((pushed.status, pushed.stdout.as_str()), (Some(1), ""));
    assert!(pushed.stderr.contains("truncated"), "{}", pushed.stderr);
}

#[test]
fn cut_answer_without_a_length_is_not_kept() {
    let server = Server::start(|_, _| {
        let head = "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nConnection: close\r\n\r\n";
        Answer([head, "{\"jobs\":["].concat().into_bytes())
    });
    let folder = TempDir::new().unwrap();
    for _ in 0..2 {
        assert_eq!(check_at(&folder, &server.url).status, Some(1));
    }
    assert_eq!(server.received()[1].header("if-none-match"), None);
}

#[test]
fn slow_board_is_waited_for() {
    let server = Server::start(|_, _| {
        std::thread::sleep(Duration::from_secs(3));
        Answer::ok(greenhouse(2, 2))
    });
    assert_eq!(n_postings(&check(&server)), 2);
    assert_eq!(server.received().len(), 1);
}

#[test]
fn proxy_of_the_environment_is_used() {
    let proxy = Server::start(|_, _| Answer::new(502, &[], ""));
    let folder = TempDir::new().unwrap();
    let arguments = [
        "--check",
        "--format",
        "greenhouse",
        "--source",
        "s",
        "https://a.example/jobs",
    ];
    let mut command = push(folder.path(), &arguments);
    let mut child = command
        .env("HTTPS_PROXY", &proxy.url)
        .env_remove("NO_PROXY")
        .spawn()
        .unwrap();
    for _ in 0..100 {
        if !proxy.received().is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let request = proxy.received()[0].clone();
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("CONNECT", "a.example:443")
    );
}

#[test]
fn counter_that_disagrees_is_not_a_complete_list() {
    let server = Server::start(|_, _| Answer::ok(greenhouse(2, 3)));
    let pushed = check(&server);
    assert_eq!((n_postings(&pushed), is_complete(&pushed)), (2, false));
    assert_eq!(
        pushed.json()["sources"][0]["why_not"],
        "meta.total is 3, but the list has 2 rows"
    );
}

#[test]
fn empty_list_is_not_a_complete_one() {
    let server = Server::start(|_, _| Answer::ok(greenhouse(0, 0)));
    let pushed = check(&server);
    assert_eq!(
        (pushed.status, n_postings(&pushed), is_complete(&pushed)),
        (Some(0), 0, false)
    );
}

#[test]
fn html_error_page_with_status_200_is_an_error() {
    let page = "<!DOCTYPE html><html><body>Something went wrong</body></html>";
    let server = Server::start(move |_, _| Answer::ok(page));
    let pushed = check(&server);
    assert_eq!((pushed.status, pushed.stdout.as_str()), (Some(1), ""));
    assert!(pushed.stderr.contains("greenhouse"), "{}", pushed.stderr);
}

#[test]
fn other_statuses_are_errors_without_a_retry() {
    for status in [400, 403, 404, 410, 500] {
        let server = Server::start(move |_, _| Answer::new(status, &[], ""));
        let pushed = check(&server);
        assert_eq!(pushed.status, Some(1));
        let expected = format!("answered {status}");
        assert!(pushed.stderr.contains(&expected), "{}", pushed.stderr);
        assert_eq!(server.received().len(), 1);
    }
}

#[test]
fn redirects_are_followed_on_the_same_host_only() {
    let server = Server::start(|_, request| match request.route() {
        "/jobs" => Answer::new(301, &[("Location", "/moved?content=true")], ""),
        _ => Answer::ok(greenhouse(2, 2)),
    });
    assert_eq!(n_postings(&check(&server)), 2);

    let target = Server::start(|_, _| Answer::ok(greenhouse(2, 2)));
    let location = target.url.clone();
    let server = Server::start(move |_, _| Answer::new(302, &[("Location", &location)], ""));
    let pushed = check(&server);
    assert_eq!(pushed.status, Some(1));
    assert!(pushed.stderr.contains("another host"), "{}", pushed.stderr);
    assert_eq!(target.received().len(), 0);
}

#[test]
fn endless_redirects_are_an_error() {
    let server = Server::start(|_, _| Answer::new(302, &[("Location", "/jobs")], ""));
    let pushed = check(&server);
    assert_eq!(pushed.status, Some(1));
    assert!(
        pushed.stderr.contains("redirects more than 5 times"),
        "{}",
        pushed.stderr
    );
    assert_eq!(server.received().len(), 6);
}

#[test]
fn plain_http_to_other_machines_is_refused() {
    let pushed = check_at(&TempDir::new().unwrap(), "http://192.0.2.1/jobs");
    assert_eq!(pushed.status, Some(64));
    assert!(
        pushed.stderr.contains("expected https://"),
        "{}",
        pushed.stderr
    );
}
