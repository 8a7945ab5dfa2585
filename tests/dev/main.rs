//! `cargo xtask dev` in a terminal that closes, and when .dev.vars changes. tests/http/dev.rs has it from its
//! start to Ctrl-C.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "tests: a panic is how one fails"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use d1_project::group::Group;
use jobs_ingest_tests::commands::{
    Process, Running, command, free_port, groups_started_by, processes_of_groups,
};
use jobs_ingest_tests::http::Client;
use tempfile::TempDir;
use xtask::project;

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

/// wrangler builds again, and starts workerd again.
const RELOADED_WITHIN: Duration = Duration::from_secs(120);

/// `.dev.vars` as it was before the test.
struct DevVars {
    path: PathBuf,
    text: String,
}

impl DevVars {
    fn load() -> Self {
        let path = project::root().join(".dev.vars");
        let text = fs::read_to_string(&path).expect("a file that xtask has created");
        Self { path, text }
    }

    /// The last line of a name counts.
    fn add_line(&self, line: &str) {
        fs::write(&self.path, format!("{}\n{line}\n", self.text)).expect("write .dev.vars");
    }
}

impl Drop for DevVars {
    fn drop(&mut self) {
        fs::write(&self.path, &self.text).expect("restore .dev.vars");
    }
}

#[test]
fn edited_dev_vars_take_effect() {
    const ADDED: &str = "added-while-it-runs-0f1e2d3c";
    let folder = TempDir::with_prefix("jobs-ingest-dev-").expect("a temporary folder");
    let port = free_port().to_string();
    let persist_to = folder.path().to_str().expect("a path in UTF-8");
    let arguments = ["xtask", "dev", "--port", &port, "--persist-to", persist_to];
    let mut dev = Running::start(&mut command("cargo", &arguments));
    let token = dev.wait_until(|dev| {
        let stdout = dev.stdout();
        let line = stdout.lines().find(|line| line.starts_with("curl "))?;
        let (_, rest) = line.split_once("Bearer ")?;
        Some(rest.split_once('\'')?.0.to_owned())
    });
    let client = Client::new(&format!("http://127.0.0.1:{port}"));
    // It does not answer while it starts again.
    let status = |token: &str| {
        let answer = client.request("GET", "/runs").token(token).try_send();
        answer.ok().map(|answer| answer.status)
    };
    assert_eq!((status(&token), status(ADDED)), (Some(200), Some(401)));

    let vars = DevVars::load();
    vars.add_line(&format!("INGEST_TOKENS=dev:{token},added:{ADDED}"));
    let since = Instant::now();
    while status(ADDED) != Some(200) {
        assert!(since.elapsed() < RELOADED_WITHIN, "{}", dev.stderr());
        sleep(Duration::from_secs(1));
    }
    assert_eq!(status(&token), Some(200));
}
