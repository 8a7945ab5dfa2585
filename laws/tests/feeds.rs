//! The laws of the feeds hold for the bodies of the corpus, and for mutations of them.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected is to fail"
)]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use jobs_ingest_core::ingest::{Rules, prepare};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_feeds::{Format, Request, map};
use jobs_ingest_laws::{Feed, check_feed};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

/// Bodies of all formats, each after its two bytes of choices.
static CORPUS: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/feeds");
    let entries = fs::read_dir(folder).expect("the corpus");
    let files = entries.map(|entry| {
        let path = entry.expect("an entry").path();
        let bytes = fs::read(&path).expect("a body");
        (path.display().to_string(), bytes)
    });
    let mut files: Vec<(String, Vec<u8>)> = files.collect();
    files.sort();
    files
});

/// What the formats treat specially.
const SPECIAL: [&str; 26] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "<",
    ">",
    "</",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&",
    "&#x0;",
    "&amp;lt;",
    "\\u",
    "\\ud800",
    "null",
    "1e999",
    "\n",
    "\r\n",
    "\u{feff}",
    "\u{2028}",
    "//",
];

#[derive(Debug, Clone)]
enum Edit {
    Replace(Index, u8),
    Insert(Index, &'static str),
    Remove(Index, Index),
    Repeat(Index, Index),
    Truncate(Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        (at(), prop::sample::select(SPECIAL.to_vec()))
            .prop_map(|(at, text)| Edit::Insert(at, text)),
        (at(), at()).prop_map(|(one, other)| Edit::Remove(one, other)),
        (at(), at()).prop_map(|(one, other)| Edit::Repeat(one, other)),
        at().prop_map(Edit::Truncate),
    ]
}

fn apply(edit: &Edit, bytes: &mut Vec<u8>) {
    let n_bytes = bytes.len() + 1;
    let range = |one: &Index, other: &Index| {
        let (one, other) = (one.index(n_bytes), other.index(n_bytes));
        one.min(other)..one.max(other).min(one.min(other) + 64)
    };
    match edit {
        Edit::Replace(at, byte) => {
            if let Some(old) = bytes.get_mut(at.index(n_bytes)) {
                *old = *byte;
            }
        }
        Edit::Insert(at, text) => {
            let at = at.index(n_bytes);
            bytes.splice(at..at, text.bytes());
        }
        Edit::Remove(one, other) => drop(bytes.drain(range(one, other))),
        Edit::Repeat(one, other) => {
            let range = range(one, other);
            let part = bytes[range.clone()].to_vec();
            bytes.splice(range.end..range.end, part);
        }
        Edit::Truncate(at) => bytes.truncate(at.index(n_bytes)),
    }
}

#[test]
fn laws_hold_for_the_corpus() {
    assert!(CORPUS.len() > 20, "{} bodies", CORPUS.len());
    for (path, bytes) in CORPUS.iter() {
        // Shown only if a law is broken.
        println!("{path}");
        if let Some(feed) = Feed::read(bytes) {
            check_feed(feed);
        }
    }
}

/// A field of the posting that Lever's format makes of one.
fn mapped(posting: &Value, field: &str) -> Value {
    let mut request = Request::new(Format::Lever);
    request.board = Some("acme".to_owned());
    let body = json!([posting]).to_string();
    let mapped = map(&request, body.as_bytes()).expect("a site");
    let posting = serde_json::to_value(&mapped.postings[0]).expect("JSON");
    posting[field].clone()
}

fn is_accepted(field: &str, value: &str) -> bool {
    let body = json!([{ "externalId": "1", "title": "Baker", field: value }]).to_string();
    let prepared = prepare(body.as_bytes(), BodyFormat::Json, Rules::default());
    prepared.expect("a valid body").n_rejected == 0
}

fn codes(n_letters: u32) -> impl Iterator<Item = String> {
    let letter = |number: u32, place: u32| (b'A' + (number / 26_u32.pow(place) % 26) as u8) as char;
    (0..26_u32.pow(n_letters))
        .map(move |number| (0..n_letters).map(|place| letter(number, place)).collect())
}

#[test]
fn currencies_and_countries_are_those_of_the_worker() {
    let posting = json!({ "id": "1", "text": "Baker", "hostedUrl": "https://acme.example/1", "categories": {} });
    for code in codes(3) {
        let mut posting = posting.clone();
        posting["salaryRange"] = json!({ "currency": code, "min": 1, "max": 2 });
        let is_mapped = mapped(&posting, "salaryCurrency") == code.as_str();
        assert_eq!(is_mapped, is_accepted("salaryCurrency", &code), "{code}");
    }
    for code in codes(2) {
        let mut posting = posting.clone();
        posting["country"] = json!(code);
        posting["categories"] = json!({ "location": "Springfield" });
        let country = mapped(&posting, "country");
        // Some of the others are usual names: UK.
        let is_accepted_as_mapped = country
            .as_str()
            .is_none_or(|country| is_accepted("country", country));
        assert!(is_accepted_as_mapped, "{code}");
        assert!(
            !is_accepted("country", &code) || country == code.as_str(),
            "{code}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn laws_hold_for_mutations_of_the_corpus(
        body in any::<Index>(),
        format in prop::option::weighted(0.1, any::<u8>()),
        edits in prop::collection::vec(edit(), 0..5),
    ) {
        let (path, bytes) = &CORPUS[body.index(CORPUS.len())];
        let (choices, body) = bytes.split_at(2);
        let mut body = body.to_vec();
        for edit in &edits {
            apply(edit, &mut body);
        }
        let mut bytes = choices.to_vec();
        bytes[0] = format.unwrap_or(bytes[0]);
        bytes.extend(body);
        println!("{path}");
        check_feed(Feed::read(&bytes).expect("choices"));
    }
}
