//! `cargo xtask dev` in a terminal that closes. tests/http/dev.rs has it from its start to Ctrl-C.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a panic is how one fails"
)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use d1_project::group::Group;
use jobs_ingest_tests::commands::{
    Process, command, free_port, groups_started_by, processes_of_groups,
};
use tempfile::TempDir;

/// wrangler gets 5 s to end by itself.
const ENDED_WITHIN: Duration = Duration::from_secs(30);

#[test]
fn closing_the_terminal_ends_wrangler_and_workerd() {
    let folder = TempDir::with_prefix("jobs-ingest-dev-").expect("a temporary folder");
    let port = free_port().to_string();
    let persist_to = folder.path().to_str().expect("a path in UTF-8");
    let arguments = ["xtask", "dev", "--port", &port, "--persist-to", persist_to];
    let mut command = command("cargo", &arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut dev = Group::spawn(&mut command).expect("start cargo");
    wait_until_ready(&mut dev);
    let groups = groups_started_by(dev.id());
    let running = processes_of_groups(&groups);
    let is_workerd = |process: &Process| process.command.contains("workerd");
    assert!(running.iter().any(is_workerd), "{running:?}");

    // What a terminal does that closes: writing fails, and its foreground processes get SIGHUP.
    drop(dev.child().stderr.take());
    let group = format!("-{}", dev.id());
    let status = Command::new("kill").args(["-HUP", "--", &group]).status();
    assert!(status.expect("start kill").success());

    let since = Instant::now();
    let ended = dev.wait_while(|| match since.elapsed() < ENDED_WITHIN {
        true => Ok(()),
        false => Err("cargo xtask dev does not end"),
    });
    ended.expect("an end in time").expect("an exit status");
    let left = processes_of_groups(&groups);
    for group in &groups {
        let group = format!("-{group}");
        let _ = Command::new("kill").args(["-KILL", "--", &group]).output();
    }
    assert_eq!(left, [], "nothing that it started is left");
    TcpListener::bind(format!("127.0.0.1:{port}")).expect("the port is free again");
}

/// Reads stdout to the curl line, then closes it.
fn wait_until_ready(dev: &mut Group) {
    let stdout = dev.child().stdout.take().expect("stdout is piped");
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    if lines.any(|line| line.starts_with("curl ")) {
        return;
    }
    let mut stderr = String::new();
    if let Some(mut pipe) = dev.child().stderr.take() {
        let _ = pipe.read_to_string(&mut stderr);
    }
    panic!("cargo xtask dev ended before it was ready:\n{stderr}");
}
