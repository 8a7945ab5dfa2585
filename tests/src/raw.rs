//! Hand-written HTTP, for what no client would send: truncated bodies, unusual chunks.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use crate::http::Answer;

const ANSWER_WITHIN: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
}

/// What was received before the server closed; `None` if it closed without a response.
pub type RawAnswer = Option<String>;

impl Connection {
    /// `url` is `http://HOST:PORT`.
    pub fn open(url: &str) -> Self {
        let address = url.strip_prefix("http://").expect("an http URL");
        let stream = TcpStream::connect(address).expect("connect to the Worker");
        stream
            .set_read_timeout(Some(ANSWER_WITHIN))
            .expect("set the time to wait for an answer");
        Self { stream }
    }

    /// Opens a connection that is reset (RST) when dropped, as when a client is killed, so that
    /// workerd detects the disconnect immediately. A normal close only ends the client's side. The
    /// system resets a connection that is closed with unread data, which here is a response.
    pub fn open_to_reset(url: &str) -> Self {
        let mut connection = Self::open(url);
        connection.write("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
        let n_bytes = connection.stream.peek(&mut [0]);
        assert_eq!(n_bytes.expect("an answer"), 1, "an answer");
        connection
    }

    /// Writes bytes unchanged. Ignores errors, because the server may refuse and close meanwhile.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self
            .stream
            .write_all(bytes.as_ref())
            .and_then(|()| self.stream.flush());
        self
    }

    /// Writes bytes as one chunk of `Transfer-Encoding: chunked`; an empty chunk is the last.
    pub fn write_chunk(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let bytes = bytes.as_ref();
        self.write(format!("{:x}\r\n", bytes.len()))
            .write(bytes)
            .write("\r\n")
    }

    /// Whether a response, or the end of the connection, has arrived; does not read it.
    pub fn is_answered(&mut self) -> bool {
        let is_blocking = |blocking: bool| self.stream.set_nonblocking(!blocking);
        is_blocking(false).expect("look without waiting");
        let peeked = self.stream.peek(&mut [0]);
        is_blocking(true).expect("wait again");
        !peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Shuts down our side, so that an incomplete body stays incomplete.
    pub fn end_writing(&mut self) -> &mut Self {
        let _ = self.stream.shutdown(Shutdown::Write);
        self
    }

    /// Reads the complete response; the request must have `Connection: close`.
    pub fn read_answer(&mut self) -> Answer {
        let text = self.read_to_end().expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer's head");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((
                HeaderName::try_from(name).ok()?,
                HeaderValue::try_from(value).ok()?,
            ))
        };
        let headers: Option<HeaderMap> = lines.map(header).collect();
        Answer {
            status: status
                .and_then(|status| status.parse().ok())
                .expect("a status"),
            headers: headers.expect("headers"),
            body: body.to_owned(),
        }
    }

    /// Reads until the server closes; the request must have `Connection: close`.
    pub fn read_to_end(&mut self) -> RawAnswer {
        let mut bytes = Vec::new();
        match self.stream.read_to_end(&mut bytes) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => {
                panic!("no end of the answer: {error}; so far: {bytes:?}")
            }
            _ => {}
        }
        (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned())
    }
}
