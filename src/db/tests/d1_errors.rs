//! Every error of D1 at every step: all of a request is there or nothing, and the answer says no more
//! than its code.

use std::cell::Cell;

use jobs_ingest_core::limits::IN_FLIGHT_MS;
use jobs_ingest_core::options::Options;
use jobs_ingest_core::sql::{Statement, ledger};
use jobs_ingest_core::store_error::{BatchError, classify};

use super::commit::{LOST, Request, SKIP, call, runs_and_sum, two};
use super::fake_store::{FakeStore, Fault};
use crate::call::Call;
use crate::db;
use crate::isolate::InFlight;
use crate::service::commit;
use crate::service::purge::purge;

/// Every error of D1 that is known, and the code of the answer when it does not go away. The
/// constraints are those of a board's own making: those of ours have other names.
pub const D1_ERRORS: [(&str, &str); 24] = [
    (LOST, "database_unavailable"),
    (
        "D1_ERROR: Internal error in D1 DB storage caused object to be reset.",
        "database_unavailable",
    ),
    (
        "D1_ERROR: D1 DB reset because its code was updated.",
        "database_unavailable",
    ),
    (
        "D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset.",
        "database_unavailable",
    ),
    (
        "D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.",
        "database_unavailable",
    ),
    (
        "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
        "database_unavailable",
    ),
    (
        "D1_ERROR: D1 DB is overloaded. Too many requests queued.",
        "database_unavailable",
    ),
    (
        "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
        "database_unavailable",
    ),
    (
        "D1_ERROR: D1 DB exceeded its CPU time limit and was reset.",
        "database_unavailable",
    ),
    (
        "D1_ERROR: D1 DB exceeded its memory limit and was reset.",
        "database_unavailable",
    ),
    (
        "D1_ERROR: database is locked: SQLITE_BUSY",
        "database_unavailable",
    ),
    (
        "D1_ERROR: database or disk is full: SQLITE_FULL",
        "database_full",
    ),
    ("D1_ERROR: Exceeded maximum DB size.", "database_full"),
    (
        "D1_ERROR: Exceeded maximum account storage limit.",
        "database_full",
    ),
    (
        "D1_ERROR: no such table: jobs: SQLITE_ERROR",
        "database_not_ready",
    ),
    (
        "D1_ERROR: UNIQUE constraint failed: jobs.title: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
        "internal",
    ),
    (
        "D1_ERROR: NOT NULL constraint failed: jobs.salary: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_NOTNULL)",
        "internal",
    ),
    (
        "D1_ERROR: CHECK constraint failed: length(title) < 9: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_CHECK)",
        "internal",
    ),
    (
        "D1_ERROR: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)",
        "internal",
    ),
    (
        "D1_ERROR: cannot store TEXT value in INTEGER column jobs.company_id: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_DATATYPE)",
        "internal",
    ),
    (
        "D1_ERROR: string or blob too big: SQLITE_TOOBIG",
        "internal",
    ),
    (
        "D1_TYPE_ERROR: Type 'undefined' not supported for value 'undefined'",
        "internal",
    ),
    (
        "D1_ERROR: near \"SELEC\": syntax error at offset 0: SQLITE_ERROR",
        "internal",
    ),
    ("internal error; reference = 0123456789abcdef", "internal"),
];

/// Each error, before and after the write, for ever.
pub fn faults() -> impl Iterator<Item = (Fault, &'static str, &'static str)> {
    let both = |message| [Fault::Before(message), Fault::After(message)];
    D1_ERRORS.into_iter().flat_map(move |(message, code)| {
        both(message)
            .into_iter()
            .map(move |fault| (fault, message, code))
    })
}

fn store_of(fault: Fault) -> FakeStore {
    let store = FakeStore::with([]);
    store.meet_for_ever(fault, 0);
    store
}

#[test]
fn every_error_leaves_all_or_nothing_and_reveals_only_its_code() {
    for (message, code) in D1_ERRORS {
        for fault in [Fault::Before(message), Fault::After(message)] {
            let store = FakeStore::with([fault; 9]);
            let mut request = Request::of(two());
            request.key = Some(("k", "f"));
            let (written, _, call) = request.send(&store);
            let Err(problem) = written else {
                panic!("{fault:?}: {written:?}");
            };
            assert_eq!(problem.code(), code, "{fault:?}");
            assert!(!problem.to_json("id").contains("D1_ERROR"));
            assert!(!problem.to_json("id").contains(message));
            assert_eq!(call.log.noted("cause"), Some(&message.into()));
            let landed = i64::from(matches!(fault, Fault::After(_)));
            for (table, n_rows) in [("jobs", 2), ("ingest_runs", 1), ("ingest_keys", 1)] {
                let n_found = store.number(&format!("SELECT count(*) FROM {table}"));
                assert_eq!(n_found, n_rows * landed, "{fault:?} {table}");
            }
        }
    }
}

#[test]
fn repeat_writes_nothing_on_any_error() {
    // The steps of a repeat: the batch, which finds the key taken, and the recorded outcome.
    for (fault, message, code) in faults() {
        for n_before in 0..2 {
            let store = FakeStore::with([]);
            let mut request = Request::of(two());
            request.key = Some(("k", "f"));
            request.tally(&store);
            request.run_id = "00000000-0000-7000-8000-000000000002";
            store.meet_for_ever(fault, n_before);
            let (written, _, call) = request.send(&store);
            let problem = written.unwrap_err();
            assert_eq!(problem.code(), code, "{fault:?}");
            assert_eq!(call.log.noted("cause"), Some(&message.into()));
            assert_eq!(runs_and_sum(&store), (1, 2));
        }
    }
}

