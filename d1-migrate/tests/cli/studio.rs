//! `studio`: the browser of `wrangler dev` on the local database.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use crate::support::{Folder, Run};

fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn port_that_somebody_has_is_named() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    Folder::empty()
        .db(&["studio", "--port", &port])
        .exits(1)
        .says(&format!("cannot listen on port {port}"))
        .says("hint: ");
}

/// Takes no hint, and neither does what it has started.
const STUBBORN: &str = "#!/bin/sh
trap '' INT TERM HUP
(sleep 60; echo > outlived) &
echo 'Ready on'
sleep 60
echo > outlived
";

#[test]
fn wrangler_that_does_not_end_is_killed() {
    let folder = Folder::empty();
    folder.fake_wrangler(STUBBORN);
    let mut child = folder
        .command(&["studio"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let url = printed_url(&mut child);
    assert!(url.contains("/cdn-cgi/explorer"), "{url}");
    Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    Run::from(&child.wait_with_output().unwrap())
        .exits(0)
        .says("wrangler did not end and was killed");
    // Its stderr has ended by now, so both processes have.
    assert!(!folder.path("outlived").exists());
    assert_eq!(stages(&folder), Vec::<String>::new());
}

/// The first line that it prints.
fn printed_url(child: &mut Child) -> String {
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
    url
}

/// Folders that a run left behind.
fn stages(folder: &Folder) -> Vec<String> {
    std::fs::read_dir(folder.path(".wrangler"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("migrate-"))
        .collect()
}

#[test]
fn browser_is_served_at_the_printed_url() {
    let folder = Folder::with_versions(&["CREATE TABLE a (x TEXT);"]);
    folder.db(&["migrate"]).exits(0);
    let mut command = folder.command(&["studio"]);
    // A group of its own, as in a terminal.
    let mut child = command
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let url = printed_url(&mut child);
    let port: u16 = url
        .trim()
        .split([':', '/'])
        .find_map(|part| part.parse().ok())
        .unwrap_or_else(|| {
            panic!("no port in {url:?}");
        });
    let page = get(port, "/cdn-cgi/explorer/");
    // As Ctrl-C in a terminal.
    let group = format!("-{}", child.id());
    Command::new("kill")
        .args(["-INT", "--", &group])
        .status()
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(stages(&folder), Vec::<String>::new());
    assert!(url.contains("/cdn-cgi/explorer"), "{url}");
    assert!(page.contains("200"), "{page}");
    assert!(page.to_lowercase().contains("<html"), "{page}");
}
