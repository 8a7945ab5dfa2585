//! A request with an idempotency key asks whether it is a repeat only if it would fail.

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::list::ListOptions;
use jobs_ingest_core::query::IngestQuery;
use jobs_ingest_core::settings::Settings;
use jobs_ingest_core::store_error::RETRY_WAITS_MS;

use super::commit::LOST;
use super::fake_store::{FakeStore, Fault};
use super::lists::{caller, settings, submitted};
use crate::call::{Call, Clock};
use crate::service::ids::{self, Ids, IdsOutcome};
use crate::service::{Outcome, Refusal, Submitted, ingest};

const ONE: &str = r#"[{"externalId":"a"}]"#;
const TWO: &str = r#"[{"externalId":"a"},{"externalId":"b"}]"#;
const INVALID: &str = r#"[{"externalId":"a","title":{}}]"#;

/// A board with one token, whose rights may change between its requests.
struct Board {
    store: FakeStore,
    caller: Caller,
    n_calls: u32,
}

impl Board {
    fn new() -> Self {
        Self {
            store: FakeStore::with([]),
            caller: caller(),
            n_calls: 0,
        }
    }

    /// Each call has an id of its own.
    fn call(&mut self) -> Call {
        const CLOCK: Clock = || 1_795_779_296_789.0;
        self.n_calls += 1;
        let random = format!("a1b2c3d4-e5f6-4abc-8def-{:012x}", self.n_calls);
        Call::start(CLOCK, &random)
    }

    /// What came of postings with the key: `done`, `earlier`, or the code of the refusal.
    fn post(&mut self, body: &str) -> &'static str {
        let mut call = self.call();
        let settings = settings();
        let submitted = keyed(&self.caller, &settings, body);
        let query = IngestQuery::default();
        match pollster::block_on(ingest(&self.store, submitted, &query, [1, 2], &mut call)) {
            Ok(Outcome::Done { .. }) => "done",
            Ok(Outcome::Earlier(_)) => "earlier",
            Err(Refusal::Problem(problem)) => problem.code(),
            Err(Refusal::InvalidItems(_)) => "invalid_items",
        }
    }

    /// The same of a complete list.
    fn put(&mut self, ids: &str) -> &'static str {
        let mut call = self.call();
        let settings = settings();
        let submitted = keyed(&self.caller, &settings, ids);
        let what = Ids::CompleteList(ListOptions::default());
        let closed = ids::close(&self.store, submitted, "manual", what, false, &mut call);
        match pollster::block_on(closed) {
            Ok(IdsOutcome::Done { .. }) => "done",
            Ok(IdsOutcome::Earlier(_)) => "earlier",
            Err(problem) => problem.code(),
        }
    }

    /// Numbers of runs, postings, and runs with rejected postings.
    fn rows(&self) -> [i64; 3] {
        ["ingest_runs", "jobs", "ingest_rejects"]
            .map(|table| self.store.number(&format!("SELECT count(*) FROM {table}")))
    }
}

fn keyed<'a>(caller: &'a Caller, settings: &'a Settings, body: &str) -> Submitted<'a> {
    Submitted {
        // The SHA-256 of the body is the runtime's; for a test the body is as good.
        key: Some(("k".to_owned(), body.as_bytes().to_vec())),
        ..submitted(caller, settings, body)
    }
}

#[test]
fn a_new_request_is_one_call() {
    let mut board = Board::new();
    assert_eq!(board.post(ONE), "done");
    assert_eq!(board.store.n_calls.get(), 1);
}

#[test]
fn a_fault_of_the_database_is_not_asked_about() {
    let mut board = Board::new();
    board.store.meet_for_ever(Fault::Before(LOST), 0);
    assert_eq!(board.post(ONE), "database_unavailable");
    assert_eq!(board.store.n_calls.get(), 1 + RETRY_WAITS_MS.len());
    assert_eq!(board.rows(), [0; 3]);
}

#[test]
fn a_repeat_is_answered_even_if_it_would_be_refused_now() {
    const OF_MINE: &str = r#"[{"externalId":"a","source":"mine"}]"#;
    let mut board = Board::new();
    assert_eq!(board.post(OF_MINE), "done");
    assert_eq!(board.post(OF_MINE), "earlier");
    board.caller.sources = Some(vec!["another".to_owned()]);
    assert_eq!(board.post(OF_MINE), "earlier");
    board.caller.sources = None;
    board.caller.quota.rows = Some(1);
    assert_eq!(board.post(OF_MINE), "earlier");
    assert_eq!(board.rows(), [1, 1, 0]);
    board.store.execute("DELETE FROM ingest_keys");
    assert_eq!(board.post(OF_MINE), "quota_exceeded");
    assert_eq!(board.rows(), [1, 1, 0]);
    board.caller.sources = Some(vec!["another".to_owned()]);
    assert_eq!(board.post(OF_MINE), "invalid_items");
    assert_eq!(board.rows(), [2, 1, 1], "the refused run and why");
}

#[test]
fn a_repeat_is_answered_even_if_the_database_takes_no_writes() {
    const FULL: &str = "D1_ERROR: Exceeded maximum account storage limit.";
    let mut board = Board::new();
    assert_eq!(board.post(ONE), "done");
    board.store.meet(Fault::Before(FULL));
    assert_eq!(board.post(ONE), "earlier");
    board.store.execute("DELETE FROM ingest_keys");
    board.store.meet(Fault::Before(FULL));
    assert_eq!(board.post(ONE), "database_full");
    assert_eq!(board.rows(), [1, 1, 0]);
}

#[test]
fn its_own_outcome_is_not_an_earlier_one() {
    const UNKNOWN: &str = "D1_ERROR: something new";
    let mut board = Board::new();
    board.store.meet(Fault::After(UNKNOWN));
    assert_eq!(board.post(ONE), "internal");
    assert_eq!(board.post(ONE), "earlier");
    assert_eq!(board.rows(), [1, 1, 0]);
}

#[test]
fn a_repeated_list_is_answered_even_if_a_posting_is_gone() {
    let mut board = Board::new();
    board
        .store
        .execute("INSERT INTO jobs (external_id) VALUES ('a')");
    assert_eq!(board.put(r#"["a"]"#), "done");
    board.store.execute("DELETE FROM jobs");
    assert_eq!(board.put(r#"["a"]"#), "earlier");
    assert_eq!(board.put(r#"["b"]"#), "idempotency_key_reused");
    assert_eq!(board.rows(), [1, 0, 0]);
}

#[test]
fn a_used_key_is_reported_before_what_is_wrong_with_the_postings() {
    let mut board = Board::new();
    assert_eq!(board.post(INVALID), "invalid_items");
    assert_eq!(board.post("{"), "invalid_json");
    assert_eq!(board.rows(), [1, 0, 1], "the refused run and why");
    assert_eq!(board.post(ONE), "done");
    for (body, n_calls) in [(INVALID, 1), ("{", 1), ("[]", 1), (TWO, 2)] {
        let before = board.store.n_calls.get();
        assert_eq!(board.post(body), "idempotency_key_reused", "{body}");
        assert_eq!(board.store.n_calls.get() - before, n_calls, "{body}");
    }
    assert_eq!(board.rows(), [2, 1, 1]);
}
