//! Two clients post overlapping keys concurrently.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::{INGEST, counts, items};

const N_ROUNDS: usize = 5;
const N_POSTINGS: usize = 400;

/// The ids of a client's round; half of them are shared with the other client.
fn ids(client: usize, round: usize) -> impl Iterator<Item = usize> {
    let start = round * N_POSTINGS + client * N_POSTINGS / 2;
    start..start + N_POSTINGS
}

fn body(client: usize, round: usize) -> String {
    let postings: Value = ids(client, round)
        .map(|id| json!({ "externalId": id, "title": format!("client {client}") }))
        .collect();
    items(&postings)
}

#[test]
fn overlapping_keys_end_with_one_row_each() {
    let worker = Worker::start();
    let barrier = Barrier::new(2);
    let client = |client: usize| {
        let (http, barrier) = (worker.http().clone(), &barrier);
        move || {
            let send = |round| {
                barrier.wait();
                let request = http.request("POST", INGEST).token(TOKEN);
                let counts = counts(&request.json(body(client, round)).send());
                assert_eq!(counts.received, N_POSTINGS as u64);
                counts
            };
            (0..N_ROUNDS).map(send).collect::<Vec<_>>()
        }
    };
    let counts = thread::scope(|scope| {
        let clients = [0, 1].map(|number| scope.spawn(client(number)));
        clients.map(|client| client.join().expect("a client"))
    });

    let every_id: BTreeSet<usize> = (0..N_ROUNDS)
        .flat_map(|round| ids(0, round).chain(ids(1, round)))
        .collect();
    assert_eq!(worker.n_rows(), every_id.len() as u64);
    // Counts come from inside each transaction, so their sum is exact.
    let n_inserted: u64 = counts.iter().flatten().map(|counts| counts.inserted).sum();
    assert_eq!(n_inserted, every_id.len() as u64);

    // Each request is one transaction: in a round, all shared ids come from the same client.
    for round in 0..N_ROUNDS {
        let (first, second): (BTreeSet<_>, BTreeSet<_>) =
            (ids(0, round).collect(), ids(1, round).collect());
        let shared: Vec<String> = first
            .intersection(&second)
            .map(|id| format!("'{id}'"))
            .collect();
        let titles = worker.sql(&format!(
            "SELECT DISTINCT title FROM jobs WHERE external_id IN ({})",
            shared.join(",")
        ));
        let n_titles = titles.as_array().expect("rows").len();
        assert_eq!(n_titles, 1, "round {round}: {titles}");
    }
}
