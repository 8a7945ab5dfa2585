//! Laws that hold for all bodies.

use std::io::{self, Read};
use std::ops::ControlFlow;

use jobs_ingest_feeds::{FORMATS, Format, Item, Request, detect, map, map_stream};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use crate::support::{as_set, request};
use crate::{
    ashby, greenhouse, indeed, job_posting, lever, personio, recruitee, smartrecruiters,
    teamtailor, workable,
};

const CSV: &str = "externalId,title,extra\n1,\"A\nB\",NaN\n2,C,\"{\"\"a\"\":1}\"\n3,\u{e9},\n";
const NDJSON: &str = "{\"externalId\":1,\"title\":\"A \\u00e9\"}\n{\"externalId\":2}\n";
const ITEMS: &str =
    r#"{"n":[1,{"a":"}"}],"items":[{"externalId":"a\"]"},{"externalId":2,"x":{"y":[]}}]}"#;

/// A body of each format.
fn bodies() -> Vec<(Format, String)> {
    [
        (Format::Greenhouse, greenhouse::BOARD),
        (Format::Lever, lever::SITE),
        (Format::Ashby, ashby::BOARD),
        (Format::Recruitee, recruitee::SITE),
        (Format::SmartRecruiters, smartrecruiters::LIST),
        (Format::Workable, workable::ACCOUNT),
        (Format::Teamtailor, teamtailor::FEED),
        (Format::JobPosting, job_posting::LIST),
        (Format::Personio, personio::FEED),
        (Format::Indeed, indeed::FEED),
        (Format::Csv, CSV),
        (Format::Json, NDJSON),
        (Format::Json, ITEMS),
    ]
    .map(|(format, body)| (format, body.to_owned()))
    .to_vec()
}

/// A reader that returns a given number of bytes per read.
struct Chunked {
    body: Vec<u8>,
    at: usize,
    sizes: Vec<usize>,
    n_reads: usize,
}

