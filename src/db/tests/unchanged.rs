//! Large requests, of which the database is asked first what it has.

use jobs_ingest_core::field::FIELDS;
use jobs_ingest_core::limits::MIN_BYTES_TO_ASK_FIRST;
use jobs_ingest_core::options::{Defaults, Missing, Options};
use jobs_ingest_core::outcome::Tally;
use serde_json::{Value, json};

use super::commit::{LOST, Request};
use super::d1_errors::faults;
use super::fake_store::{FakeStore, Fault};
use crate::call::Noted;
use crate::service::commit::{Committed, Done};

pub const N_POSTINGS: usize = 20;

/// Postings that are asked for first; those at the positions have another title.
pub fn large(changed: &[usize]) -> Value {
    let description = "x".repeat(MIN_BYTES_TO_ASK_FIRST / N_POSTINGS);
    let posting = |number: usize| {
        let title = if changed.contains(&number) {
            "new"
        } else {
            "old"
        };
        json!({ "externalId": number, "source": "a", "title": title, "description": description })
    };
    (0..N_POSTINGS).map(posting).collect()
}

/// A store that has [`large`] of no changes.
pub fn filled() -> FakeStore {
    let store = FakeStore::with([]);
    let mut first = Request::of(large(&[]));
    first.run_id = "00000000-0000-7000-8000-000000000000";
    assert_eq!(first.tally(&store).n_inserted, N_POSTINGS as u64);
    store.n_calls.set(0);
    store
}

pub fn counts(n_inserted: u64, n_updated: u64, n_unchanged: u64) -> Tally {
    Tally {
        n_inserted,
        n_updated,
        n_unchanged,
        ..Tally::default()
    }
}

pub fn rows_sent(request: &Request, store: &FakeStore) -> (Tally, Noted) {
    let (written, _, call) = request.send(store);
    let Ok(Committed::Now(Done { tally, .. })) = written else {
        panic!("{written:?}");
    };
    (tally, call.log.noted("rows_sent").unwrap().clone())
}

#[test]
fn unchanged_rows_are_not_sent() {
    let store = filled();
    let request = Request::of(large(&[]));
    assert_eq!(
        rows_sent(&request, &store),
        (counts(0, 0, 20), Noted::Number(0))
    );
    assert_eq!(store.n_calls.get(), 2);
    let run = "SELECT unchanged FROM ingest_runs ORDER BY id DESC LIMIT 1";
    assert_eq!(store.number(run), 20);
}

#[test]
fn changed_and_new_rows_are_sent() {
    let store = filled();
    let mut postings = large(&[3, 17]);
    postings[5]["externalId"] = "new".into();
    let sent = rows_sent(&Request::of(postings), &store);
    assert_eq!(sent, (counts(1, 2, 17), Noted::Number(3)));
    assert_eq!(
        store.number("SELECT count(*) FROM jobs WHERE title = 'new'"),
        2
    );
    assert_eq!(store.number("SELECT count(*) FROM jobs"), 21);
}

#[test]
fn sends_everything_unless_half_is_stored() {
    let store = filled();
    let changed: Vec<usize> = (0..10).collect();
    let sent = rows_sent(&Request::of(large(&changed)), &store);
    assert_eq!(sent, (counts(0, 10, 10), Noted::Number(10)));
    let store = filled();
    let changed: Vec<usize> = (0..11).collect();
    let sent = rows_sent(&Request::of(large(&changed)), &store);
    assert_eq!(sent, (counts(0, 11, 9), Noted::Number(20)));
}

#[test]
fn touch_and_dry_run_send_everything() {
    let options = Options::default();
    for options in [
        Options {
            touch: true,
            ..options
        },
        Options {
            dry_run: true,
            ..options
        },
    ] {
        let store = filled();
        let mut request = Request::of(large(&[]));
        request.options = options;
        request.tally(&store);
        assert_eq!(store.n_calls.get(), 1, "{options:?}");
    }
}

