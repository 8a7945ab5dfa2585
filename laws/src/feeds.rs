//! Laws of the feeds: what must hold for every body of every format.

use std::io::{self, Read};
use std::ops::ControlFlow;

use jobs_ingest_feeds::{
    Completeness, Error, FORMATS, Format, Item, Mapped, Request, Summary, detect, map, map_stream,
    next_page,
};
use serde::de::IgnoredAny;
use serde_json::Value;

use jobs_ingest_core::finding::FindingCode;
use jobs_ingest_core::ingest::{Rules, prepare};
use jobs_ingest_core::limits::{MAX_EXTERNAL_ID_CHARS, MAX_EXTRA_BYTES};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::{Defaults, Missing};

/// A body in a format: a byte that selects the format, a byte for the sizes of reads, then the body.
#[derive(Debug, Clone, Copy)]
pub struct Feed<'a> {
    pub format: Format,
    /// Bytes per read, in turns.
    pub read_bytes: [usize; 2],
    pub body: &'a [u8],
}

impl<'a> Feed<'a> {
    /// The formats are numbered as in [`FORMATS`], and then again from the beginning.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[format, sizes], body) = bytes.split_first_chunk()?;
        Some(Self {
            format: FORMATS[usize::from(format) % FORMATS.len()].format,
            read_bytes: [1 + usize::from(sizes >> 4), 1 + 7 * usize::from(sizes & 15)],
            body,
        })
    }

    fn request(&self) -> Request {
        let mut request = Request::new(self.format);
        request.board = Some("acme".to_owned());
        request
    }
}

/// Maps one body in every way; panics if a law is broken.
pub fn check_feed(feed: Feed<'_>) {
    let request = feed.request();
    let _ = detect(feed.body);
    let _ = next_page(
        feed.format,
        "https://board.example/jobs?offset=1",
        feed.body,
    );
    let whole = Outcome::of(map(&request, feed.body).map(|mapped| {
        let Mapped {
            postings,
            completeness,
            findings,
        } = mapped;
        let summary = Summary {
            completeness,
            findings,
        };
        (postings, summary)
    }));
    for posting in &whole.postings {
        is_a_posting(feed.format, posting);
    }
    if let Ok(Completeness::Complete { .. }) = whole.completeness {
        assert!(!whole.postings.is_empty(), "an empty list is not complete");
    }
    let again = streamed(&request, feed.body, [usize::MAX; 2]);
    assert_eq!(again, whole, "read at once");
    let in_parts = streamed(&request, feed.body, feed.read_bytes);
    assert_eq!(
        in_parts, whole,
        "read in parts of {:?} bytes",
        feed.read_bytes
    );
}

/// What a mapping results in, in a form that can be compared.
#[derive(Debug, PartialEq)]
struct Outcome {
    /// Sorted: rows that are held back for others come last in a stream.
    postings: Vec<String>,
    completeness: Result<Completeness, String>,
    findings: String,
}

impl Outcome {
    fn of(mapped: Result<(Vec<Item>, Summary), Error>) -> Self {
        let (postings, completeness, findings) = match mapped {
            // Postings that preceded an error have been passed on by a stream alone.
            Err(error) => (Vec::new(), Err(error.to_string()), String::new()),
            Ok((postings, summary)) => (
                postings,
                Ok(summary.completeness),
                format!("{:?}", summary.findings),
            ),
        };
        let json = |posting: &Item| serde_json::to_string(posting).expect("JSON");
        let mut postings: Vec<String> = postings.iter().map(json).collect();
        postings.sort();
        Self {
            postings,
            completeness,
            findings,
        }
    }
}

fn streamed(request: &Request, body: &[u8], read_bytes: [usize; 2]) -> Outcome {
    let mut postings = Vec::new();
    let mut sink = |posting: Item| {
        postings.push(posting);
        ControlFlow::Continue(())
    };
    let mut open = || -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(Parts {
            body,
            read_bytes,
            n_reads: 0,
        }))
    };
    let summary = map_stream(request, &mut open, &mut sink);
    Outcome::of(summary.map(|summary| (postings, summary)))
}

/// A reader that returns a given number of bytes per read.
struct Parts<'a> {
    body: &'a [u8],
    read_bytes: [usize; 2],
    n_reads: usize,
}

impl Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.read_bytes[self.n_reads % 2].min(buffer.len());
        self.n_reads += 1;
        let (part, rest) = self.body.split_at(n_bytes.min(self.body.len()));
        buffer[..part.len()].copy_from_slice(part);
        self.body = rest;
        Ok(part.len())
    }
}

/// The Worker accepts what a format maps, unless the feed has too much or nothing for a field. Own fields
/// are passed on as they are.
fn is_a_posting(format: Format, json: &str) {
    if format.is_own() {
        // Its escapes are checked by the rules of core.
        serde_json::from_str::<IgnoredAny>(json).expect("a posting is JSON");
        return;
    }
    let posting: Value = serde_json::from_str(json).expect("a posting is JSON");
    let id = posting["externalId"].as_str().expect("an id");
    assert!(
        !id.is_empty() && id.chars().count() <= MAX_EXTERNAL_ID_CHARS,
        "{json}"
    );
    let extra = &posting["extra"];
    assert!(extra.is_null() || extra.is_object(), "{json}");
    assert!(extra.to_string().len() <= MAX_EXTRA_BYTES, "{json}");
    let rules = Rules {
        defaults: Defaults::None,
        missing: Missing::Keep,
        ..Rules::default()
    };
    let body = format!("[{json}]");
    let prepared = prepare(body.as_bytes(), BodyFormat::Json, rules).expect("a valid body");
    for error in prepared.errors.listed() {
        // Nothing can be stored under an id with U+0000.
        use FindingCode::{Missing as NotStated, NulCharacter, TooLong};
        let is_of_feed = matches!(error.code, TooLong | NotStated | NulCharacter);
        assert!(is_of_feed, "{error:?} of {json}");
    }
}
