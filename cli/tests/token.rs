//! `jobs-ingest token`, checked with the code that reads the secret in the Worker.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: a panic is how one fails"
)]

use std::process::{Command, Output};

use jobs_ingest_core::auth::{Caller, Rights, Tokens};
use jobs_ingest_core::quota::Quota;

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_jobs-ingest"))
        .arg("token")
        .args(arguments)
        .output()
        .expect("start the command");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

/// The token and the entry that are printed.
fn printed(arguments: &[&str]) -> (String, String) {
    let (status, stdout, stderr) = run(arguments);
    assert_eq!(status, Some(0), "{stderr}");
    let [token, entry] = stdout.lines().collect::<Vec<_>>()[..] else {
        panic!("not two lines: {stdout}");
    };
    let value = |line: &str, name: &str| line.strip_prefix(name).expect(name).to_owned();
    let (token, entry) = (value(token, "token: "), value(entry, "entry: "));
    // Only once, and not on stderr, which may end up in a log.
    assert!(!entry.contains(&token), "{entry}");
    assert!(!stderr.contains(&token), "{stderr}");
    (token, entry)
}

/// The caller that the Worker recognises by the token.
fn caller(arguments: &[&str]) -> Caller {
    let (token, entry) = printed(arguments);
    let tokens = Tokens::parse(&entry).unwrap_or_else(|error| panic!("{entry}: {error}"));
    let caller = tokens.caller(Some(&format!("Bearer {token}")));
    caller.expect("the token of the entry").clone()
}

#[test]
fn a_token_may_do_everything_unless_it_is_limited() {
    let expected = Caller {
        name: "scraper".to_owned(),
        ..Caller::default()
    };
    assert_eq!(caller(&["scraper"]), expected);
    let (token, entry) = printed(&["scraper"]);
    assert!(entry.starts_with("scraper:sha256-"), "{entry}");
    assert_eq!(token.len(), 64);
    assert_ne!(token, printed(&["scraper"]).0);
}

#[test]
fn sources_without_special_characters_are_written_short() {
    let (_, entry) = printed(&["acme", "--source", "acme", "--source", "globex"]);
    assert!(entry.ends_with(":acme|globex"), "{entry}");
}

#[test]
fn each_limit_is_in_the_entry() {
    let expected = Caller {
        name: "acme".to_owned(),
        sources: Some(vec!["acme".to_owned(), "greenhouse:acme, inc.".to_owned()]),
        companies: Some(vec![7, 8]),
        rights: Rights::Write,
        quota: Quota {
            rows: Some(50_000),
            bytes: Some(100_000_000),
        },
    };
    let arguments = [
        "acme",
        "--source=acme",
        "--source=greenhouse:acme, inc.",
        "--company-id=7",
        "--company-id=8",
        "--rights=write",
        "--rows-per-day=50000",
        "--bytes-per-day=100000000",
    ];
    assert_eq!(caller(&arguments), expected);
    assert_eq!(
        caller(&["dashboard", "--rights", "read"]).rights,
        Rights::Read
    );
}

#[test]
fn values_that_the_worker_refuses_are_wrong_usage() {
    let long_name = "x".repeat(24);
    let long_source = "x".repeat(101);
    for arguments in [
        &[][..],
        &[""],
        &["a,b"],
        &["a:b"],
        &["a?b"],
        &[" a"],
        &[&long_name],
        &["a", "--source", ""],
        &["a", "--source", "a\nb"],
        &["a", "--source", " a"],
        &["a", "--source", &long_source],
        &["a", "--company-id", "0"],
        &["a", "--rights", "admin"],
        &["a", "--rows-per-day", "0"],
        &["a", "b"],
    ] {
        let (status, stdout, stderr) = run(arguments);
        assert_eq!((status, stdout.as_str()), (Some(64), ""), "{arguments:?}");
        assert!(stderr.starts_with("error: "), "{arguments:?}: {stderr}");
    }
}
