//! `jobs-ingest smoke` against a server that answers as documented, except for the answer that a test
//! changes. tests/http/smoke.rs runs it against the real Worker.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: a panic is how one fails"
)]

mod fake;
#[path = "../support/mod.rs"]
mod support;

use std::net::TcpListener;
use std::process::Command;

use fake::{Canned, Fake, Step, documented};
use jobs_ingest_core::field::FIELDS;
use serde_json::{Value, json};
use support::{TOKEN, texts};

fn smoke(url: &str) -> Command {
    let mut command = support::command("smoke");
    command.args(["--url", url]);
    command
}

fn run(mut command: Command) -> (Option<i32>, String, String) {
    texts(command.output().expect("start the command"))
}

/// Runs the check against a server on which one step answers differently. Asserts that the step failed, was
/// the last and set the exit status; returns stderr.
fn fails_at(step: Step, spoil: impl FnOnce(&mut Canned)) -> String {
    let mut answers = documented();
    spoil(&mut answers[step as usize]);
    let cleaned_up = answers[Step::Close as usize].clone();
    answers.truncate(step as usize + 1);
    answers.resize(step as usize + 1 + CLEAN_UP.len(), cleaned_up);
    let fake = Fake::start(answers);
    let (status, stdout, stderr) = run(smoke(&fake.url));
    assert_eq!(status, Some(1), "{stdout}{stderr}");
    let verdicts: Vec<&str> = stdout
        .lines()
        .filter(|line| line.starts_with("ok ") || line.starts_with("FAILED "))
        .collect();
    let (last, before) = verdicts.split_last().expect("a line for each step");
    assert!(last.starts_with("FAILED "), "{stdout}");
    assert!(last.contains(step.name()), "{stdout}");
    assert!(
        before.iter().all(|line| line.starts_with("ok ")),
        "{stdout}"
    );
    assert!(
        stderr.contains(&format!("error: {}: ", step.name())),
        "{stderr}"
    );
    let mut requests = fake.requests().split_off(step as usize + 1).into_iter();
    if (step as usize) < Step::Insert as usize {
        assert!(requests.next().is_none(), "it stops there");
    } else {
        let urls: Vec<String> = requests.map(|request| request.url).collect();
        assert_eq!(urls, CLEAN_UP);
    }
    stderr
}

/// What follows a step that failed, when rows may have been written.
const CLEAN_UP: [&str; 2] = ["/jobs/close?source=smoke", "/jobs/close?source=smoke-list"];

fn has_status(step: Step, found: u16, expected: u16) {
    let stderr = fails_at(step, |answer| answer.status = found);
    let text = format!("the status is {found}, expected {expected}");
    assert!(stderr.contains(&text), "{stderr}");
}

fn has_field(step: Step, path: &str, value: Value) {
    let mut expected = Value::Null;
    let stderr = fails_at(step, |answer| {
        let pointer = format!("/{}", path.replace('.', "/"));
        let field = answer
            .body
            .pointer_mut(&pointer)
            .expect("a documented field");
        expected = std::mem::replace(field, value.clone());
    });
    let text = format!("{path} is {value}, expected {expected}");
    assert!(stderr.contains(&text), "{stderr}");
}

