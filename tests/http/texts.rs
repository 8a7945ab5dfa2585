//! Texts of every kind are stored unchanged, and never interpreted as SQL.

use jobs_ingest_tests::Worker;
use serde_json::{Value, json};

use crate::support::{Counts, counts, findings, gzip, items, post, refused, send, table};

/// The text fields, with their columns.
const TEXTS: [(&str, &str); 8] = [
    ("externalId", "external_id"),
    ("title", "title"),
    ("location", "location"),
    ("salary", "salary"),
    ("description", "description"),
    ("jobType", "job_type"),
    ("workMode", "work_mode"),
    ("source", "source"),
];

/// A posting with this text in every text field.
fn posting(text: &str) -> Value {
    TEXTS.iter().map(|(field, _)| (*field, text)).collect()
}

const STRANGE: [&str; 20] = [
    "👩‍💻 Ingénieur·e 🇵🇹 👨‍👩‍👧‍👦",
    "مهندس برمجيات (Rust) في القاهرة",
    "מפתחת תוכנה בתל אביב",
    "\u{202e}reversed\u{202c} \u{2067}isolated\u{2069}",
    "e\u{301}\u{327}n\u{303} Z\u{0351}\u{0342}a\u{0309}lgo",
    "\u{e9} is not e\u{301}",
    "ソフトウェアエンジニア、東京",
    "\u{10ffff}\u{fffd}\u{feff}x\u{200b}",
    "tab\tnewline\ncarriage\rbackspace\u{8}escape\u{1b}delete\u{7f}",
    r#"quotes " ' ` and \ back\\slash \u0041 \n"#,
    "'); DROP TABLE jobs; --",
    "' OR '1'='1",
    "\"; DELETE FROM jobs WHERE \"1\"=\"1",
    "?1 ?2 :name @name $name %s {0}",
    "NULL",
    "0",
    "1e999",
    "[\"json\",{\"inside\":null}]",
    "</script><script>alert(1)</script>",
    "a\u{2028}line\u{2029}paragraph\u{85}next",
];

#[test]
fn every_text_is_stored_unchanged_in_every_field() {
    let worker = Worker::start();
    let postings: Vec<Value> = STRANGE.iter().map(|text| posting(text)).collect();
    let postings = json!(postings);
    assert_eq!(counts(&send(&worker, "", &postings)).inserted, 20);
    let rows = table(&worker);
    for (row, text) in STRANGE.iter().enumerate() {
        for (field, column) in TEXTS {
            assert_eq!(rows[row][column], *text, "{field}");
        }
    }
    // Sent again they are unchanged: nothing is normalised.
    assert_eq!(counts(&send(&worker, "", &postings)).unchanged, 20);
    assert_eq!(table(&worker), rows);
}

/// Escaped as by Python's json.dumps, and compressed with gzip.
#[test]
fn escaped_texts_are_the_same_texts() {
    let worker = Worker::start();
    let postings: Vec<Value> = STRANGE.iter().map(|text| posting(text)).collect();
    let body = items(&json!(postings));
    assert_eq!(
        counts(&post(&worker, "").json(body.clone()).send()).inserted,
        20
    );
    let mut units = [0; 2];
    let escaped: String = body
        .chars()
        .flat_map(|c| match c.is_ascii() {
            true => vec![c.to_string()],
            false => c
                .encode_utf16(&mut units)
                .iter()
                .map(|unit| format!("\\u{unit:04X}"))
                .collect(),
        })
        .collect();
    assert!(escaped.is_ascii());
    let request = post(&worker, "").header("content-encoding", "gzip");
    let answer = request.json(gzip(escaped)).send();
    let expected = Counts {
        received: 20,
        unchanged: 20,
        ..Counts::default()
    };
    assert_eq!(counts(&answer), expected);
}

#[test]
fn response_returns_unusual_ids_unchanged() {
    let worker = Worker::start();
    let postings: Vec<Value> = STRANGE
        .iter()
        .map(|id| json!({ "externalId": id, "title": {} }))
        .collect();
    let body = items(&json!(postings));
    let answer = refused(&worker, post(&worker, "").json(body), 422, "invalid_items");
    for (index, id) in STRANGE.iter().enumerate() {
        assert_eq!(answer.json()["errors"][index]["externalId"], *id);
    }
}

#[test]
fn truncation_never_splits_a_character() {
    let worker = Worker::start();
    // The 255th character has two UTF-16 units.
    let title = format!("{}😀😀", "x".repeat(254));
    let escaped = format!(
        r#"[{{"externalId":"b","title":"{}\ud83d\ude00\ud83d\ude00"}}]"#,
        "x".repeat(254)
    );
    send(&worker, "", &json!([{ "externalId": "a", "title": title }]));
    post(&worker, "").json(escaped).send();
    let expected = format!("{}😀", "x".repeat(254));
    let rows = table(&worker);
    for row in [0, 1] {
        assert_eq!(rows[row]["title"], expected);
    }
}

#[test]
fn lone_surrogate_is_replaced_except_in_a_key() {
    let worker = Worker::start();
    for (field, column) in TEXTS {
        for (half, repaired) in [
            (r"\ud83d", "\u{fffd}"),
            (r"a\ude00b", "a\u{fffd}b"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
        ] {
            worker.execute("DELETE FROM jobs");
            let mut posting = json!({ "externalId": "a", "title": "T" });
            posting[field] = json!("HALF");
            let body = format!("[{posting}]").replace("HALF", half);
            let request = post(&worker, "").json(body);
            if ["externalId", "source"].contains(&field) {
                let answer = refused(&worker, request, 422, "invalid_items");
                let errors = findings(&answer, "errors");
                let start = format!("lone_surrogate: items[0].{field} contains \\u");
                assert!(errors.starts_with(&start), "{errors}");
            } else {
                let answer = request.send();
                let start = format!("replaced: items[0].{field} contains");
                assert!(
                    findings(&answer, "warnings").starts_with(&start),
                    "{}",
                    answer.body
                );
                assert_eq!(
                    worker.sql("SELECT * FROM jobs")[0][column],
                    repaired,
                    "{field}"
                );
            }
        }
    }
}