#[test]
fn touched_row_keeps_its_hash() {
    let store = filled();
    let mut request = Request::of(large(&[]));
    request.options.touch = true;
    assert_eq!(request.tally(&store), counts(0, 20, 0));
    request.options.touch = false;
    request.run_id = "00000000-0000-7000-8000-000000000002";
    assert_eq!(
        rows_sent(&request, &store),
        (counts(0, 0, 20), Noted::Number(0))
    );
}

#[test]
fn manual_edit_of_any_field_is_overwritten() {
    for spec in &FIELDS[2..] {
        let value = match serde_json::from_str(spec.kind.example().stored).unwrap() {
            Value::String(text) => format!("'{text}'"),
            number => number.to_string(),
        };
        let column = spec.column;
        let store = filled();
        store.execute(&format!(
            "UPDATE jobs SET {column} = {value} WHERE external_id = '7'"
        ));
        let sent = rows_sent(&Request::of(large(&[])), &store);
        assert_eq!(sent, (counts(0, 1, 19), Noted::Number(1)), "{column}");
        let by_hand = format!("SELECT count(*) FROM jobs WHERE {column} = {value}");
        assert_eq!(store.number(&by_hand), 0, "{column}");
        let no_hash = "SELECT count(*) FROM jobs WHERE content_hash IS NULL";
        assert_eq!(store.number(no_hash), 0, "{column}");
    }
}

#[test]
fn row_that_changes_after_the_lookup_is_sent() {
    for meanwhile in [
        "UPDATE jobs SET title = 'by hand' WHERE external_id = '7'",
        "DELETE FROM jobs WHERE external_id = '7'",
    ] {
        for changed in [&[][..], &[3]] {
            let store = filled();
            store.meet(Fault::Meanwhile(meanwhile));
            let (tally, n_sent) = rows_sent(&Request::of(large(changed)), &store);
            let n_changed = changed.len() as u64;
            assert_eq!(
                tally.n_inserted + tally.n_updated,
                1 + n_changed,
                "{meanwhile}"
            );
            assert_eq!(n_sent, Noted::Number(20));
            let titles = "SELECT count(*) FROM jobs WHERE title = 'old'";
            assert_eq!(store.number(titles), 20 - n_changed as i64, "{meanwhile}");
            assert_eq!(store.number("SELECT count(*) FROM ingest_runs"), 2);
        }
    }
}

/// A change that SQLite does not count, unlike any of rows, shows that no row is looked up again.
#[test]
fn row_is_not_looked_up_again_if_nothing_was_written() {
    for key in [None, Some(("k", "f"))] {
        let store = filled();
        store.meet(Fault::Meanwhile(
            "ALTER TABLE jobs RENAME COLUMN content_hash TO old; ALTER TABLE jobs ADD COLUMN content_hash TEXT",
        ));
        let mut request = Request::of(large(&[]));
        request.key = key;
        let sent = rows_sent(&request, &store);
        assert_eq!(sent, (counts(0, 0, 20), Noted::Number(0)), "{key:?}");
    }
}

#[test]
fn every_error_at_every_step_leaves_all_or_nothing() {
    // The steps: ask, send what differs.
    for (fault, message, code) in faults() {
        for n_before in 0..2 {
            let store = filled();
            store.meet_for_ever(fault, n_before);
            let (written, _, call) = Request::of(large(&[3])).send(&store);
            let Err(problem) = written else {
                panic!("{fault:?}: {written:?}");
            };
            assert_eq!(problem.code(), code);
            assert_eq!(call.log.noted("cause"), Some(&message.into()));
            let landed = i64::from(n_before == 1 && matches!(fault, Fault::After(_)));
            let n_new = store.number("SELECT count(*) FROM jobs WHERE title = 'new'");
            let n_runs = store.number("SELECT count(*) FROM ingest_runs");
            assert_eq!((n_new, n_runs), (landed, 1 + landed), "{fault:?}");
        }
    }
}

