//! Unchanged rows that lack the hash of what is sent: they get it, once.

use jobs_ingest_core::limits::MAX_REFRESHED_ROWS;
use jobs_ingest_core::options::Missing;
use jobs_ingest_core::outcome::Tally;
use serde_json::{Value, json};

use super::commit::{LOST, Request, two};
use super::fake_store::{FakeStore, Fault};
use super::unchanged::{N_POSTINGS, counts, filled, large, rows_sent};
use crate::call::Noted;

/// A store that has the postings, without hashes, as of an earlier time.
fn without_hashes(postings: Value) -> FakeStore {
    let store = FakeStore::with([]);
    nth(0, postings).tally(&store);
    forget(&store);
    store
}

fn forget(store: &FakeStore) {
    store.execute("UPDATE jobs SET content_hash = NULL, ingested_at = 'then'");
    store.n_calls.set(0);
}

/// The requests of a test need different runs.
fn nth(n: usize, postings: Value) -> Request {
    let mut request = Request::of(postings);
    request.run_id = [
        "00000000-0000-7000-8000-00000000000a",
        "00000000-0000-7000-8000-00000000000b",
        "00000000-0000-7000-8000-00000000000c",
        "00000000-0000-7000-8000-00000000000d",
        "00000000-0000-7000-8000-00000000000e",
        "00000000-0000-7000-8000-00000000000f",
    ][n];
    request
}

fn unchanged(n: u64) -> Tally {
    counts(0, 0, n)
}

fn hash_of(store: &FakeStore, id: &str) -> String {
    store.string(&format!(
        "SELECT ifnull(content_hash, 'none') FROM jobs WHERE external_id = '{id}'"
    ))
}

#[test]
fn large_request_adds_hashes_and_is_not_sent_again() {
    let store = filled();
    forget(&store);
    let sent = rows_sent(&nth(1, large(&[])), &store);
    assert_eq!(sent, (unchanged(20), Noted::Number(20)));
    // It asks, fails at the first such row, and is sent again.
    assert_eq!(store.n_calls.get(), 3);
    let then = "SELECT count(*) FROM jobs WHERE ingested_at = 'then'";
    assert_eq!(store.number(then), N_POSTINGS as i64);
    let sent = rows_sent(&nth(2, large(&[])), &store);
    assert_eq!(sent, (unchanged(20), Noted::Number(0)));
    assert_eq!(store.n_calls.get(), 5);
}

#[test]
fn only_rows_that_lack_it_are_written() {
    let store = filled();
    store.execute("UPDATE jobs SET ingested_at = 'then'");
    store.execute("UPDATE jobs SET content_hash = 'AAAAAAAAAAA' WHERE external_id IN ('3', '7')");
    store.execute("CREATE TABLE written (id TEXT)");
    store.execute(
        "CREATE TRIGGER count_written AFTER UPDATE ON jobs \
         BEGIN INSERT INTO written VALUES (new.external_id); END",
    );
    let sent = rows_sent(&nth(1, large(&[5])), &store);
    assert_eq!(sent, (counts(0, 1, 19), Noted::Number(3)));
    let written = "SELECT group_concat(id) FROM (SELECT id FROM written ORDER BY id)";
    assert_eq!(store.string(written), "3,5,7");
    let sent = rows_sent(&nth(2, large(&[5])), &store);
    assert_eq!(sent, (unchanged(20), Noted::Number(0)));
    assert_eq!(store.string(written), "3,5,7");
}

#[test]
fn small_request_adds_hashes() {
    let store = without_hashes(two());
    assert_eq!(nth(1, two()).tally(&store), unchanged(2));
    assert_eq!(store.n_calls.get(), 2);
    let none = "SELECT count(*) FROM jobs WHERE content_hash IS NULL";
    assert_eq!(store.number(none), 0);
    assert_eq!(nth(2, two()).tally(&store), unchanged(2));
    assert_eq!(store.n_calls.get(), 3);
}

#[test]
fn dry_run_writes_no_hash() {
    let store = without_hashes(two());
    let mut request = nth(1, two());
    request.options.dry_run = true;
    assert_eq!(request.tally(&store), unchanged(2));
    assert_eq!(hash_of(&store, "a"), "none");
}

