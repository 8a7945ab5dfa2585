//! Passes over a body in a file, so that callgrind can count what one pass takes:
//! `core-passes PASS FILE TIMES`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a helper of the benchmark: a panic is how it fails"
)]

use jobs_ingest_bench::passes::PASSES;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let pass: usize = arguments[0].parse().expect("the number of a pass");
    let body = std::fs::read(&arguments[1]).expect("a file with a body");
    let n_times: usize = arguments[2].parse().expect("a number of times");
    for _ in 0..n_times {
        PASSES[pass].1(&body);
    }
}
