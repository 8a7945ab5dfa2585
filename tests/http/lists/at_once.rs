//! Several lists of a source at once: each is planned against the one before.

use std::thread;

use serde_json::json;

use super::{ids, n_states, put_request, start};

const N_POSTINGS: usize = 40;

#[test]
fn postings_of_the_last_list_are_the_open_ones() {
    let worker = start(N_POSTINGS);
    for round in 0..5 {
        let statuses = thread::scope(|scope| {
            let clients = [1, 2, 3, 4].map(|client| {
                let listed = ids(0..N_POSTINGS - client - round);
                let request = put_request(&worker, "?max_close=100%25", &listed);
                scope.spawn(move || request.send().status)
            });
            clients.map(|client| client.join().expect("a client"))
        });
        // 207 if a later one was faster, 503 if all attempts met another list.
        let expected = [200, 207, 503];
        assert!(
            statuses.iter().all(|status| expected.contains(status)),
            "{statuses:?}"
        );
        let last = worker.sql(
            "SELECT listed, received FROM ingest_sources JOIN ingest_runs ON id = run_id \
             WHERE ingest_sources.source = 'acme'",
        );
        let [n_open, n_closed, n_missing] = n_states(&worker);
        assert_eq!(last, json!([{ "listed": n_open, "received": n_open }]));
        assert_eq!((n_open + n_closed, n_missing), (N_POSTINGS as u64, 0));
    }
}
