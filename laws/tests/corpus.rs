//! The laws hold for every body that the fuzzer has found interesting.

use std::fs;
use std::path::{Path, PathBuf};

use jobs_ingest_laws::{Input, check};

#[test]
fn laws_hold_for_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/ingest");
    let files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert!(files.len() > 20, "{} bodies", files.len());
    for file in files {
        let bytes = fs::read(&file).expect("a body");
        // Shown only if a law is broken.
        println!("{}", file.display());
        if let Some(input) = Input::read(&bytes) {
            check(input);
        }
    }
}
