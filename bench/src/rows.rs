//! Rows written and read, as D1 reports them.

use jobs_ingest_tests::{TOKEN, Worker};

use crate::peer::{Peer, start_worker};
use crate::peers_code;
use crate::result::{Operation, Rows};
use crate::table::Table;
use crate::workload::{Feed, Ids, Kind};

/// Postings of a request. The largest is one for which the product asks first what the table has.
const SIZES: [usize; 3] = [100, 1_000, 10_000];

pub fn rows() -> Vec<Rows> {
    let of_size = |n_postings| {
        let of_peer = move |peer| rows_of(peer, n_postings);
        Peer::WORKERS.into_iter().flat_map(of_peer)
    };
    SIZES.into_iter().flat_map(of_size).collect()
}

fn rows_of(peer: Peer, n_postings: usize) -> Vec<Rows> {
    let worker = start_worker(peers_code::probed(peer.file_name()), Table::Empty);
    let feed = |version, is_repost| Feed {
        kind: Kind::Small,
        n_postings,
        ids: Ids::Client(1),
        version,
        is_repost,
    };
    let requests = [
        (Operation::Load, feed(1, false)),
        (Operation::Change, feed(2, false)),
        (Operation::Repost, feed(2, true)),
    ];
    let measure = |(operation, feed): (Operation, Feed)| {
        let (n_changed, n_new) = feed.n_changed_and_new();
        let counts = probe(&worker, &feed.body());
        Rows {
            peer,
            operation,
            n_postings,
            n_changed,
            n_new,
            rows_written: counts[0],
            rows_read: counts[1],
            n_statements: counts[2],
        }
    };
    requests.map(measure).into()
}

/// Posts to a probed Worker: rows written, rows read, statements, bytes of wasm memory.
pub fn probe(worker: &Worker, body: &[u8]) -> [u64; 4] {
    let answer = worker.post("/jobs/ingest").token(TOKEN).json(body).send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    [
        "x-rows-written",
        "x-rows-read",
        "x-statements",
        "x-wasm-bytes",
    ]
    .map(|name| {
        answer
            .header(name)
            .and_then(|value| value.parse().ok())
            .unwrap_or_else(|| panic!("the probe gives no {name}"))
    })
}