#[test]
fn both_modes_in_turns_write_once() {
    let postings = |mode: Missing, n: usize| {
        let mut request = nth(n, large(&[]));
        request.options.missing = mode;
        request
    };
    let store = filled();
    store.execute("UPDATE jobs SET ingested_at = 'then'");
    let first = hash_of(&store, "7");
    let sent = rows_sent(&postings(Missing::Keep, 1), &store);
    assert_eq!(sent, (unchanged(20), Noted::Number(20)));
    let both = hash_of(&store, "7");
    assert_eq!(
        both.split_once(' ').map(|(_, earlier)| earlier),
        Some(&*first)
    );
    for (mode, n) in [(Missing::Default, 2), (Missing::Keep, 3)] {
        let sent = rows_sent(&postings(mode, n), &store);
        assert_eq!(sent, (unchanged(20), Noted::Number(0)), "{mode:?}");
        assert_eq!(hash_of(&store, "7"), both, "{mode:?}");
    }
    // A changed row has one again.
    let sent = rows_sent(&nth(4, large(&[7])), &store);
    assert_eq!(sent, (counts(0, 1, 19), Noted::Number(1)));
    assert_eq!(hash_of(&store, "7").len(), first.len());
    assert!(hash_of(&store, "8").contains(' '));
}

#[test]
fn edit_forgets_both_hashes() {
    let store = without_hashes(two());
    nth(1, two()).tally(&store);
    let mut keep = nth(2, two());
    keep.options.missing = Missing::Keep;
    keep.tally(&store);
    assert!(hash_of(&store, "a").contains(' '));
    store.execute("UPDATE jobs SET salary = 'by hand' WHERE external_id = 'a'");
    assert_eq!(hash_of(&store, "a"), "none");
}

#[test]
fn writes_so_many_hashes_at_most() {
    let postings: Value = (0..=MAX_REFRESHED_ROWS)
        .map(|number| json!({ "externalId": number }))
        .collect();
    let store = without_hashes(postings.clone());
    let n_all = MAX_REFRESHED_ROWS as u64 + 1;
    for (n, n_left, n_calls) in [(1, 1, 2), (2, 0, 2), (3, 0, 1)] {
        store.n_calls.set(0);
        assert_eq!(nth(n, postings.clone()).tally(&store), unchanged(n_all));
        let none = "SELECT count(*) FROM jobs WHERE content_hash IS NULL";
        assert_eq!(store.number(none), n_left);
        assert_eq!(store.n_calls.get(), n_calls);
    }
}

#[test]
fn row_that_changes_in_between_is_overwritten() {
    let store = without_hashes(two());
    store.meet(Fault::Meanwhile(
        "UPDATE jobs SET title = 'by hand' WHERE external_id = 'a'",
    ));
    assert_eq!(nth(1, two()).tally(&store), counts(0, 1, 1));
    assert_eq!(nth(2, two()).tally(&store), unchanged(2));
    let by_hand = "SELECT count(*) FROM jobs WHERE title = 'by hand' OR content_hash IS NULL";
    assert_eq!(store.number(by_hand), 0);
}

#[test]
fn row_that_a_trigger_edits_gets_no_hash() {
    let store = without_hashes(two());
    store.execute(
        "CREATE TRIGGER of_the_board AFTER UPDATE OF title ON jobs WHEN new.title = 'new' \
         BEGIN UPDATE jobs SET title = 'New' WHERE id = new.id; END",
    );
    let postings = json!([{ "externalId": "a", "title": "new" }, { "externalId": "b" }]);
    assert_eq!(nth(1, postings).tally(&store), counts(0, 1, 1));
    assert_eq!(hash_of(&store, "a"), "none");
    assert_ne!(hash_of(&store, "b"), "none");
}

#[test]
fn committed_batch_with_a_lost_answer_is_counted_once() {
    let store = without_hashes(two());
    store.meet(Fault::Not);
    store.meet(Fault::After(LOST));
    assert_eq!(nth(1, two()).tally(&store), unchanged(2));
    assert_eq!(store.number("SELECT count(*) FROM ingest_runs"), 2);
    assert_ne!(hash_of(&store, "a"), "none");
}

#[test]
fn reopened_and_stale_rows_of_one_request() {
    let store = without_hashes(two());
    store.execute("UPDATE jobs SET closed_at = 'then' WHERE external_id = 'b'");
    let tally = nth(1, two()).tally(&store);
    let expected = Tally {
        n_reopened: 1,
        ..counts(0, 1, 1)
    };
    assert_eq!(tally, expected);
    assert_eq!(nth(2, two()).tally(&store), unchanged(2));
}