#[test]
fn accepts_the_documented_answers() {
    let fake = Fake::start(documented());
    let (status, stdout, stderr) = run(smoke(&fake.url));
    assert_eq!(status, Some(0), "{stdout}{stderr}");
    let verdicts: Vec<String> = stdout
        .lines()
        .filter_map(|line| line.strip_prefix("ok "))
        .map(|line| line.split(" ms ").next().unwrap().trim().to_owned())
        .map(|line| {
            line.trim_end_matches(|c: char| c.is_ascii_digit())
                .trim()
                .to_owned()
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            "health",
            "without a token",
            "token",
            "empty body",
            "insert",
            "repeat",
            "change",
            "duplicates",
            "partial acceptance",
            "all fields",
            "keep",
            "dry run",
            "list dry run",
            "complete list",
            "close",
        ]
    );
    assert!(stdout.contains("15 steps, all as documented"), "{stdout}");
    assert!(
        stdout
            .trim_end()
            .ends_with(r#"DELETE FROM ingest_sources WHERE source = 'smoke-list'""#),
        "{stdout}"
    );
}

#[test]
fn sends_the_token_everywhere_but_where_it_must_be_refused_and_prints_it_nowhere() {
    let fake = Fake::start(documented());
    let (_, stdout, stderr) = run(smoke(&fake.url));
    assert!(!stdout.contains(TOKEN) && !stderr.contains(TOKEN));
    let bearer = format!("Bearer {TOKEN}");
    for (index, request) in fake.requests().iter().enumerate() {
        let expected = (index > Step::WithoutToken as usize).then_some(bearer.as_str());
        assert_eq!(
            request.authorization.as_deref(),
            expected,
            "request {index}"
        );
    }
}

#[test]
fn writes_three_rows_of_source_smoke_and_no_other() {
    let fake = Fake::start(documented());
    run(smoke(&fake.url));
    let mut ids = std::collections::BTreeSet::new();
    let written = fake.requests().into_iter().filter(|request| {
        request.authorization.is_some()
            && !request.url.contains("dry_run=true")
            && !request.url.contains("source=smoke-list&")
    });
    for request in written {
        for item in request.items() {
            assert_eq!(item["source"], "smoke", "{item}");
            if let Some(id) = item["externalId"].as_str() {
                ids.insert(id.to_owned());
            }
        }
    }
    assert_eq!(ids.len(), 3, "{ids:?}");
}

#[test]
fn the_dry_run_is_of_1000_other_postings() {
    let fake = Fake::start(documented());
    run(smoke(&fake.url));
    let requests = fake.requests();
    for step in [Step::DryRun, Step::SecondDryRun] {
        let request = &requests[step as usize];
        assert!(request.url.ends_with("?dry_run=true"), "{}", request.url);
        assert_eq!(request.items().len(), 1_000);
    }
}

#[test]
fn lists_three_postings_then_one_then_three_then_none() {
    let fake = Fake::start(documented());
    run(smoke(&fake.url));
    let requests = fake.requests();
    let first = Step::FirstList as usize;
    let lists = &requests[first..=Step::AllowedEmptyList as usize];
    let n_listed: Vec<usize> = lists.iter().map(|request| request.items().len()).collect();
    assert_eq!(n_listed, [3, 1, 3, 0, 0]);
    for list in lists {
        let path = "/jobs/ingest?source=smoke-list&snapshot=complete";
        assert!(list.url.starts_with(path), "{}", list.url);
    }
    assert!(!lists[3].url.contains("allow_empty"), "{}", lists[3].url);
}

#[test]
fn closes_the_three_rows_at_the_end() {
    let fake = Fake::start(documented());
    run(smoke(&fake.url));
    let requests = fake.requests();
    let (last, insert) = (&requests[Step::Close as usize], Step::Insert as usize);
    assert_eq!(last.url, "/jobs/close?source=smoke");
    let ids = requests[insert].items();
    let ids: Vec<&Value> = ids.iter().map(|item| &item["externalId"]).collect();
    assert_eq!(last.body, json!(ids).to_string());
}

#[test]
fn a_list_that_closes_other_numbers_than_documented_is_found() {
    has_field(Step::ShrunkList, "closing.closed", json!(1));
    has_field(Step::RestoredList, "closing.reopened", json!(0));
    has_field(Step::EmptyList, "closing.closed", json!(3));
    has_field(Step::EmptyList, "closing.withheld.code", json!("shrunk"));
    has_field(Step::AllowedEmptyList, "closing.closed", json!(0));
    has_status(Step::EmptyList, 200, 207);
    has_field(Step::Close, "closing.closed", json!(2));
    has_field(Step::Close, "closing.unknown", json!(1));
}

#[test]
fn all_fields_are_sent_and_then_the_title_alone() {
    let fake = Fake::start(documented());
    run(smoke(&fake.url));
    let requests = fake.requests();
    let whole = &requests[Step::AllFields as usize].items()[0];
    for spec in &FIELDS {
        assert!(!whole[spec.json_name].is_null(), "{}", spec.json_name);
    }
    let keep = &requests[Step::Keep as usize];
    assert!(keep.url.ends_with("?missing=keep"), "{}", keep.url);
    let title = keep.items()[0]["title"].clone();
    assert_eq!(keep.items()[0].as_object().unwrap().len(), 3);
    let mut kept = whole.clone();
    kept["title"] = title;
    assert_eq!(requests[Step::Kept as usize].items(), [kept]);
}

#[test]
fn two_runs_have_no_id_in_common() {
    let ids = || {
        let fake = Fake::start(documented());
        run(smoke(&fake.url));
        let insert = &fake.requests()[Step::Insert as usize];
        let ids = insert
            .items()
            .into_iter()
            .map(|item| item["externalId"].to_string());
        ids.collect::<std::collections::HashSet<_>>()
    };
    assert!(ids().is_disjoint(&ids()));
}

#[test]
fn health_must_be_200() {
    has_status(Step::Health, 503, 200);
}

#[test]
fn shows_the_answer_that_is_not_as_documented() {
    let stderr = fails_at(Step::Health, |answer| {
        answer.status = 503;
        answer.body = json!({"detail": "the database lacks migration 0002_more.sql"});
    });
    assert!(stderr.contains("lacks migration 0002_more.sql"), "{stderr}");
}

#[test]
fn a_redirection_is_not_followed() {
    let stderr = fails_at(Step::Health, |answer| {
        answer.status = 301;
        answer
            .headers
            .push(("Location", "https://elsewhere.example/"));
    });
    assert!(
        stderr.contains("the status is 301, expected 200"),
        "{stderr}"
    );
    assert!(
        stderr.contains("location https://elsewhere.example/"),
        "{stderr}"
    );
}

#[test]
fn a_token_that_lacks_a_right_is_named_with_it() {
    let lacks = |step, status, code: &str, expected: &str| {
        let stderr = fails_at(step, |answer| {
            answer.status = status;
            answer.body = json!({"status": status, "code": code});
        });
        assert!(stderr.contains(expected), "{stderr}");
        assert!(stderr.contains("hint: the check needs"), "{stderr}");
    };
    let (reads, posts, lists) = (Step::TokenReads, Step::TokenPosts, Step::TokenLists);
    lacks(reads, 401, "unauthorized", "does not know the token");
    lacks(posts, 403, "forbidden", "may read, but not write");
    let source = "source_not_allowed";
    lacks(posts, 403, source, "may not post the source 'smoke'");
    lacks(lists, 403, source, "may not post the source 'smoke-list'");
    lacks(lists, 403, "closing_not_allowed", "limited to companies");
    has_status(reads, 500, 200);
    has_status(posts, 200, 400);
}

#[test]
fn a_token_need_not_be_able_to_read() {
    let mut answers = documented();
    let read = &mut answers[Step::TokenReads as usize];
    read.status = 403;
    read.body = json!({"status": 403, "code": "forbidden"});
    let (status, stdout, _) = run(smoke(&Fake::start(answers).url));
    assert_eq!(status, Some(0), "{stdout}");
    assert!(stdout.contains("known; may write the sources"), "{stdout}");
}

#[test]
fn with_dry_run_only_requests_that_write_nothing_are_sent() {
    let answers = documented();
    let kept = |step: Step| answers[step as usize].clone();
    let fake = Fake::start(vec![
        kept(Step::Health),
        kept(Step::WithoutToken),
        kept(Step::TokenReads),
        kept(Step::TokenPosts),
        kept(Step::TokenLists),
        kept(Step::EmptyBody),
        kept(Step::DryRun),
        kept(Step::SecondDryRun),
        kept(Step::ListDryRun),
    ]);
    let mut command = smoke(&fake.url);
    command.arg("--dry-run");
    let (status, stdout, stderr) = run(command);
    assert_eq!(status, Some(0), "{stdout}{stderr}");
    assert!(stdout.ends_with("6 steps, all as documented\n"), "{stdout}");
    for request in fake.requests() {
        let is_refused = request.authorization.is_none() || request.body.is_empty();
        assert!(
            is_refused || request.url.contains("dry_run=true"),
            "{}",
            request.url
        );
    }
}

#[test]
fn postings_that_cannot_be_closed_after_a_failure_are_said_to_be_open() {
    let mut answers = documented();
    answers[Step::Insert as usize].status = 500;
    answers[Step::Insert as usize + 1].status = 503;
    let (status, stdout, stderr) = run(smoke(&Fake::start(answers).url));
    assert_eq!(status, Some(1));
    assert!(stderr.contains("may be open"), "{stderr}");
    assert!(stderr.contains("the status is 503"), "{stderr}");
    assert!(stdout.contains("DELETE FROM jobs"), "{stdout}");
}

#[test]
fn a_request_without_token_must_be_refused() {
    has_status(Step::WithoutToken, 200, 401);
    has_field(Step::WithoutToken, "status", json!(403));
    has_field(Step::WithoutToken, "code", json!("forbidden"));
    let stderr = fails_at(Step::WithoutToken, |answer| answer.headers.clear());
    assert!(
        stderr.contains("the header www-authenticate is missing"),
        "{stderr}"
    );
}

#[test]
fn an_empty_body_must_be_refused_in_the_words_of_the_old_function() {
    has_status(Step::EmptyBody, 401, 400);
    has_field(Step::EmptyBody, "code", json!("invalid_json"));
    has_field(Step::EmptyBody, "error", json!("items required"));
}

#[test]
fn every_count_of_every_success_must_be_exact() {
    let counts = [
        "received",
        "upserted",
        "inserted",
        "updated",
        "unchanged",
        "duplicates",
        "rejected",
    ];
    for step in [
        Step::Insert,
        Step::Repeat,
        Step::Change,
        Step::Duplicates,
        Step::PartialAcceptance,
        Step::AllFields,
        Step::AllFieldsAgain,
        Step::Keep,
        Step::Kept,
        Step::DryRun,
        Step::SecondDryRun,
    ] {
        for count in counts {
            has_field(step, count, json!(77));
        }
        has_field(step, "success", json!(false));
    }
}

#[test]
fn a_count_that_is_missing_is_not_taken_for_zero() {
    let stderr = fails_at(Step::Insert, |answer| {
        answer.body.as_object_mut().unwrap().remove("duplicates");
    });
    assert!(
        stderr.contains("duplicates is missing, expected 0"),
        "{stderr}"
    );
}

#[test]
fn a_success_must_have_the_documented_status() {
    has_status(Step::Insert, 201, 200);
    has_status(Step::Repeat, 500, 200);
    has_status(Step::Change, 409, 200);
    has_status(Step::Duplicates, 422, 200);
    has_status(Step::PartialAcceptance, 200, 207);
    has_status(Step::DryRun, 413, 200);
}

#[test]
fn a_rejected_posting_must_be_named() {
    has_field(Step::PartialAcceptance, "errors.0.index", json!(1));
    has_field(Step::PartialAcceptance, "errors.0.externalId", json!(""));
    has_field(Step::PartialAcceptance, "errors.0.field", json!("title"));
    has_field(
        Step::PartialAcceptance,
        "errors.0.code",
        json!("wrong_type"),
    );
}

#[test]
fn a_dry_run_that_writes_is_found() {
    has_field(Step::SecondDryRun, "inserted", json!(0));
}

#[test]
fn an_answer_that_is_no_json_is_found() {
    let stderr = fails_at(Step::Insert, |answer| {
        answer.body = Value::String("<html>".into())
    });
    assert!(stderr.contains("the body is not JSON"), "{stderr}");
    assert!(stderr.contains("<html>"), "{stderr}");
}

#[test]
fn prints_how_to_delete_once_a_row_may_exist() {
    for (step, expected) in [(Step::EmptyBody, false), (Step::Insert, true)] {
        let mut answers = documented();
        answers[step as usize].status = 500;
        let (_, stdout, _) = run(smoke(&Fake::start(answers).url));
        assert_eq!(stdout.contains("DELETE FROM jobs"), expected, "{stdout}");
    }
}

#[test]
fn nobody_there_is_an_error() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (status, stdout, stderr) = run(smoke(&format!("http://127.0.0.1:{port}")));
    assert_eq!(status, Some(1));
    assert!(stdout.starts_with("FAILED  health"), "{stdout}");
    assert!(
        stderr.contains("error: health: http://127.0.0.1"),
        "{stderr}"
    );
    assert!(stderr.contains("does not answer"), "{stderr}");
}

