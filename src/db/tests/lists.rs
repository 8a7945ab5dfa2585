//! Complete lists against a simple model: for any sequence of requests the table equals it.

use std::collections::BTreeMap;

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::limits::{MAX_BODY_BYTES, MAX_LISTED_IDS};
use jobs_ingest_core::list::{Closing, ListOptions, MaxClose};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_core::options::{OnError, Options};
use jobs_ingest_core::query::IngestQuery;
use jobs_ingest_core::settings::{Settings, Variable};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::fake_store::FakeStore;
use super::unchanged::large;
use crate::call::{Call, Clock};
use crate::service::commit::Done;
use crate::service::ids::{self, Ids, IdsOutcome};
use crate::service::{Outcome, Submitted, ingest};

const HOUR_MS: f64 = 3_600_000.0;
const START_MS: f64 = 1_795_779_296_789.0;

thread_local! {
    static NOW_MS: std::cell::Cell<f64> = const { std::cell::Cell::new(START_MS) };
    static N_CALLS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn now_ms() -> f64 {
    NOW_MS.get()
}

/// Each call has an id of its own.
fn call() -> Call {
    const CLOCK: Clock = now_ms;
    N_CALLS.set(N_CALLS.get() + 1);
    let random = format!("a1b2c3d4-e5f6-4abc-8def-{:012x}", N_CALLS.get());
    Call::start(CLOCK, &random)
}

pub fn settings() -> Settings {
    Settings::read(|_| Variable::Absent)
}

pub fn caller() -> Caller {
    Caller {
        name: "tester".to_owned(),
        ..Caller::default()
    }
}

pub fn submitted<'a>(caller: &'a Caller, settings: &'a Settings, body: &str) -> Submitted<'a> {
    Submitted {
        caller,
        settings,
        format: BodyFormat::Json,
        body: body.as_bytes().to_vec(),
        key: None,
    }
}

fn posting(id: u8, version: u8) -> Value {
    json!({ "externalId": format!("p{id}"), "title": format!("title {version}") })
}

/// The `closing` of an answer.
fn closing(done: &Done) -> Value {
    let json = done.closing.as_ref().map(Closing::to_json);
    json.map_or(Value::Null, |json| serde_json::from_str(&json).unwrap())
}

fn post(store: &FakeStore, source: &str, list: Option<ListOptions>, postings: &Value) -> Value {
    let query = IngestQuery {
        options: Options {
            on_error: OnError::Skip,
            ..Options::default()
        },
        source: Some(source.to_owned()),
        list,
    };
    let (caller, settings) = (caller(), settings());
    let submitted = submitted(&caller, &settings, &postings.to_string());
    let outcome = pollster::block_on(ingest(store, submitted, &query, [1, 2], &mut call()));
    match outcome {
        Ok(Outcome::Done { done, .. }) => closing(&done),
        Ok(Outcome::Earlier(_)) => panic!("no key was sent"),
        Err(refusal) => panic!("{refusal:?}"),
    }
}

fn put(store: &FakeStore, source: &str, what: Ids, ids: &Value) -> Result<Value, &'static str> {
    put_or_dry_run(store, source, what, ids, false)
}

fn put_or_dry_run(
    store: &FakeStore,
    source: &str,
    what: Ids,
    ids: &Value,
    dry_run: bool,
) -> Result<Value, &'static str> {
    let (caller, settings) = (caller(), settings());
    let submitted = submitted(&caller, &settings, &ids.to_string());
    let mut call = call();
    let outcome = ids::close(store, submitted, source, what, dry_run, &mut call);
    match pollster::block_on(outcome) {
        Ok(IdsOutcome::Done { done, .. }) => Ok(closing(&done)),
        Ok(IdsOutcome::Earlier(_)) => panic!("no key was sent"),
        Err(problem) => Err(problem.code()),
    }
}

/// What a stored posting is by the rules.
#[derive(Debug, Clone, PartialEq)]
struct Stored {
    rowid: i64,
    version: u8,
    written_ms: f64,
    closed: Option<&'static str>,
    missing_since_ms: Option<f64>,
}

#[derive(Debug, Default)]
struct Model {
    rows: BTreeMap<(u8, u8), Stored>,
    listed_ms: BTreeMap<u8, f64>,
    n_rowids: i64,
}

