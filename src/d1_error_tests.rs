//! Every error of D1 at every step: all of a request is there or nothing, and the answer says no more
//! than its code.

use jobs_ingest_core::options::Options;
use jobs_ingest_core::run::Run;
use jobs_ingest_core::sql::{Statement, ledger, purge};
use jobs_ingest_core::store_error::{BatchError, RETRY_WAITS_MS, classify};

use crate::fake_store::{FakeStore, Fault, Noted};
use crate::purge::remove;
use crate::store;
use crate::write::{find_record, record_refused};
use crate::write_tests::{LOST, Request, SKIP, runs_and_sum, two};

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
fn every_error_leaves_all_or_nothing_and_says_no_more_than_its_code() {
    for (message, code) in D1_ERRORS {
        for fault in [Fault::Before(message), Fault::After(message)] {
            let store = FakeStore::with([fault; 9]);
            let mut request = Request::of(two());
            request.key = Some(("k", "f"));
            let (written, _, noted) = request.send(&store);
            let Err(problem) = written else {
                panic!("{fault:?}: {written:?}");
            };
            assert_eq!(problem.code(), code, "{fault:?}");
            assert!(!problem.to_json("id").contains("D1_ERROR"));
            assert!(!problem.to_json("id").contains(message));
            assert_eq!(noted.0["cause"], message);
            let landed = i64::from(matches!(fault, Fault::After(_)));
            for (table, n_rows) in [("jobs", 2), ("ingest_runs", 1), ("ingest_keys", 1)] {
                let n_found = store.number(&format!("SELECT count(*) FROM {table}"));
                assert_eq!(n_found, n_rows * landed, "{fault:?} {table}");
            }
        }
    }
}

#[test]
fn looking_for_a_key_changes_nothing() {
    // The steps of a repeat: find the key, find its run.
    for (fault, message, code) in faults() {
        for n_before in 0..2 {
            let store = FakeStore::with([]);
            let mut request = Request::of(two());
            request.key = Some(("k", "f"));
            request.tally(&store);
            store.meet_for_ever(fault, n_before);
            let key = request.key().unwrap();
            let mut noted = Noted::default();
            let found = find_record(&store, &request.caller, &key, &mut noted);
            let problem = pollster::block_on(found).unwrap_err();
            assert_eq!(problem.code(), code, "{fault:?}");
            assert_eq!(noted.0["cause"], message);
            assert_eq!(runs_and_sum(&store), (1, 2));
        }
    }
}

#[test]
fn a_refusal_that_cannot_be_recorded_is_an_error_to_the_log_alone() {
    for (fault, message, code) in faults() {
        let store = store_of(fault);
        let request = Request::of(two());
        let (prepared, write) = (request.prepared(), request.write());
        let mut noted = Noted::default();
        let recorded = record_refused(&store, &prepared, &write, 422, &mut noted);
        let has_landed = matches!(fault, Fault::After(_));
        match pollster::block_on(recorded) {
            // The second try finds what the first one has written.
            Ok(()) => assert!(
                has_landed && classify(message) == BatchError::Passing,
                "{fault:?}"
            ),
            Err(problem) => {
                assert_eq!(problem.code(), code, "{fault:?}");
                assert_eq!(noted.0["cause"], message);
            }
        }
        assert_eq!(runs_and_sum(&store), (i64::from(has_landed), 0));
    }
}

#[test]
fn a_dry_run_writes_nothing_whatever_happens() {
    for (fault, message, code) in faults() {
        let store = store_of(fault);
        let mut request = Request::of(two());
        request.options = Options {
            dry_run: true,
            ..SKIP
        };
        let (written, _, noted) = request.send(&store);
        let Err(problem) = written else {
            panic!("{fault:?}: {written:?}");
        };
        assert_eq!(problem.code(), code, "{fault:?}");
        assert_eq!(noted.0["cause"], message);
        assert_eq!(store.number("SELECT count(*) FROM jobs"), 0);
        assert_eq!(runs_and_sum(&store), (0, 0));
    }
}

#[test]
fn reading_runs_says_what_is_wrong_by_its_code() {
    for (fault, message, code) in faults() {
        let store = store_of(fault);
        for (sql, n_params) in [
            (ledger::LIST_RUNS, 3),
            (ledger::FIND_RUN, 2),
            (ledger::FIND_REJECTS, 2),
        ] {
            let params = vec!["1".to_owned(); n_params];
            let mut noted = Noted::default();
            let runs = store::query(&store, Statement::new(sql, params), &mut noted);
            let found: Result<Vec<Run>, _> = pollster::block_on(runs);
            assert_eq!(found.unwrap_err().code(), code, "{fault:?}");
            assert_eq!(noted.0["cause"], message);
        }
    }
}

#[test]
fn a_purge_that_fails_leaves_the_rest_to_the_next() {
    for (fault, message, _) in faults() {
        let store = FakeStore::with([]);
        let mut request = Request::of(two());
        request.key = Some(("k", "f"));
        request.tally(&store);
        store.meet(fault);
        let later = "2027-11-22T12:00:00.000Z".to_owned();
        let step = purge::step(later.clone(), later);
        let removed = pollster::block_on(remove(&store, &step));
        assert_eq!(removed.unwrap_err(), message);
        let n_left = i64::from(matches!(fault, Fault::Before(_)));
        assert_eq!(store.number("SELECT count(*) FROM ingest_runs"), n_left);
        assert_eq!(store.number("SELECT count(*) FROM ingest_keys"), n_left);
        assert_eq!(
            pollster::block_on(remove(&store, &step)),
            Ok(2 * n_left as usize)
        );
        assert_eq!(store.number("SELECT count(*) FROM jobs"), 2);
    }
}

const UNEXPLAINED: &str = "internal error; reference = 0123456789abcdef";

#[test]
fn a_commit_that_fails_for_want_of_room_is_a_full_database() {
    let full = "D1_ERROR: database or disk is full: SQLITE_FULL";
    let store = FakeStore::with([Fault::Before(UNEXPLAINED), Fault::Before(full)]);
    let (written, _, noted) = Request::of(two()).send(&store);
    let Err(problem) = written else {
        panic!("{written:?}");
    };
    assert_eq!(problem.code(), "database_full");
    assert_eq!(noted.0["cause"], UNEXPLAINED);
    assert_eq!(store.number("SELECT count(*) FROM jobs"), 0);
}

/// With room for it SQLite refuses the probe for its last row, and nothing of it stays.
#[test]
fn a_commit_that_fails_for_another_reason_stays_unexplained() {
    let store = FakeStore::with([Fault::Before(UNEXPLAINED)]);
    let (written, _, noted) = Request::of(two()).send(&store);
    let Err(problem) = written else {
        panic!("{written:?}");
    };
    assert_eq!(problem.code(), "internal");
    assert_eq!(noted.0["cause"], UNEXPLAINED);
    assert_eq!(store.n_calls.get(), 2);
    assert_eq!(store.number("SELECT count(*) FROM ingest_rejects"), 0);
}

#[test]
fn each_turn_to_the_database_shows_that_the_request_is_there() {
    let store = FakeStore::with([Fault::Before(LOST), Fault::Before(LOST)]);
    let (_, _, noted) = Request::of(two()).send(&store);
    assert_eq!(noted.1, 1 + RETRY_WAITS_MS.len());
}