#[test]
fn a_connection_that_is_closed_without_an_answer_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Ends with the test's process.
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let (status, _, stderr) = run(smoke(&url));
    assert_eq!(status, Some(1));
    assert!(stderr.contains("does not answer"), "{stderr}");
}

#[test]
fn wrong_usage_is_64() {
    let program = env!("CARGO_BIN_EXE_jobs-ingest");
    for arguments in [
        &["smoke"][..],
        &["smoke", "--url"],
        &["smoke", "--url", "http://127.0.0.1:1", "--verbose"],
        &["smoke", "--url", "127.0.0.1:1"],
        // The token must not leave this machine in clear.
        &["smoke", "--url", "http://192.0.2.1:1"],
        &["smoke", "--url", "http://127.0.0.1:1/jobs/ingest"],
        &["smok"],
        &[],
    ] {
        let mut command = Command::new(program);
        command.args(arguments).env("JOBS_INGEST_TOKEN", TOKEN);
        let (status, stdout, stderr) = run(command);
        assert_eq!(status, Some(64), "{arguments:?}: {stderr}");
        assert_eq!(stdout, "", "{arguments:?}");
        assert_ne!(stderr, "", "{arguments:?}");
    }
}

#[test]
fn no_token_is_64_and_says_where_to_put_it() {
    for token in [None, Some(""), Some("two\nlines")] {
        let mut command = smoke("http://127.0.0.1:1");
        match token {
            Some(token) => command.env("JOBS_INGEST_TOKEN", token),
            None => command.env_remove("JOBS_INGEST_TOKEN"),
        };
        let (status, stdout, stderr) = run(command);
        assert_eq!((status, stdout.as_str()), (Some(64), ""), "{token:?}");
        assert!(stderr.contains("error: JOBS_INGEST_TOKEN "), "{stderr}");
        assert!(stderr.contains("hint: "), "{stderr}");
    }
}

#[test]
fn help_lists_what_it_writes_and_its_exit_codes() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobs-ingest"));
    command.args(["smoke", "--help"]);
    let (status, stdout, stderr) = run(command);
    assert_eq!((status, stderr.as_str()), (Some(0), ""));
    for expected in [
        "at most three postings",
        "JOBS_INGEST_TOKEN",
        "--dry-run",
        "64",
    ] {
        assert!(stdout.contains(expected), "{expected}: {stdout}");
    }
}
