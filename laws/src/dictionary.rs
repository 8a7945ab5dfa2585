//! The fuzzer's dictionary: what libFuzzer puts bodies together from.

use jobs_ingest_core::field::FIELDS;

/// The text of fuzz/ingest.dict: names of fields and example values from the table of fields, then
/// what is worth trying whatever the fields are.
pub fn dictionary() -> String {
    let mut entries: Vec<String> = Vec::new();
    let mut add = |entry: &str| {
        if !entries.iter().any(|known| known == entry) {
            entries.push(entry.to_owned());
        }
    };
    for spec in &FIELDS {
        for name in [spec.json_name, spec.column] {
            add(&format!("\"{name}\":"));
        }
    }
    for spec in &FIELDS {
        let example = spec.kind.example();
        add(example.sent);
        add(example.other);
    }
    WORTH_TRYING.iter().copied().for_each(add);
    let texts = entries.iter().map(|entry| entry.as_bytes());
    let lines: String = texts.chain(NOT_UTF_8.iter().copied()).map(line).collect();
    format!(
        "# What a body is made of: libFuzzer puts these together. Generated from the table of fields by\n\
         # `cargo xtask generate`; laws/src/dictionary.rs has the rest.\n{lines}"
    )
}

const WORTH_TRYING: &[&str] = &[
    "\"items\":",
    "{\"items\":[{\"externalId\":\"a\"}]}",
    "{\"externalId\":\"a\"}",
    "null",
    "true",
    "false",
    "\"true\"",
    "\"no\"",
    "[]",
    "{}",
    "[\"a\",\"b\"]",
    "\"2026-11-25\"",
    "\"2026-11-25 13:56:45 UTC\"",
    "\"2024-02-29T23:59:60.123456-12:30\"",
    "1764079005",
    "1764079005123",
    "https://",
    "\\u0000",
    "\\ud83d",
    "\\ude00",
    "\\u00e9",
    "\\uFEFF",
    "\\\"",
    "\\\\",
    "\u{feff}",
    "\u{1f600}",
    "\u{2028}",
    "\u{5e9}",
    "9007199254740991",
    "9007199254740992",
    "1e400",
    "1e20",
    "-0",
    "1.0",
    "1E-7",
    "\n",
    "\r\n",
    "NaN",
    "-Infinity",
    "undefined",
    "None",
    "//",
    "/*",
    "\u{201c}",
];

/// The start of gzip, of UTF-16, and a letter of Latin-1.
const NOT_UTF_8: &[&[u8]] = &[b"\x1f\x8b\x08", b"\xff\xfe", b"\xe9"];

fn line(entry: &[u8]) -> String {
    let bytes = entry.iter().map(|byte| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    });
    format!("\"{}\"\n", bytes.collect::<String>())
}
