//! The committed dictionary of the fuzzer matches the table of fields.

use jobs_ingest_laws::dictionary;

#[test]
fn committed_dictionary_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/ingest.dict");
    let committed = std::fs::read_to_string(path).expect("the dictionary");
    assert_eq!(committed, dictionary(), "run `cargo xtask generate`");
}