#[test]
fn unrecorded_refusal_is_only_logged() {
    for (fault, message, code) in faults() {
        let store = store_of(fault);
        let request = Request::of(two());
        let (prepared, context) = (request.prepared(), request.context(None));
        let mut call = call();
        let recorded = commit::refusal(&store, &prepared, &context, 422, &mut call);
        let has_landed = matches!(fault, Fault::After(_));
        match pollster::block_on(recorded) {
            // The second try finds what the first one has written.
            Ok(()) => assert!(
                has_landed && classify(message) == BatchError::Passing,
                "{fault:?}"
            ),
            Err(problem) => {
                assert_eq!(problem.code(), code, "{fault:?}");
                assert_eq!(call.log.noted("cause"), Some(&message.into()));
            }
        }
        assert_eq!(runs_and_sum(&store), (i64::from(has_landed), 0));
    }
}

#[test]
fn dry_run_writes_nothing_on_any_error() {
    for (fault, message, code) in faults() {
        let store = store_of(fault);
        let mut request = Request::of(two());
        request.options = Options {
            dry_run: true,
            ..SKIP
        };
        let (written, _, call) = request.send(&store);
        let Err(problem) = written else {
            panic!("{fault:?}: {written:?}");
        };
        assert_eq!(problem.code(), code, "{fault:?}");
        assert_eq!(call.log.noted("cause"), Some(&message.into()));
        assert_eq!(store.number("SELECT count(*) FROM jobs"), 0);
        assert_eq!(runs_and_sum(&store), (0, 0));
    }
}

#[test]
fn errors_while_reading_runs_have_their_codes() {
    for (fault, message, code) in faults() {
        let store = store_of(fault);
        for (sql, n_params) in [
            (ledger::LIST_RUNS, 5),
            (ledger::FIND_RUN, 2),
            (ledger::FIND_REJECTS, 2),
        ] {
            let params = vec!["1".to_owned(); n_params];
            let mut call = call();
            let runs = db::rows(&store, Statement::new(sql, params), &mut call);
            let found = pollster::block_on(runs);
            assert_eq!(found.unwrap_err().code(), code, "{fault:?}");
            assert_eq!(call.log.noted("cause"), Some(&message.into()));
        }
    }
}

#[test]
fn failed_purge_is_continued_by_the_next() {
    for (fault, message, _) in faults() {
        let store = FakeStore::with([]);
        let mut request = Request::of(two());
        request.key = Some(("k", "f"));
        request.tally(&store);
        store.meet(fault);
        // More than a day after all of it.
        let later_ms = 1_825_000_000_000.0;
        let removed = pollster::block_on(purge(&store, 2, later_ms));
        assert_eq!(removed.unwrap_err(), message);
        let n_left = i64::from(matches!(fault, Fault::Before(_)));
        assert_eq!(store.number("SELECT count(*) FROM ingest_runs"), n_left);
        assert_eq!(store.number("SELECT count(*) FROM ingest_keys"), n_left);
        assert_eq!(
            pollster::block_on(purge(&store, 2, later_ms)),
            Ok(2 * n_left as usize)
        );
        assert_eq!(store.number("SELECT count(*) FROM jobs"), 2);
    }
}

const UNEXPLAINED: &str = "internal error; reference = 0123456789abcdef";

#[test]
fn commit_that_fails_on_a_full_disk_is_database_full() {
    let full = "D1_ERROR: database or disk is full: SQLITE_FULL";
    let store = FakeStore::with([Fault::Before(UNEXPLAINED), Fault::Before(full)]);
    let (written, _, call) = Request::of(two()).send(&store);
    let Err(problem) = written else {
        panic!("{written:?}");
    };
    assert_eq!(problem.code(), "database_full");
    assert_eq!(call.log.noted("cause"), Some(&UNEXPLAINED.into()));
    assert_eq!(store.number("SELECT count(*) FROM jobs"), 0);
}

/// With room for it SQLite refuses the probe for its last row, and nothing of it stays.
#[test]
fn commit_that_fails_for_another_reason_is_internal() {
    let store = FakeStore::with([Fault::Before(UNEXPLAINED)]);
    let (written, _, call) = Request::of(two()).send(&store);
    let Err(problem) = written else {
        panic!("{written:?}");
    };
    assert_eq!(problem.code(), "internal");
    assert_eq!(call.log.noted("cause"), Some(&UNEXPLAINED.into()));
    assert_eq!(store.n_calls.get(), 2);
    assert_eq!(store.number("SELECT count(*) FROM ingest_rejects"), 0);
}

thread_local! {
    static NOW_MS: Cell<f64> = const { Cell::new(0.0) };
}

#[test]
fn each_round_trip_renews_the_request() {
    // Each time that the clock is read, another minute has passed.
    fn clock() -> f64 {
        NOW_MS.set(NOW_MS.get() + 60_000.0);
        NOW_MS.get()
    }
    let mut call = Call::start(clock, "");
    call.held.key = InFlight::begin("tester", "k", call.log.now_ms()).ok();
    let store = FakeStore::with([Fault::Before(LOST), Fault::Before(LOST)]);
    let (committed, _) = Request::of(two()).send_in(&mut call, &store);
    assert!(committed.is_ok(), "{committed:?}");
    assert!(NOW_MS.get() > IN_FLIGHT_MS + 60_000.0);
    // Had it not been renewed, its key would be free by now.
    assert!(InFlight::begin("tester", "k", NOW_MS.get()).is_err());
}
