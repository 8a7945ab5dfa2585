//! HTTP written by hand, for what no client would send: a body cut in the middle, strange chunks.

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

/// What came back before the other side closed; nothing when it closed without a word.
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

    /// One that ends with a reset (RST) when it is dropped, as when a client is killed: workerd takes
    /// it for gone at once. An ordinary close says only that nothing more will be sent. The system
    /// resets a connection that is closed with something unread, which here is an answer.
    pub fn open_to_reset(url: &str) -> Self {
        let mut connection = Self::open(url);
        connection.write("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
        let n_bytes = connection.stream.peek(&mut [0]);
        assert_eq!(n_bytes.expect("an answer"), 1, "an answer");
        connection
    }

    /// Writes bytes as they are. An error is none: the other side may refuse while we write.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self
            .stream
            .write_all(bytes.as_ref())
            .and_then(|()| self.stream.flush());
        self
    }

    /// Writes bytes as one chunk of `Transfer-Encoding: chunked`; an empty one is the last.
    pub fn write_chunk(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let bytes = bytes.as_ref();
        self.write(format!("{:x}\r\n", bytes.len()))
            .write(bytes)
            .write("\r\n")
    }

    /// Whether an answer, or the end of the connection, has come; it is not read.
    pub fn is_answered(&mut self) -> bool {
        let is_blocking = |blocking: bool| self.stream.set_nonblocking(!blocking);
        is_blocking(false).expect("look without waiting");
        let peeked = self.stream.peek(&mut [0]);
        is_blocking(true).expect("wait again");
        !peeked.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Ends our side, so that a body that is not complete stays so.
    pub fn end_writing(&mut self) -> &mut Self {
        let _ = self.stream.shutdown(Shutdown::Write);
        self
    }

    /// The whole answer: ask for it with `Connection: close`.
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

    /// Everything until the other side closes: ask for it with `Connection: close`.
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
