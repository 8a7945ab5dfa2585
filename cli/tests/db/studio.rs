//! `studio`: the browser of `wrangler dev` on the local database.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
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
    let group = format!("-{}", child.id());
    Command::new("kill")
        .args(["-TERM", "--", &group])
        .status()
        .unwrap();
    child.wait().unwrap();
    assert!(url.contains("/cdn-cgi/explorer"), "{url}");
    assert!(page.contains("200"), "{page}");
    assert!(page.to_lowercase().contains("<html"), "{page}");
}
