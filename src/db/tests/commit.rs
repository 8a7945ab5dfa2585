//! Writing once, whatever the database answers.

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::ingest::{Prepared, Rules, default_source, prepare};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::{Defaults, Missing, OnError, Options, Unknown};
use jobs_ingest_core::outcome::Tally;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::store_error::RETRY_WAITS_MS;
use serde_json::{Value, json};

use super::fake_store::{FakeStore, Fault};
use crate::call::Call;
use crate::service::commit::{self, Committed};
use crate::service::context::Context;
use crate::service::idempotency::Key;

pub const LOST: &str = "D1_ERROR: Network connection lost.";

pub const SKIP: Options = Options {
    on_error: OnError::Skip,
    unknown: Unknown::Ignore,
    defaults: Defaults::Legacy,
    missing: Missing::Default,
    dry_run: false,
    touch: false,
};

pub struct Request {
    pub caller: Caller,
    pub options: Options,
    pub run_id: &'static str,
    pub key: Option<(&'static str, &'static str)>,
    pub postings: Value,
}

impl Request {
    pub fn of(postings: Value) -> Self {
        Self {
            caller: Caller {
                name: "tester".to_owned(),
                ..Caller::default()
            },
            options: Options::default(),
            run_id: "00000000-0000-7000-8000-000000000001",
            key: None,
            postings,
        }
    }

    pub fn limited_to(mut self, source: &str) -> Self {
        self.caller.sources = Some(vec![source.to_owned()]);
        self
    }

    pub fn prepared(&self) -> Prepared {
        let rules = Rules {
            sources: self.caller.sources.as_deref(),
            companies: self.caller.companies.as_deref(),
            keep_rejects: !self.options.dry_run,
            on_error: self.options.on_error,
            unknown: self.options.unknown,
            defaults: self.options.defaults,
            missing: self.options.missing,
            is_list: false,
            hash_key: [1, 2],
        };
        let body = self.postings.to_string();
        prepare(body.as_bytes(), BodyFormat::Json, rules).unwrap()
    }

    pub fn key(&self) -> Option<Key> {
        self.key.map(|(key, fingerprint)| Key {
            key: key.to_owned(),
            fingerprint: fingerprint.to_owned(),
            oldest: "2026-11-20T12:00:00.000Z".to_owned(),
        })
    }

    pub fn context<'a>(&'a self, key: Option<&'a Key>) -> Context<'a> {
        Context {
            caller: &self.caller,
            default_source: default_source(self.caller.sources.as_deref()),
            options: self.options,
            run_id: self.run_id,
            body_bytes: self.postings.to_string().len(),
            now: "2026-11-22T12:00:00.000Z",
            key,
        }
    }

    pub fn send(&self, store: &FakeStore) -> (Result<Committed, Problem>, Prepared, Call) {
        let mut call = call();
        let (committed, prepared) = self.send_in(&mut call, store);
        (committed, prepared, call)
    }

    pub fn send_in(
        &self,
        call: &mut Call,
        store: &FakeStore,
    ) -> (Result<Committed, Problem>, Prepared) {
        let mut prepared = self.prepared();
        let key = self.key();
        let context = self.context(key.as_ref());
        let committed = commit::postings(store, &mut prepared, None, &context, call);
        (pollster::block_on(committed), prepared)
    }

    pub fn tally(&self, store: &FakeStore) -> Tally {
        match self.send(store).0 {
            Ok(Committed::Now(done)) => done.tally,
            other => panic!("{other:?}"),
        }
    }

    pub fn code(&self, store: &FakeStore) -> &'static str {
        match self.send(store).0 {
            Err(problem) => problem.code(),
            other => panic!("{other:?}"),
        }
    }
}

/// A call at a time that stands still.
pub fn call() -> Call {
    Call::start(
        || 1_795_779_296_789.0,
        "a1b2c3d4-e5f6-4abc-8def-0123456789ab",
    )
}

pub fn two() -> Value {
    json!([{ "externalId": "a" }, { "externalId": "b" }])
}

pub fn inserted(n_inserted: u64) -> Tally {
    Tally {
        n_inserted,
        ..Tally::default()
    }
}

/// Runs, and the sum of what they say was inserted.
pub fn runs_and_sum(store: &FakeStore) -> (i64, i64) {
    (
        store.number("SELECT count(*) FROM ingest_runs"),
        store.number("SELECT coalesce(sum(inserted), 0) FROM ingest_runs"),
    )
}

#[test]
fn transient_fault_is_retried_with_backoff() {
    let store = FakeStore::with([Fault::Before(LOST), Fault::Before(LOST)]);
    assert_eq!(Request::of(two()).tally(&store), inserted(2));
    assert_eq!(*store.waits_ms.borrow(), RETRY_WAITS_MS);
}

#[test]
fn retries_are_bounded() {
    let store = FakeStore::with([Fault::Before(LOST); 3]);
    assert_eq!(Request::of(two()).code(&store), "database_unavailable");
    assert_eq!(store.n_calls.get(), 1 + RETRY_WAITS_MS.len());
    assert_eq!(store.number("SELECT count(*) FROM jobs"), 0);
}

#[test]
fn committed_batch_with_a_lost_answer_is_counted_once() {
    let store = FakeStore::with([Fault::After(LOST)]);
    assert_eq!(Request::of(two()).tally(&store), inserted(2));
    assert_eq!(runs_and_sum(&store), (1, 2));
}

