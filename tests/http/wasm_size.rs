//! What is deployed is small.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use jobs_ingest_core::limits::MAX_WASM_GZIP_BYTES;
use xtask::project;

#[test]
fn wasm_is_small() {
    let wasm = std::fs::read(project::root().join("build/index_bg.wasm")).expect("a built Worker");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&wasm).expect("memory takes all bytes");
    let n_bytes = encoder.finish().expect("memory takes all bytes").len();
    assert!(n_bytes <= MAX_WASM_GZIP_BYTES, "{n_bytes}");
}
