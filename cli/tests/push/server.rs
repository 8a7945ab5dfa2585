//! A loopback server whose answers a test decides.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use flate2::read::GzDecoder;
use serde_json::Value;

/// A request as received; the body is decompressed.
#[derive(Debug, Clone)]
pub struct Received {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Received {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let header = headers.find(|(key, _)| key.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn route(&self) -> &str {
        self.path.split('?').next().expect("a path")
    }
}

/// The bytes of an answer. The connection is closed after them.
pub struct Answer(pub Vec<u8>);

impl Answer {
    pub fn new(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("Connection: close\r\n\r\n");
        Self([head.as_bytes(), body].concat())
    }

    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::new(200, &[], body)
    }

    /// Without its last bytes.
    pub fn cut(mut self, n_bytes: usize) -> Self {
        self.0.truncate(self.0.len() - n_bytes);
        self
    }
}

pub struct Server {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Answers each request by its number, from 0. Ends with the test's process.
    pub fn start(answer: impl Fn(usize, &Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&received);
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Self { url, received }
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().expect("the log").clone()
    }

    /// Requests of a route, in order.
    pub fn of(&self, route: &str) -> Vec<Received> {
        let received = self.received().into_iter();
        received
            .filter(|request| request.route() == route)
            .collect()
    }
}

fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Received>>,
    answer: &dyn Fn(usize, &Received) -> Answer,
) {
    let Some(request) = read(&mut stream) else {
        return;
    };
    let number = {
        let mut log = log.lock().expect("the log");
        log.push(request.clone());
        log.len() - 1
    };
    let Answer(bytes) = answer(number, &request);
    let _ = stream.write_all(&bytes);
}

fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8_192];
    let end = loop {
        let n_bytes = stream
            .read(&mut buffer)
            .ok()
            .filter(|n_bytes| *n_bytes > 0)?;
        bytes.extend_from_slice(&buffer[..n_bytes]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut start = lines.next()?.split(' ');
    let (method, path) = (start.next()?.to_owned(), start.next()?.to_owned());
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut request = Received {
        method,
        path,
        headers: headers.collect(),
        body: bytes[end + 4..].to_vec(),
    };
    let length: usize = request
        .header("content-length")
        .map_or(0, |n| n.parse().expect("n"));
    while request.body.len() < length {
        let n_bytes = stream
            .read(&mut buffer)
            .ok()
            .filter(|n_bytes| *n_bytes > 0)?;
        request.body.extend_from_slice(&buffer[..n_bytes]);
    }
    if request.header("content-encoding") == Some("gzip") {
        let mut body = Vec::new();
        GzDecoder::new(request.body.as_slice())
            .read_to_end(&mut body)
            .expect("gzip");
        request.body = body;
    }
    Some(request)
}