#[test]
fn every_error_after_an_overtaken_batch_leaves_all_or_nothing() {
    // The steps: ask, be overtaken, send all.
    for (fault, message, code) in faults() {
        let store = filled();
        store.meet(Fault::Meanwhile(
            "UPDATE jobs SET title = 'by hand' WHERE external_id = '7'",
        ));
        store.meet_for_ever(fault, 1);
        let (written, _, call) = Request::of(large(&[3])).send(&store);
        let Err(problem) = written else {
            panic!("{fault:?}: {written:?}");
        };
        assert_eq!(problem.code(), code, "{fault:?}");
        assert_eq!(call.log.noted("cause"), Some(&message.into()));
        let landed = i64::from(matches!(fault, Fault::After(_)));
        let n_new = store.number("SELECT count(*) FROM jobs WHERE title = 'new'");
        let n_by_hand = store.number("SELECT count(*) FROM jobs WHERE title = 'by hand'");
        let n_runs = store.number("SELECT count(*) FROM ingest_runs");
        let expected = (landed, 1 - landed, 1 + landed);
        assert_eq!((n_new, n_by_hand, n_runs), expected, "{fault:?}");
    }
}

#[test]
fn committed_batch_with_a_lost_answer_is_counted_once() {
    for changed in [&[][..], &[3]] {
        let store = filled();
        store.meet(Fault::Not);
        store.meet(Fault::After(LOST));
        let n_changed = changed.len() as u64;
        let tally = Request::of(large(changed)).tally(&store);
        assert_eq!(tally, counts(0, n_changed, 20 - n_changed));
        assert_eq!(store.number("SELECT count(*) FROM ingest_runs"), 2);
    }
}

#[test]
fn row_of_another_source_does_not_count_as_stored() {
    // The same ids and values, so the same hashes.
    let theirs = filled();
    let mut request = Request::of(large(&[])).limited_to("b");
    let mut postings = large(&[]);
    for posting in postings.as_array_mut().unwrap() {
        posting["source"] = "b".into();
    }
    request.postings = postings;
    for (dry_run, n_before) in [(true, 20), (false, 20)] {
        request.options.dry_run = dry_run;
        assert_eq!(theirs.number("SELECT count(*) FROM jobs"), n_before);
        assert_eq!(request.tally(&theirs), counts(20, 0, 0));
    }
    let n_hashes = "SELECT count(DISTINCT content_hash) FROM jobs";
    assert_eq!(theirs.number(n_hashes), 20);
    assert_eq!(theirs.number("SELECT count(*) FROM jobs"), 40);
    request.run_id = "00000000-0000-7000-8000-000000000003";
    assert_eq!(
        rows_sent(&request, &theirs),
        (counts(0, 0, 20), Noted::Number(0))
    );
}

#[test]
fn modes_do_not_share_hashes() {
    let store = FakeStore::with([]);
    let large = |title: Value| -> Value {
        let description = "x".repeat(MIN_BYTES_TO_ASK_FIRST / N_POSTINGS);
        let posting = |number: usize| {
            let mut posting = json!({ "externalId": number, "description": description });
            if !title.is_null() {
                posting["title"] = title.clone();
            }
            posting
        };
        (0..N_POSTINGS).map(posting).collect()
    };
    let ids = ["1", "2", "3", "4"].map(|n| format!("00000000-0000-7000-8000-00000000000{n}"));
    let mut ids = ids.iter().map(|id| id.clone().leak() as &'static str);
    let mut send = |postings: Value, missing: Missing| {
        let mut request = Request::of(postings);
        request.options.missing = missing;
        request.options.defaults = Defaults::None;
        request.run_id = ids.next().unwrap();
        request.tally(&store)
    };
    send(large("T".into()), Missing::Default);
    // Without a title, one keeps it and the other clears it, though both send the same values.
    assert_eq!(send(large(Value::Null), Missing::Keep), counts(0, 0, 20));
    assert_eq!(send(large(Value::Null), Missing::Default), counts(0, 20, 0));
    assert_eq!(
        store.number("SELECT count(*) FROM jobs WHERE title = ''"),
        20
    );
    assert_eq!(send(large(Value::Null), Missing::Keep), counts(0, 0, 20));
}
