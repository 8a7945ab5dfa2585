//! `studio`: the browser of `wrangler dev` on the local database.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use crate::support::Folder;

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

#[test]
fn browser_is_served_at_the_printed_url() {
    let folder = Folder::with_versions(&["CREATE TABLE a (x TEXT);"]);
    folder.db(&["migrate"]).exits(0);
    let mut command = folder.command(&["studio"]);
    // A group of its own: wrangler and workerd end with it.
    let mut child = command
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut url)
        .unwrap();
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
    let left: Vec<_> = std::fs::read_dir(folder.path(".wrangler"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().starts_with("migrate-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(url.contains("/cdn-cgi/explorer"), "{url}");
    assert!(page.contains("200"), "{page}");
    assert!(page.to_lowercase().contains("<html"), "{page}");
}
