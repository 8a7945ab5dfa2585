//! `cargo xtask dev`, from its start to Ctrl-C.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use jobs_ingest_tests::commands::{
    Process, Running, command, free_port, groups_started_by, processes_of_groups,
};
use jobs_ingest_tests::http::Client;
use serde_json::Value;
use tempfile::TempDir;

#[test]
fn prints_a_curl_line_that_works_and_ends_everything_on_ctrl_c() {
    let folder = TempDir::with_prefix("jobs-ingest-dev-").expect("a temporary folder");
    let port = free_port().to_string();
    let persist_to = folder.path().to_str().expect("a path in UTF-8");
    let arguments = [
        "xtask",
        "dev",
        "--port",
        &port,
        "--persist-to",
        persist_to,
        "--demo",
    ];
    let mut dev = Running::start(&mut command("cargo", &arguments));
    let curl_line = dev.wait_until(|dev| {
        let stdout = dev.stdout();
        let line = stdout.lines().find(|line| line.starts_with("curl "))?;
        Some(line.to_owned())
    });
    let stdout = dev.stdout();
    let [url, token] = [0, 1].map(|n| stdout.lines().nth(n).unwrap_or_default());
    assert_eq!(url, format!("http://127.0.0.1:{port}"));
    assert!(curl_line.contains(&format!("Bearer {token}'")), "{stdout}");
    let worker = Client::new(url);
    let console = worker.request("GET", "/").send();
    assert_eq!(
        console.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let unknown = worker.request("GET", "/nowhere").send();
    assert_eq!(
        unknown.header("content-type"),
        Some("application/problem+json")
    );
    // The demo has something to see on each page of the console.
    let seen = |path: &str| worker.request("GET", path).token(token).send().json();
    let ostvind = seen("/sources/ostvind");
    assert_eq!(ostvind["withheld"]["code"], "shrunk", "{ostvind}");
    let refused = seen("/runs?status=422");
    assert_eq!(refused["runs"][0]["source"], "fernhollow", "{refused}");
    let partly = seen("/runs?status=207&source=brightmoor");
    let id = partly["runs"][0]["id"].as_str().unwrap_or_default();
    let rejects = seen(&format!("/runs/{id}/rejects"));
    assert_eq!(rejects["items"][0]["url"], "/jobs/7", "{rejects}");
    let stderr = dev.stderr();
    assert!(stderr.contains("1000 received, 1000 inserted"), "{stderr}");

    let output = Command::new("sh")
        .args(["-c", &curl_line])
        .stdin(Stdio::null())
        .output()
        .expect("start sh");
    let answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    assert_eq!(answer["inserted"], 1, "{answer}");

    let groups = groups_started_by(dev.id());
    assert!(!groups.is_empty(), "wrangler dev is running");
    let running = processes_of_groups(&groups);
    let is_workerd = |process: &Process| process.command.contains("workerd");
    assert!(running.iter().any(is_workerd), "{running:?}");

    dev.interrupt();
    let status = dev.wait();
    assert!(status.success(), "{status}");
    assert_eq!(
        processes_of_groups(&groups),
        [],
        "nothing that it started is left"
    );
    TcpListener::bind(format!("127.0.0.1:{port}")).expect("the port is free again");
}

#[test]
fn explains_a_port_that_is_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("the address").port().to_string();
    let output = command("cargo", &["xtask", "dev", "--port", &port])
        .output()
        .expect("start cargo");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains(&format!("cannot listen on port {port}")),
        "{stderr}"
    );
    assert!(stderr.contains("hint: "), "{stderr}");
}

#[test]
fn wrong_usage_prints_the_help_and_exits_64() {
    for arguments in [
        &["xtask", "dev", "--prot", "1"][..],
        &["xtask", "dev", "--port", "http"],
        &["xtask", "dev", "extra"],
        &["xtask", "develop"],
        &["xtask"],
    ] {
        let output = command("cargo", arguments).output().expect("start cargo");
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            stderr.contains("Usage: cargo xtask"),
            "{arguments:?}: {stderr}"
        );
    }
}
