//! Malicious bodies: each gets the documented response, in bounded memory, and leaves the Worker
//! unharmed.

use std::fmt::Write as _;
use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use jobs_ingest_core::limits::{MAX_BODY_BYTES, MAX_DESCRIPTION_BYTES, MAX_ITEMS};
use jobs_ingest_tests::raw::Connection;
use jobs_ingest_tests::{TOKEN, Worker};

use crate::memory::{MAX_WASM_BYTES, largest, most_wasm_bytes};
use crate::plan::Plan;
use crate::postings;
use crate::report::Summary;
use crate::resident::{Watch, mib};
use crate::storage::Storage;

/// All of workerd on this machine: several times what one request of the largest size takes.
const MAX_RESIDENT_BYTES: u64 = 1 << 30;

struct Case {
    what: &'static str,
    /// Query, and headers in addition to the token.
    query: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: fn() -> Vec<u8>,
    status: u16,
    /// Of a problem; empty for a success.
    code: Option<&'static str>,
}

const GZIP: &[(&str, &str)] = &[("content-encoding", "gzip")];
const NDJSON: &[(&str, &str)] = &[("content-type", "application/x-ndjson")];

const CASES: [Case; 18] = [
    Case {
        what: "a gzip bomb: 2 GiB of zeros in 2 MB",
        query: "",
        headers: GZIP,
        body: || bomb(2048),
        status: 413,
        code: Some("body_too_large"),
    },
    Case {
        what: "a gzip bomb after valid postings",
        query: "",
        headers: GZIP,
        body: || gzip(&[b"[{\"externalId\":\"bomb\"}]", &vec![b' '; 64 << 20][..]].concat()),
        status: 413,
        code: Some("body_too_large"),
    },
    Case {
        what: "gzip of 8 million empty blocks, which decompress to nothing",
        query: "",
        headers: GZIP,
        body: || empty_blocks(8_000_000),
        status: 413,
        code: Some("too_many_blocks"),
    },
    Case {
        what: "gzip in gzip",
        query: "",
        headers: GZIP,
        body: || gzip(&gzip(b"[{\"externalId\":\"twice\"}]")),
        status: 400,
        code: Some("invalid_utf8"),
    },
    Case {
        what: "one byte more than the largest body",
        query: "",
        headers: &[],
        body: || vec![b' '; MAX_BODY_BYTES + 1],
        status: 413,
        code: Some("body_too_large"),
    },
    Case {
        what: "100,000 tiny postings",
        query: "",
        headers: &[],
        body: || tiny(100_000),
        status: 413,
        code: Some("too_many_items"),
    },
    Case {
        what: "as many tiny postings as are allowed",
        query: "",
        headers: &[],
        body: || tiny(MAX_ITEMS),
        status: 200,
        code: None,
    },
    Case {
        what: "as many postings as are allowed, all invalid in every field",
        query: "",
        headers: &[],
        body: || {
            let item = r#"{"externalId":{},"title":[],"companyId":-1,"location":0,"isFeatured":2}"#;
            format!("[{}]", vec![item; MAX_ITEMS].join(",")).into_bytes()
        },
        status: 422,
        code: Some("invalid_items"),
    },
    Case {
        what: "the same, with one valid posting among them, which is kept",
        query: "?on_error=skip",
        headers: &[],
        body: || {
            let item = r#"{"externalId":[],"x":"0123456789"}"#;
            let items = vec![item; MAX_ITEMS - 1].join(",");
            format!(r#"[{{"externalId":"good-one"}},{items}]"#).into_bytes()
        },
        status: 207,
        code: None,
    },
    Case {
        what: "one posting of the largest size",
        query: "",
        headers: &[],
        body: || posting(&postings::text(MAX_DESCRIPTION_BYTES)),
        status: 200,
        code: None,
    },
    Case {
        what: "one posting of the largest size, every byte an escape of six",
        query: "",
        headers: &[],
        body: || posting(&r"\u0001".repeat(MAX_DESCRIPTION_BYTES)),
        status: 200,
        code: None,
    },
    Case {
        what: "one posting, one byte too large",
        query: "",
        headers: &[],
        body: || posting(&postings::text(MAX_DESCRIPTION_BYTES + 1)),
        status: 422,
        code: Some("invalid_items"),
    },
    Case {
        what: "one posting with an unknown field as large as the body",
        query: "",
        headers: &[],
        body: || {
            let text = postings::text(MAX_BODY_BYTES - 100);
            format!(r#"[{{"externalId":"unknown-field","x":"{text}"}}]"#).into_bytes()
        },
        status: 200,
        code: None,
    },
    Case {
        what: "12 million open brackets",
        query: "",
        headers: &[],
        body: || vec![b'['; MAX_BODY_BYTES],
        status: 400,
        code: Some("invalid_json"),
    },
    Case {
        what: "6 million levels, all closed, in a field that is ignored",
        query: "",
        headers: &[],
        body: || {
            let n_levels = (MAX_BODY_BYTES - 100) / 2;
            let (open, close) = ("[".repeat(n_levels), "]".repeat(n_levels));
            format!(r#"[{{"externalId":"deep","x":{open}{close}}}]"#).into_bytes()
        },
        status: 200,
        code: None,
    },
    Case {
        what: "2 million keys in a posting",
        query: "",
        headers: &[],
        body: || {
            let keys = r#""a":1,"#.repeat((MAX_BODY_BYTES - 100) / 6);
            format!(r#"[{{{keys}"externalId":"many-keys"}}]"#).into_bytes()
        },
        status: 200,
        code: None,
    },
    Case {
        what: "2 million keys and no items",
        query: "",
        headers: &[],
        body: || {
            let keys = r#""b":1,"#.repeat((MAX_BODY_BYTES - 100) / 6);
            format!(r#"{{{keys}"c":1}}"#).into_bytes()
        },
        status: 400,
        code: Some("items_required"),
    },
    Case {
        what: "12 million blank lines of NDJSON",
        query: "",
        headers: NDJSON,
        body: || vec![b'\n'; MAX_BODY_BYTES],
        status: 400,
        code: Some("items_required"),
    },
];

pub fn run(plan: Plan) -> Summary {
    let storage = Storage::new("abuse");
    let worker = storage.start();
    let watch = Watch::start(worker.workerd_id());
    let mut summary = Summary::default();
    let mut most_bytes = 0;
    for case in &CASES {
        let n_rows_before = worker.n_rows();
        let body = (case.body)();
        watch.take_most_bytes();
        let since = Instant::now();
        let answer = send(&worker, case, &body);
        let took = since.elapsed();
        check(case, &answer);
        if case.code.is_some() {
            assert_eq!(
                worker.n_rows(),
                n_rows_before,
                "{}: rows were written",
                case.what
            );
        }
        let bytes = watch.take_most_bytes();
        assert!(bytes < MAX_RESIDENT_BYTES, "{}: {}", case.what, mib(bytes));
        most_bytes = most_bytes.max(bytes);
        println!(
            "    {}: {} in {:.2} s, {}",
            case.what,
            case.status,
            took.as_secs_f64(),
            mib(bytes)
        );
        is_well(&worker);
    }
    slow_bodies(&worker, plan);
    dropped_bodies(&worker);
    most_bytes = most_bytes.max(watch.take_most_bytes());
    assert_eq!(worker.get("/health").send().status, 200);
    summary.add("bodies with the documented response", CASES.len());
    summary.add(
        "concurrent slow bodies, with other requests served meanwhile",
        N_SLOW,
    );
    summary.add(
        "bodies of the largest size abandoned by the client",
        4 * N_DROPPED,
    );
    summary.add("peak memory of workerd", mib(most_bytes));
    summary.add("peak wasm memory", mib(most_wasm_bytes(&worker)));
    summary
}

/// Hand-written, because a refusal may arrive before everything is sent, and a client that sends
/// first would not see it.
fn send(worker: &Worker, case: &Case, body: &[u8]) -> String {
    let mut head = format!(
        "POST /jobs/ingest{} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: {}\r\nConnection: close\r\n",
        case.query,
        body.len()
    );
    for (name, value) in case.headers {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head.push_str("\r\n");
    let mut connection = worker.raw();
    connection.write(head).write(body);
    connection.read_to_end().unwrap_or_default()
}

fn check(case: &Case, answer: &str) {
    let start: String = answer.chars().take(1_000).collect();
    let status = format!("HTTP/1.1 {} ", case.status);
    assert!(answer.starts_with(&status), "{}: {start}", case.what);
    if let Some(code) = case.code {
        let code = format!("\"code\":\"{code}\"");
        assert!(answer.contains(&code), "{}: {start}", case.what);
    }
    assert!(
        answer.len() < 200_000,
        "{}: the answer is {} bytes",
        case.what,
        answer.len()
    );
}

fn is_well(worker: &Worker) {
    let answer = worker
        .post("/jobs/ingest")
        .token(TOKEN)
        .json(r#"[{"externalId":"well"}]"#)
        .send();
    assert_eq!(answer.status, 200, "{}", answer.body);
}

const N_SLOW: usize = 64;

/// Bodies that arrive a few bytes at a time do not delay other requests. If they are truncated,
/// nothing of them is written; if they are completed, they are accepted.
fn slow_bodies(worker: &Worker, plan: Plan) {
    let lasts = Duration::from_secs(plan.pick(20, 3));
    let n_before = worker.n_rows();
    let until = Instant::now() + lasts;
    thread::scope(|scope| {
        for number in 0..N_SLOW {
            scope.spawn(move || slow_body(worker, number, until));
        }
        while Instant::now() < until {
            let since = Instant::now();
            is_well(worker);
            let took = since.elapsed();
            assert!(
                took < Duration::from_secs(30),
                "a request next to slow ones took {took:?}"
            );
            thread::sleep(Duration::from_millis(100));
        }
    });
    let n_complete = N_SLOW.div_ceil(2) as u64;
    assert_eq!(
        worker.n_rows(),
        n_before + n_complete,
        "rows of the completed slow bodies"
    );
}

/// Per kind of disconnect, of which there are four.
const N_DROPPED: usize = 25;

/// Bodies of the largest size whose client disconnects or is killed after sending most or all of
/// them: what the request held is released.
fn dropped_bodies(worker: &Worker) {
    let body = largest("given-up", "given up");
    let head = format!(
        "POST /jobs/ingest HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: {MAX_BODY_BYTES}\r\n\r\n"
    );
    for n_bytes in [MAX_BODY_BYTES - 1_000_000, MAX_BODY_BYTES] {
        for connect in [Worker::raw, Worker::raw_to_reset] {
            for _ in 0..N_DROPPED {
                connect(worker).write(&head).write(&body[..n_bytes]);
            }
            is_well(worker);
        }
    }
    thread::sleep(Duration::from_secs(1));
    is_well(worker);
    let wasm_bytes = most_wasm_bytes(worker);
    assert!(
        wasm_bytes <= MAX_WASM_BYTES,
        "wasm memory after {} bodies that were abandoned: {}",
        4 * N_DROPPED,
        mib(wasm_bytes)
    );
}

/// Every other one disconnects before its last byte.
fn slow_body(worker: &Worker, number: usize, until: Instant) {
    let body = format!(r#"[{{"externalId":"slow-{number}"}}]"#);
    let mut connection: Connection = worker.raw();
    connection.write(format!(
        "POST /jobs/ingest HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    ));
    let (last, most) = body.as_bytes().split_last().expect("a body");
    let left = until.saturating_duration_since(Instant::now());
    let pause = left / u32::try_from(body.len()).expect("a short body");
    for byte in most {
        connection.write([*byte]);
        thread::sleep(pause);
    }
    if number.is_multiple_of(2) {
        connection.write([*last]);
        let answer = connection.read_to_end().expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(bytes).expect("compress");
    gzip.finish().expect("compress")
}

fn bomb(n_mib: usize) -> Vec<u8> {
    let zeros = vec![0; 1 << 20];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..n_mib {
        gzip.write_all(&zeros).expect("compress");
    }
    gzip.finish().expect("compress")
}

/// gzip with deflate's shortest blocks, ten bits each: not final, fixed codes, end of block.
fn empty_blocks(n_blocks: usize) -> Vec<u8> {
    const FOUR_BLOCKS: [u8; 5] = [0b0000_0010, 0b0000_1000, 0b0010_0000, 0b1000_0000, 0];
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    [&header[..], &FOUR_BLOCKS.repeat(n_blocks / 4)].concat()
}

fn tiny(n_postings: usize) -> Vec<u8> {
    let items: Vec<String> = (0..n_postings)
        .map(|number| format!(r#"{{"externalId":{number}}}"#))
        .collect();
    format!("[{}]", items.join(",")).into_bytes()
}

fn posting(description: &str) -> Vec<u8> {
    format!(r#"[{{"externalId":"one","description":"{description}"}}]"#).into_bytes()
}
