//! The fuzzer's dictionary is that of the table of fields.

use jobs_ingest_laws::dictionary;

#[test]
fn the_committed_dictionary_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/ingest.dict");
    let committed = std::fs::read_to_string(path).expect("the dictionary");
    assert_eq!(committed, dictionary(), "run `cargo xtask generate`");
}
