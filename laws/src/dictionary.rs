//! The fuzzer's dictionary: fragments from which libFuzzer builds bodies.

use jobs_ingest_core::field::FIELDS;

/// The text of fuzz/ingest.dict: field names and example values from the table of fields, then
/// fragments that are useful for any fields.
pub fn dictionary() -> String {
    let mut entries: Vec<Vec<u8>> = Vec::new();
    let mut add = |entry: &[u8]| {
        if !entries.iter().any(|known| known == entry) {
            entries.push(entry.to_owned());
        }
    };
    for spec in &FIELDS {
        for name in [spec.json_name, spec.column] {
            add(format!("\"{name}\":").as_bytes());
        }
    }
    for spec in &FIELDS {
        let example = spec.kind.example();
        add(example.sent.as_bytes());
        add(example.other.as_bytes());
    }
    WORTH_TRYING.iter().copied().for_each(add);
    let lines: String = entries.iter().map(|entry| line(entry)).collect();
    format!(
        "# What a body is made of: libFuzzer puts these together. Generated from the table of fields by\n\
         # `cargo xtask generate`; laws/src/dictionary.rs has the other entries.\n{lines}"
    )
}

const WORTH_TRYING: &[&[u8]] = &[
    b"\"items\":",
    b"{\"items\":[{\"externalId\":\"a\"}]}",
    b"{\"externalId\":\"a\"}",
    b"null",
    b"true",
    b"false",
    b"\"true\"",
    b"\"no\"",
    b"[]",
    b"{}",
    b"[\"a\",\"b\"]",
    b"\"2026-11-25\"",
    b"\"2026-11-25 13:56:45 UTC\"",
    b"\"2024-02-29T23:59:60.123456-12:30\"",
    b"1764079005",
    b"1764079005123",
    b"https://",
    b"\\u0000",
    b"\\ud83d",
    b"\\ude00",
    b"\\u00e9",
    b"\\uFEFF",
    b"\\\"",
    b"\\\\",
    "\u{feff}".as_bytes(),
    "\u{1f600}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{5e9}".as_bytes(),
    b"9007199254740991",
    b"9007199254740992",
    b"1e400",
    b"1e20",
    b"-0",
    b"1.0",
    b"1E-7",
    b"\n",
    b"\r\n",
    b"NaN",
    b"-Infinity",
    b"undefined",
    b"None",
    b"//",
    b"/*",
    "\u{201c}".as_bytes(),
    b"\x1f\x8b\x08",
    b"\xff\xfe",
    b"\xe9",
];

fn line(entry: &[u8]) -> String {
    let bytes = entry.iter().map(|byte| match *byte {
        b'"' | b'\\' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    });
    format!("\"{}\"\n", bytes.collect::<String>())
}
