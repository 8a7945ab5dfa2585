//! Peak wasm memory by the size of the body. Wasm memory never shrinks, so its size after a fresh
//! instance's first request is the peak.

use crate::peer::start_worker;
use crate::peers_code;
use crate::result::Memory;
use crate::rows::probe;
use crate::table::Table;
use crate::workload::{Feed, Ids, Kind};

pub fn memory() -> Vec<Memory> {
    let code = peers_code::probed(None);
    let cases = [
        (Kind::Small, "small", [100, 1_000, 4_000, 10_000, 13_000]),
        (Kind::Real, "real-sized", [20, 200, 800, 2_000, 2_400]),
    ];
    let mut measured = Vec::new();
    for (kind, name, sizes) in cases {
        for n_postings in sizes {
            let body = Feed {
                kind,
                n_postings,
                ids: Ids::Client(1),
                version: 1,
                is_repost: false,
            }
            .body();
            let worker = start_worker(code.clone(), Table::Empty);
            let [.., wasm_bytes] = probe(&worker, &body);
            measured.push(Memory {
                kind: name.to_owned(),
                body_bytes: body.len(),
                wasm_bytes: wasm_bytes as usize,
            });
        }
    }
    measured
}