#[test]
fn lost_answer_with_a_key_is_not_a_repeat() {
    let store = FakeStore::with([Fault::After(LOST), Fault::After(LOST)]);
    let mut request = Request::of(two());
    request.key = Some(("k", "f"));
    assert_eq!(request.tally(&store), inserted(2));
    assert_eq!(runs_and_sum(&store), (1, 2));
}

#[test]
fn key_is_used_once() {
    let store = FakeStore::with([]);
    let mut first = Request::of(two());
    first.key = Some(("k", "f"));
    first.tally(&store);
    let mut second = Request::of(json!([{ "externalId": "c" }]));
    second.run_id = "00000000-0000-7000-8000-000000000002";
    second.key = Some(("k", "f"));
    let (written, _, _) = second.send(&store);
    let Ok(Committed::Before(record)) = written else {
        panic!("{written:?}");
    };
    assert_eq!(
        (record.run.id.as_str(), record.run.inserted),
        (first.run_id, 2)
    );
    second.key = Some(("k", "another"));
    assert_eq!(second.code(&store), "idempotency_key_reused");
    assert_eq!(store.number("SELECT count(*) FROM jobs"), 2);
    assert_eq!(runs_and_sum(&store), (1, 2));
    // Another token's key is another key.
    second.caller.name = "somebody else".to_owned();
    assert_eq!(second.tally(&store), inserted(1));
}

#[test]
fn expired_key_can_be_reused() {
    let store = FakeStore::with([]);
    let mut first = Request::of(two());
    first.key = Some(("k", "f"));
    first.tally(&store);
    let batch = [jobs_ingest_core::sql::Statement::new(
        "UPDATE ingest_keys SET created_at = '2026-11-20T11:59:59.999Z'",
        [],
    )];
    pollster::block_on(crate::db::Store::run(&store, &batch)).unwrap();
    let mut second = Request::of(two());
    second.run_id = "00000000-0000-7000-8000-000000000002";
    second.key = Some(("k", "another"));
    assert_eq!(second.tally(&store).n_unchanged, 2);
}

#[test]
fn long_source_is_not_repeated_in_findings() {
    let store = FakeStore::with([]);
    let mut request = Request::of(json!([
        { "externalId": "x", "source": "a" },
        { "externalId": "y", "source": "s".repeat(3_000_000) },
    ]))
    .limited_to("a");
    request.options = SKIP;
    // Its findings are kept with the key.
    request.key = Some(("k", "f"));
    let (written, prepared, _) = request.send(&store);
    assert!(matches!(written, Ok(Committed::Now(done)) if done.tally == inserted(1)));
    let messages: Vec<_> = prepared
        .errors
        .listed()
        .iter()
        .map(|error| &error.message)
        .collect();
    assert!(
        messages.contains(&&"items[1].source is 3000000 characters, the limit is 100".to_owned())
    );
}

#[test]
fn rejected_postings_are_stored_as_sent() {
    let store = FakeStore::with([]);
    let mut request = Request::of(json!([
        { "externalId": "a", "title": {}, "unknown": [1] },
        { "externalId": "b" },
        "nonsense",
    ]));
    request.options = SKIP;
    assert_eq!(request.tally(&store), inserted(1));
    let rejects = store.string("SELECT rejects FROM ingest_rejects");
    let rejects: Value = serde_json::from_str(&rejects).unwrap();
    assert_eq!(
        rejects["items"],
        json!([{ "externalId": "a", "title": {}, "unknown": [1] }, "nonsense"])
    );
    assert_eq!(rejects["reasons"][0]["errors"][0]["code"], "wrong_type");
    assert_eq!(rejects["reasons"][1]["index"], 2);
    assert_eq!(rejects["omitted"], 0);
}

/// What D1 says of a function that it does not allow.
const REFUSED: &str = "D1_ERROR: not authorized to use function: jsonb_each: SQLITE_ERROR";

#[test]
fn refusal_of_jsonb_each_is_remembered() {
    for dry_run in [false, true] {
        // Each thread is an isolate of its own.
        std::thread::spawn(move || {
            let store = FakeStore::with([Fault::Before(REFUSED)]);
            let mut request = Request::of(two());
            request.options.dry_run = dry_run;
            assert_eq!(request.tally(&store), inserted(2));
            assert_eq!(store.n_calls.get(), 2);
            assert_eq!(*store.waits_ms.borrow(), [0; 0]);
            // From then on the other function is used: this fault would be final.
            store.meet(Fault::Not);
            request.run_id = "00000000-0000-7000-8000-000000000002";
            request.tally(&store);
            assert_eq!(store.n_calls.get(), 3);
            assert!(store.last_sql.borrow().contains(" json_each(?1)"));
        })
        .join()
        .unwrap();
    }
}

#[test]
fn endless_refusals_are_an_error() {
    for dry_run in [false, true] {
        let refused = move || {
            let store = FakeStore::with([Fault::Before(REFUSED); 9]);
            let mut request = Request::of(two());
            request.options.dry_run = dry_run;
            let (written, _, _) = request.send(&store);
            assert!(written.is_err(), "{written:?}");
        };
        std::thread::spawn(refused).join().unwrap();
    }
}