#[derive(Debug, Clone)]
enum Step {
    Post {
        source: u8,
        postings: Vec<(u8, u8)>,
    },
    List {
        source: u8,
        postings: Vec<(u8, u8)>,
        max_close: Option<u64>,
        late_ms: f64,
    },
    Ids {
        source: u8,
        ids: Vec<u8>,
        late_ms: f64,
    },
    Close {
        source: u8,
        ids: Vec<u8>,
    },
    Wait {
        minutes: u32,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let source = 0..2_u8;
    let postings = || prop::collection::vec((0..24_u8, 0..2_u8), 0..24);
    let ids = || prop::collection::vec(0..24_u8, 1..24);
    let late_ms = || prop_oneof![3 => Just(0.0), 1 => Just(1.5 * HOUR_MS)];
    let max_close = prop_oneof![Just(None), Just(Some(0)), Just(Some(3)), Just(Some(1_000))];
    prop_oneof![
        (source.clone(), postings()).prop_map(|(source, postings)| Step::Post { source, postings }),
        (source.clone(), postings(), max_close, late_ms()).prop_map(
            |(source, postings, max_close, late_ms)| Step::List {
                source,
                postings,
                max_close,
                late_ms
            }
        ),
        (source.clone(), ids(), late_ms()).prop_map(|(source, ids, late_ms)| Step::Ids {
            source,
            ids,
            late_ms
        }),
        (source, ids()).prop_map(|(source, ids)| Step::Close { source, ids }),
        (0..90_u32).prop_map(|minutes| Step::Wait { minutes }),
    ]
}

impl Model {
    fn upsert(&mut self, source: u8, postings: &[(u8, u8)]) {
        // The last of an id counts.
        let last: BTreeMap<u8, u8> = postings.iter().copied().collect();
        // New rows are numbered in the order in which their kept postings were sent.
        let mut order: Vec<u8> = Vec::new();
        for (id, _) in postings {
            order.retain(|known| known != id);
            order.push(*id);
        }
        for id in order {
            let version = last[&id];
            match self.rows.get_mut(&(source, id)) {
                Some(row) => {
                    let is_open = row.closed.is_none() && row.missing_since_ms.is_none();
                    if !is_open || row.version != version {
                        row.written_ms = now_ms();
                    }
                    (row.version, row.closed, row.missing_since_ms) = (version, None, None);
                }
                None => {
                    self.n_rowids += 1;
                    let row = Stored {
                        rowid: self.n_rowids,
                        version,
                        written_ms: now_ms(),
                        closed: None,
                        missing_since_ms: None,
                    };
                    self.rows.insert((source, id), row);
                }
            }
        }
    }

    /// Closes what a list does not have; `n_open` is the number of open rows before the request.
    fn list(
        &mut self,
        source: u8,
        listed: &[u8],
        max_close: Option<u64>,
        observed_ms: f64,
        n_open: u64,
    ) {
        if listed.is_empty()
            || self
                .listed_ms
                .get(&source)
                .is_some_and(|last| *last > observed_ms)
        {
            return;
        }
        self.listed_ms.insert(source, observed_ms);
        let is_of = |key: &(u8, u8), row: &Stored| {
            key.0 == source
                && !listed.contains(&key.1)
                && row.closed.is_none()
                && row.written_ms <= observed_ms
        };
        let fresh = self
            .rows
            .iter()
            .filter(|(key, row)| is_of(key, row) && row.missing_since_ms.is_none());
        let limit = max_close.unwrap_or_else(|| (n_open * 30 / 100).max(10));
        let is_shrunk = fresh.count() as u64 > limit;
        for (key, row) in &mut self.rows {
            if is_of(key, row) {
                match row.missing_since_ms {
                    Some(since_ms) if since_ms > observed_ms - HOUR_MS => {}
                    None if is_shrunk => row.missing_since_ms = Some(observed_ms),
                    _ => (row.closed, row.missing_since_ms) = (Some("absent"), None),
                }
            }
        }
    }

