//! Single requests to a server on this machine.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Returns the answer to `GET path` on this machine, or nothing while no server answers.
pub fn get(port: u16, path: &str) -> Option<Answer> {
    let head = format!("GET {path} HTTP/1.0\r\n");
    send(port, &head, b"", Duration::from_secs(10)).ok()
}

/// Returns the answer to `POST path` on this machine; each of `headers` ends with a line break.
pub fn post(port: u16, path: &str, headers: &str, body: &[u8]) -> io::Result<Answer> {
    let n_bytes = body.len();
    let head = format!("POST {path} HTTP/1.0\r\n{headers}Content-Length: {n_bytes}\r\n");
    send(port, &head, body, Duration::from_secs(60))
}

/// `head` does not end with an empty line.
fn send(port: u16, head: &str, body: &[u8], patience: Duration) -> io::Result<Answer> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(patience))?;
    // HTTP/1.0: the body is not chunked, and the connection closes after it.
    write!(stream, "{head}Host: {address}\r\n\r\n")?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut answer)?;
    let answer = parse(&String::from_utf8_lossy(&answer));
    answer.ok_or_else(|| io::Error::other("the answer is not HTTP"))
}

fn parse(answer: &str) -> Option<Answer> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.")?.split(' ').nth(1)?;
    Some(Answer {
        status: status.parse().ok()?,
        body: body.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Answer, parse};

    #[test]
    fn finds_status_and_body() {
        let answer = parse("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nnot yet");
        let expected = Answer {
            status: 503,
            body: "not yet".to_owned(),
        };
        assert_eq!(answer, Some(expected));
    }

    #[test]
    fn refuses_what_is_not_an_http_answer() {
        for text in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "SSH-2.0\r\n\r\n",
            "HTTP/1.1 abc\r\n\r\n",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
