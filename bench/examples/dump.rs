#![allow(
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing
)]
use jobs_ingest_bench::workload::*;
use jobs_ingest_core::{ingest::prepare, media::BodyFormat, sql::*};
fn main() {
    for (kind, n, name) in [(Kind::Small, 10_000, "small"), (Kind::Real, 2_000, "real")] {
        for (v, re) in [(1, false), (2, false), (2, true)] {
            let b = Feed {
                kind,
                n_postings: n,
                ids: Ids::Client(1),
                version: v,
                is_repost: re,
            }
            .body(Encoding::Json);
            let p = prepare(&b, BodyFormat::Json).unwrap().params;
            std::fs::write(
                format!("/tmp/trial/{name}-{v}-{re}.json"),
                serde_json::to_string(&p).unwrap(),
            )
            .unwrap();
            std::fs::write(format!("/tmp/trial/{name}-{v}-{re}.body"), &b).unwrap();
        }
    }
    std::fs::write("/tmp/trial/upsert.sql", UPSERT.as_str()).unwrap();
}