    fn n_open(&self, source: u8) -> u64 {
        let of_source = self
            .rows
            .iter()
            .filter(|(key, row)| key.0 == source && row.closed.is_none());
        of_source.count() as u64
    }
}

fn name(source: u8) -> String {
    format!("s{source}")
}

fn id_texts(ids: &[u8]) -> Value {
    ids.iter().map(|id| format!("p{id}")).collect()
}

fn run(store: &FakeStore, model: &mut Model, step: &Step) {
    // Each request has a time of its own.
    NOW_MS.set(NOW_MS.get() + 1_000.0);
    match step {
        Step::Wait { minutes } => NOW_MS.set(NOW_MS.get() + f64::from(*minutes) * 60_000.0),
        Step::Post { source, postings } => {
            if postings.is_empty() {
                return;
            }
            let body = postings
                .iter()
                .map(|(id, version)| posting(*id, *version))
                .collect();
            post(store, &name(*source), None, &body);
            model.upsert(*source, postings);
        }
        Step::List {
            source,
            postings,
            max_close,
            late_ms,
        } => {
            let observed_ms = now_ms() - late_ms;
            let options = ListOptions {
                observed_at_ms: Some(observed_ms as i64),
                max_close: max_close
                    .map_or_else(MaxClose::default, |rows| MaxClose { rows, percent: 0 }),
                ..ListOptions::default()
            };
            let body = postings
                .iter()
                .map(|(id, version)| posting(*id, *version))
                .collect();
            let n_open = model.n_open(*source);
            let closing = post(store, &name(*source), Some(options), &body);
            let before = model.rows.clone();
            model.upsert(*source, postings);
            let listed: Vec<u8> = postings.iter().map(|(id, _)| *id).collect();
            model.list(*source, &listed, *max_close, observed_ms.trunc(), n_open);
            check_counts(&closing, *source, &before, model);
        }
        Step::Ids {
            source,
            ids,
            late_ms,
        } => {
            let observed_ms = now_ms() - late_ms;
            let options = ListOptions {
                observed_at_ms: Some(observed_ms as i64),
                ..ListOptions::default()
            };
            let answer = put(
                store,
                &name(*source),
                Ids::CompleteList(options),
                &id_texts(ids),
            );
            let is_stored = |id: &u8| model.rows.contains_key(&(*source, *id));
            if !ids.iter().all(is_stored) {
                assert_eq!(answer, Err("snapshot_incomplete"));
                return;
            }
            let before = model.rows.clone();
            let is_overtaken = model
                .listed_ms
                .get(source)
                .is_some_and(|last| *last > observed_ms.trunc());
            let n_open = model.n_open(*source);
            for id in ids.iter().filter(|_| !is_overtaken) {
                let row = model.rows.get_mut(&(*source, *id)).unwrap();
                (row.closed, row.missing_since_ms) = (None, None);
            }
            model.list(*source, ids, None, observed_ms.trunc(), n_open);
            check_counts(&answer.unwrap(), *source, &before, model);
        }
        Step::Close { source, ids } => {
            let answer = put(store, &name(*source), Ids::ToClose, &id_texts(ids)).unwrap();
            let mut n_closed = 0;
            for id in ids {
                if let Some(row) = model.rows.get_mut(&(*source, *id))
                    && row.closed.is_none()
                {
                    n_closed += 1;
                    (row.closed, row.missing_since_ms) = (Some("requested"), None);
                }
            }
            assert_eq!(answer["closed"], n_closed);
        }
    }
}

fn check_counts(closing: &Value, source: u8, before: &BTreeMap<(u8, u8), Stored>, model: &Model) {
    let of_source = |key: &&(u8, u8)| key.0 == source;
    let was = |key: &(u8, u8), is_closed: bool| {
        before
            .get(key)
            .is_some_and(|row| row.closed.is_some() == is_closed)
    };
    let keys = || model.rows.keys().filter(of_source);
    let closed = keys().filter(|key| was(key, false) && model.rows[key].closed.is_some());
    assert_eq!(closing["closed"], closed.count());
    let reopened = keys().filter(|key| was(key, true) && model.rows[key].closed.is_none());
    assert_eq!(closing["reopened"], reopened.count());
    let missing = keys().filter(|key| model.rows[key].missing_since_ms.is_some());
    assert_eq!(closing["missing"], missing.count(), "{closing}");
}

/// Source, id, rowid, title, closed_reason, whether closed_at and missing_since are set.
fn stored(store: &FakeStore) -> String {
    store.string(
        "SELECT coalesce(group_concat(concat_ws(' ', source, external_id, id, title, \
         coalesce(closed_reason, '-'), closed_at IS NOT NULL, missing_since IS NOT NULL), char(10)), '') \
         FROM (SELECT * FROM jobs ORDER BY source, external_id)",
    )
}

fn expected(model: &Model) -> String {
    let mut lines: Vec<String> = model
        .rows
        .iter()
        .map(|((source, id), row)| {
            format!(
                "s{source} p{id} {} title {} {} {} {}",
                row.rowid,
                row.version,
                row.closed.unwrap_or("-"),
                u8::from(row.closed.is_some()),
                u8::from(row.missing_since_ms.is_some())
            )
        })
        .collect();
    lines.sort_by(|a, b| {
        let key = |line: &str| {
            line.split(' ')
                .take(2)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        key(a).cmp(&key(b))
    });
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_table_equals_the_model(steps in prop::collection::vec(step(), 1..14)) {
        NOW_MS.set(START_MS);
        let store = FakeStore::with([]);
        let mut model = Model::default();
        for step in &steps {
            run(&store, &mut model, step);
            prop_assert_eq!(stored(&store), expected(&model), "after {:?}", step);
        }
    }
}

/// Which rows have changed and what the list closes are asked together, and the batch follows.
#[test]
fn a_large_list_with_its_postings_takes_two_round_trips() {
    NOW_MS.set(START_MS);
    let store = FakeStore::with([]);
    let list = Some(ListOptions::default());
    post(&store, "a", list, &large(&[]));
    NOW_MS.set(START_MS + HOUR_MS);
    store.n_calls.set(0);
    let mut postings = large(&[3]);
    postings.as_array_mut().unwrap().pop();
    let closing = post(&store, "a", list, &postings);
    assert_eq!(
        (&closing["closed"], &closing["missing"]),
        (&1.into(), &0.into())
    );
    assert_eq!(store.n_calls.get(), 2);
    let last =
        "SELECT unchanged * 100 + updated * 10 + closed FROM ingest_runs ORDER BY id DESC LIMIT 1";
    assert_eq!(store.number(last), 18 * 100 + 10 + 1);
}

/// As many ids as a body holds at their length take more parameters than D1 allows UNION ALL.
#[test]
fn a_list_may_fill_its_body() {
    NOW_MS.set(START_MS);
    let store = FakeStore::with([]);
    post(&store, "s0", None, &json!([posting(0, 0), posting(1, 0)]));
    let mut ids: Vec<String> = (0..MAX_LISTED_IDS)
        .map(|number| format!("{number:047}"))
        .collect();
    ids[7] = "p0".to_owned();
    let body = json!(ids);
    assert!(body.to_string().len() > MAX_BODY_BYTES * 99 / 100);
    assert!(body.to_string().len() <= MAX_BODY_BYTES);
    let closing = put(&store, "s0", Ids::ToClose, &body).unwrap();
    assert_eq!(closing["closed"], 1);
    assert_eq!(closing["unknown"], MAX_LISTED_IDS - 1);
    let options = ListOptions::default();
    let answer = put(&store, "s0", Ids::CompleteList(options), &body);
    assert_eq!(answer, Err("snapshot_incomplete"));
}

/// Rowids of 19 digits, of which one parameter has about 79,000.
#[test]
fn a_list_may_close_and_reopen_more_than_a_parameter_of_rowids() {
    const N: usize = 100_000;
    NOW_MS.set(START_MS);
    let store = FakeStore::with([]);
    store.execute(&format!(
        "WITH RECURSIVE number (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < {N})
         INSERT INTO jobs (id, source, external_id, company_id, category_id, job_type, work_mode, ingested_at, created_at)
         SELECT 1000000000000000000 + n, 's0', format('p%06d', {N} - n), 1, 1, 'Full-time', 'On-site', '', '' FROM number"
    ));
    let all = Ids::CompleteList(ListOptions {
        max_close: MaxClose::parse("100%").unwrap(),
        allow_empty: true,
        ..ListOptions::default()
    });
    let found = put_or_dry_run(&store, "s0", all, &json!([]), true).unwrap();
    assert_eq!(found["closed"], N);
    let first: Vec<String> = (1..=100).map(|number| format!("p{number:06}")).collect();
    assert_eq!(found["would_close"], json!(first));

    let closing = put(&store, "s0", all, &json!([])).unwrap();
    assert_eq!(
        (&closing["closed"], &closing["reopened"]),
        (&N.into(), &0.into())
    );
    let ids: Vec<String> = (1..=N).map(|number| format!("p{number:06}")).collect();
    NOW_MS.set(START_MS + HOUR_MS);
    let closing = put(&store, "s0", all, &json!(ids)).unwrap();
    assert_eq!(
        (&closing["closed"], &closing["reopened"]),
        (&0.into(), &N.into())
    );
    assert_eq!(
        store.number("SELECT count(*) FROM jobs WHERE closed_at IS NULL"),
        N as i64
    );
    assert_eq!(
        store.number("SELECT updated FROM ingest_runs WHERE reopened > 0"),
        N as i64
    );
}
