//! Remote databases. Real remote D1 cannot be reached from a test, so a wrapper stands in for wrangler: it writes down
//! each call, turns `--remote` into a local database apart, and hands the call to the real wrangler.

use std::fs;
use std::sync::Arc;
use std::thread;

use tiny_http::{Response, Server};

use crate::support::{Folder, Run, repository};

const A: &str = "CREATE TABLE a (x TEXT);";
const AB: &str = "CREATE TABLE a (x TEXT); CREATE TABLE b (y TEXT);";

const WRAPPER: &str = r#"#!/bin/sh
echo "$*" >> calls.txt
case "$*" in
  *"time-travel info"*)
    if [ -e no_bookmark ]; then echo "not allowed" >&2; exit 1; fi
    echo '{"bookmark": "00000085-0000024c-00004c6d"}'; exit 0 ;;
  *"migrations apply"*)
    if [ -e silent ]; then echo "done"; exit 0; fi
    if [ -e broken ]; then echo "ERROR connection lost" >&2; exit 1; fi ;;
esac
for word in "$@"; do
  shift
  if [ "$word" = "--remote" ]; then set -- "$@" --local --persist-to "$PWD/remote"; else set -- "$@" "$word"; fi
done
PATH="REAL:$PATH" exec REAL/wrangler "$@"
"#;

/// A folder whose wrangler is the wrapper.
pub fn folder(versions: &[&str]) -> Folder {
    let folder = Folder::with_versions(versions);
    let real = repository().join("node_modules/.bin");
    folder.fake_wrangler(&WRAPPER.replace("REAL", &real.display().to_string()));
    folder
}

/// The calls of wrangler so far.
pub fn calls(folder: &Folder) -> String {
    fs::read_to_string(folder.path("calls.txt")).unwrap_or_default()
}

const PRODUCTION: [&str; 2] = ["--env", "production"];

fn run<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [words, &PRODUCTION].concat()
}

#[test]
fn production_is_refused_without_terminal_and_yes() {
    let folder = folder(&[A]);
    folder
        .db(&run(&["migrate"]))
        .exits(1)
        .says("no terminal")
        .says("--yes --env production");
    assert!(!calls(&folder).contains("apply"));
}

#[test]
fn production_is_bookmarked_before_anything_is_applied() {
    let folder = folder(&[A, AB]);
    let restore = "npx wrangler d1 time-travel restore jobs --env production --bookmark=00000085-0000024c-00004c6d";
    folder
        .db(&run(&["migrate", "--yes"]))
        .exits(0)
        .says(restore)
        .says("applied: 0002_v2.sql");
    let calls = calls(&folder);
    let at = |text: &str| {
        calls
            .find(text)
            .unwrap_or_else(|| panic!("{text} is not in {calls}"))
    };
    assert!(
        at("time-travel info jobs --env production --json")
            < at("migrations apply jobs --env production --remote")
    );
    let stored: serde_json::Value =
        serde_json::from_str(folder.read(".wrangler/bookmarks.jsonl").trim()).unwrap();
    assert_eq!(stored["bookmark"], "00000085-0000024c-00004c6d");
    assert_eq!(stored["restore"], restore);
    folder
        .db(&run(&["status"]))
        .exits(0)
        .says("jobs (production, remote): 2 applied, 0 pending");
    folder.db(&run(&["pull", "--check"])).exits(0);
    folder
        .db(&run(&["rollback", "--yes"]))
        .exits(0)
        .says("rolled back: 0002_v2.sql");
    assert_eq!(folder.read(".wrangler/bookmarks.jsonl").lines().count(), 2);
    // dev was not touched.
    folder.db(&["status"]).exits(2).says("0 applied, 2 pending");
}

#[test]
fn without_a_bookmark_nothing_is_applied() {
    let folder = folder(&[A]);
    folder.write("no_bookmark", "");
    folder
        .db(&run(&["migrate", "--yes"]))
        .exits(1)
        .says("time-travel info")
        .says("not allowed");
    assert!(!calls(&folder).contains("apply"));
}

#[test]
fn success_that_was_not_recorded_is_an_error() {
    let folder = folder(&[A]);
    folder.write("silent", "");
    folder
        .db(&run(&["migrate", "--yes"]))
        .exits(1)
        .says("not recorded: 0001_v1.sql");
}

#[test]
fn failure_of_wrangler_is_told_with_the_way_back() {
    let folder = folder(&[A]);
    folder.write("broken", "");
    folder
        .db(&run(&["migrate", "--yes"]))
        .exits(1)
        .says("connection lost")
        .says("not applied: 0001_v1.sql")
        .says("time-travel restore");
}

#[test]
fn missing_login_is_said_in_words() {
    // Without a terminal real wrangler asks for a token before it calls anything.
    let folder = Folder::with_versions(&[A]);
    let home = folder.path("home");
    let output = folder
        .command(&["status", "--env", "production"])
        .env_remove("CLOUDFLARE_API_TOKEN")
        .env("HOME", &home)
        .env("XDG_CONFIG_HOME", &home)
        .output()
        .unwrap();
    let run = Run::from(&output)
        .exits(1)
        .says("hint: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN");
    assert!(!run.stderr.contains('{'), "{}", run.stderr);
}

#[test]
fn cause_of_a_failed_query_is_told() {
    // Real wrangler, and an API that answers every request with an error.
    let api = Arc::new(Server::http("127.0.0.1:0").unwrap());
    let url = format!("http://{}/client/v4", api.server_addr());
    let answers = thread::spawn({
        let api = Arc::clone(&api);
        move || {
            for request in api.incoming_requests() {
                let body = r#"{"success": false, "result": null, "messages": ["ask again"],
                    "errors": [{"code": 7500, "message": "no such column: x"}]}"#;
                let answer = Response::from_string(body).with_status_code(400);
                request.respond(answer).unwrap();
            }
        }
    });
    let folder = Folder::with_versions(&[A]);
    let output = folder
        .command(&run(&["status"]))
        .env("CLOUDFLARE_API_BASE_URL", url)
        .env("CLOUDFLARE_API_TOKEN", "none")
        .env("CLOUDFLARE_ACCOUNT_ID", "none")
        .output()
        .unwrap();
    api.unblock();
    answers.join().unwrap();
    Run::from(&output)
        .exits(1)
        .says("d1/database/jobs) failed")
        .says("\nno such column: x [code: 7500]")
        .says("\nask again");
}

#[test]
fn staging_asks_and_takes_no_bookmark() {
    let folder = folder(&[A]);
    folder
        .db(&["migrate", "--env", "staging"])
        .exits(1)
        .says("no terminal")
        .says("add --yes");
    folder
        .db(&["migrate", "--env", "staging", "--yes"])
        .exits(0);
    assert!(!calls(&folder).contains("time-travel"));
    assert!(calls(&folder).contains("migrations apply jobs-staging --env staging --remote"));
}

#[test]
fn reads_of_a_remote_database_write_nothing() {
    let folder = folder(&[A]);
    folder.db(&run(&["status"])).exits(2);
    folder.db(&run(&["pull"])).exits(0);
    folder.db(&run(&["migrate", "--dry-run"])).exits(2);
    for call in calls(&folder).lines() {
        assert!(call.contains("--command=SELECT "), "{call}");
    }
}
