//! Core beside serde_json: `cargo bench --package jobs-ingest-bench`.
#![allow(
    clippy::indexing_slicing,
    reason = "a benchmark that meets the unexpected is to fail"
)]

use divan::Bencher;
use divan::counter::BytesCount;
use jobs_ingest_bench::native::PASSES;
use jobs_ingest_bench::workload::{Encoding, Feed, Ids, Kind};

fn main() {
    divan::main();
}

#[divan::bench(args = PASSES.map(|(name, _)| name))]
fn small(bencher: Bencher, name: &str) {
    run(bencher, name, Kind::Small, 10_000);
}

#[divan::bench(args = PASSES.map(|(name, _)| name))]
fn real_sized(bencher: Bencher, name: &str) {
    run(bencher, name, Kind::Real, 2_000);
}

#[divan::bench(args = PASSES.map(|(name, _)| name))]
fn real_sized_with_all_fields(bencher: Bencher, name: &str) {
    run(bencher, name, Kind::AllFields, 2_000);
}

fn run(bencher: Bencher, name: &str, kind: Kind, n_postings: usize) {
    let body = Feed {
        kind,
        n_postings,
        ids: Ids::Client(1),
        version: 1,
        is_repost: false,
    }
    .body(Encoding::Json);
    let Some((_, pass)) = PASSES.iter().find(|(of, _)| *of == name) else {
        return;
    };
    bencher
        .counter(BytesCount::new(body.len()))
        .bench(|| pass(&body));
}