impl Read for Chunked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.sizes[self.n_reads % self.sizes.len()];
        self.n_reads += 1;
        let n = size.min(buffer.len()).min(self.body.len() - self.at);
        buffer[..n].copy_from_slice(&self.body[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

fn streamed(request: &Request, body: &str, sizes: &[usize]) -> Vec<String> {
    let mut postings = Vec::new();
    let mut sink = |item: Item| {
        postings.push(serde_json::to_string(&item).unwrap());
        ControlFlow::Continue(())
    };
    let mut open = || -> io::Result<Box<dyn Read>> {
        Ok(Box::new(Chunked {
            body: body.as_bytes().to_vec(),
            at: 0,
            sizes: sizes.to_vec(),
            n_reads: 0,
        }))
    };
    map_stream(request, &mut open, &mut sink).unwrap();
    postings.sort();
    postings
}

/// The rows of a JSON body in another order.
fn reordered(body: &str, order: &[Index]) -> String {
    let mut json: Value = serde_json::from_str(body).unwrap();
    let rows = match &mut json {
        Value::Array(rows) => rows,
        json => json
            .as_object_mut()
            .unwrap()
            .values_mut()
            .find_map(Value::as_array_mut)
            .unwrap(),
    };
    shuffle(rows, order);
    json.to_string()
}

fn shuffle<T>(rows: &mut [T], order: &[Index]) {
    for (at, index) in order.iter().enumerate().take(rows.len()) {
        let other = index.index(rows.len());
        rows.swap(at, other);
    }
}

/// The rows of an XML body in another order.
fn reordered_xml(body: &str, row: &str, order: &[Index]) -> String {
    let open = format!("<{row}>");
    let close = format!("</{row}>");
    let (before, rest) = body.split_at(body.find(&open).unwrap());
    let (rows, after) = rest.split_at(rest.rfind(&close).unwrap() + close.len());
    let mut rows: Vec<&str> = rows.split_inclusive(close.as_str()).collect();
    shuffle(&mut rows, order);
    format!("{before}{}{after}", rows.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn row_order_does_not_affect_postings(
        (format, body) in select(bodies()),
        order in prop::collection::vec(any::<Index>(), 8),
    ) {
        let shuffled = match format {
            Format::Personio => reordered_xml(&body, "position", &order),
            Format::Indeed => reordered_xml(&body.replace("JOB>", "job>"), "job", &order),
            Format::Csv | Format::Json => {
                let (head, tail) = if format == Format::Csv { ("externalId,title,extra\n", "1,\"A\nB\",NaN\n|2,C,x\n") } else { ("", "{\"externalId\":1}\n|{\"externalId\":2}\n") };
                let mut rows: Vec<&str> = tail.split('|').collect();
                let before = format!("{head}{}", rows.concat());
                shuffle(&mut rows, &order);
                let after = format!("{head}{}", rows.concat());
                let request = request(format);
                prop_assert_eq!(as_set(&map(&request, before.as_bytes()).unwrap()), as_set(&map(&request, after.as_bytes()).unwrap()));
                return Ok(());
            }
            _ => reordered(&body, &order),
        };
        let request = request(format);
        let before = map(&request, body.as_bytes()).unwrap();
        let after = map(&request, shuffled.as_bytes()).unwrap();
        prop_assert_eq!(as_set(&before), as_set(&after));
        prop_assert_eq!(before.completeness, after.completeness);
    }

    #[test]
    fn chunk_sizes_do_not_affect_postings(
        (format, body) in select(bodies()),
        sizes in prop::collection::vec(1_usize..40, 1..6),
    ) {
        let request = request(format);
        let whole = map(&request, body.as_bytes()).unwrap();
        prop_assert_eq!(as_set(&whole), streamed(&request, &body, &sizes));
    }

    #[test]
    fn never_panics(
        (_, body) in select(bodies()),
        spec in select(FORMATS.to_vec()),
        edits in prop::collection::vec((any::<Index>(), any::<u8>(), 0_u8..5), 0..6),
        special in select(vec!["", "\"", "}", "]", "<", ">", "</", "&", "&#x0;", "\\u", "\\ud800", "null", "1e999", "<![CDATA[", "]]>", ",", "\n", "\u{feff}"]),
    ) {
        let mut bytes = body.into_bytes();
        for (index, byte, kind) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = index.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                2 => bytes.insert(at, byte),
                3 => bytes.truncate(at),
                _ => { bytes.splice(at..at, special.bytes()); }
            }
        }
        let request = request(spec.format);
        if let Ok(mapped) = map(&request, &bytes) {
            for posting in &mapped.postings {
                // Emitted postings are JSON, with an id if the format assigns one. Those of our own format are as
                // written, maybe with half of a surrogate pair, which is no text: the Worker replaces it.
                let json = serde_json::to_string(posting).unwrap();
                serde_json::from_str::<serde::de::IgnoredAny>(&json).unwrap();
                if !spec.format.is_own() {
                    let json: Value = serde_json::from_str(&json).unwrap();
                    prop_assert!(!json["externalId"].as_str().unwrap().is_empty());
                    prop_assert!(json["extra"].is_null() || json["extra"].to_string().len() <= 8_192);
                }
            }
        }
        let _ = detect(&bytes);
    }

    #[test]
    fn personal_data_is_never_stored((format, body) in select(bodies())) {
        let mapped = map(&request(format), body.as_bytes()).unwrap();
        for posting in as_set(&mapped) {
            for personal in ["Ada Example", "ada@example.com", "job.x@acme.example", "token=secret"] {
                prop_assert!(!posting.contains(personal), "{posting}");
            }
        }
    }
}

#[test]
fn consumer_can_stop_a_stream() {
    let mut n = 0;
    let mut sink = |_| {
        n += 1;
        ControlFlow::Break(())
    };
    let mut open = || -> io::Result<Box<dyn Read>> { Ok(Box::new(NDJSON.as_bytes())) };
    let stopped = map_stream(&request(Format::Json), &mut open, &mut sink).unwrap_err();
    assert_eq!(stopped.code(), "stopped");
    assert_eq!(n, 1);
}
