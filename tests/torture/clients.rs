//! Many concurrent clients on the same keys: repeats with the same Idempotency-Key, other bodies
//! under the same key, and half of the connections dropped by the client in various ways.
//!
//! Every request has a key, so a request that was dropped and repeated must have run exactly once.
//!
//! A few requests contain all ids and are large enough that the database is asked first which rows
//! have changed, while other requests change them.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use jobs_ingest_core::limits::MIN_BYTES_TO_ASK_FIRST;
use jobs_ingest_tests::http::Answer;
use jobs_ingest_tests::raw::Connection;
use jobs_ingest_tests::{TOKEN, TOKEN_NAME, Worker};
use rusqlite::{Connection as Sqlite, OpenFlags};
use serde_json::Value;

use crate::asked_first;
use crate::ledger::Ledger;
use crate::plan::{KEY_FREE_WITHIN, Plan};
use crate::postings;
use crate::report::{Progress, Summary};
use crate::storage::Storage;

const N_CLIENTS: usize = 32;
/// Ids shared by all clients; a request uses up to [`MAX_POSTINGS`] of them.
const N_IDS: usize = 4_000;
const MAX_POSTINGS: usize = 200;
/// One request in this many contains all ids.
const WHOLE_EVERY: u64 = 40;
const STEADY_DESCRIPTION_BYTES: usize = 300;
const _: () = assert!(N_IDS * STEADY_DESCRIPTION_BYTES >= MIN_BYTES_TO_ASK_FIRST);
/// Only this many of the latest requests may be repeated.
const N_REMEMBERED: usize = 400;

/// A request that was sent, and its first response.
#[derive(Debug, Clone)]
struct Sent {
    number: u64,
    is_skip: bool,
    body: String,
    n_postings: u64,
}

impl Sent {
    fn key(&self) -> String {
        format!("request-{}", self.number)
    }

    fn path(&self) -> &'static str {
        match self.is_skip {
            true => "/jobs/ingest?on_error=skip",
            false => "/jobs/ingest",
        }
    }
}

#[derive(Default)]
struct Shared {
    next_number: AtomicU64,
    recent: Mutex<Vec<Sent>>,
    /// Body of the first response by request number; every repeat must return the same.
    answers: Mutex<HashMap<u64, String>>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    n_ran: AtomicU64,
    n_replayed: AtomicU64,
    n_in_use: AtomicU64,
    n_other_body: AtomicU64,
    n_dropped: AtomicU64,
    n_sent: AtomicU64,
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

pub fn run(plan: Plan) -> Summary {
    let lasts = Duration::from_secs(plan.pick(600, 15));
    let storage = Storage::new("clients");
    let worker = storage.start();
    let shared = Shared::default();
    let mut random = Rng::with_seed(plan.seed);
    let mut progress = Progress::start();
    let until = Instant::now() + lasts;
    thread::scope(|scope| {
        let clients: Vec<_> = (0..N_CLIENTS)
            .map(|_| {
                let (worker, shared, random) = (&worker, &shared, random.fork());
                scope.spawn(move || client(worker, shared, random, until))
            })
            .collect();
        while clients.iter().any(|client| !client.is_finished()) {
            thread::sleep(Duration::from_millis(100));
            progress.print(|| {
                let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
                let counts = &shared.counts;
                format!(
                    "{} requests sent, {} dropped by the client, {} ran, {} repeats answered",
                    of(&counts.n_sent),
                    of(&counts.n_dropped),
                    of(&counts.n_ran),
                    of(&counts.n_replayed)
                )
            });
        }
    });
    wait_until_quiet(&worker);
    let lines = worker.logs().lines();
    let n_asked_first = asked_first::count(lines.iter().map(|line| line.message.as_str()));
    // The short run may not get that far.
    assert!(
        n_asked_first >= plan.pick(1, 0),
        "the database was never asked first what it has"
    );
    let n_paged = runs_by_pages(&worker);
    drop(worker);

    let (_copy, database) = storage.copy();
    let ledger = Ledger::open(&database);
    ledger.check_file();
    ledger.check_books();
    let n_runs = ledger.number("SELECT count(*) FROM ingest_runs");
    assert_eq!(n_paged, n_runs, "runs by GET /runs, page after page");
    assert_eq!(
        ledger.number("SELECT count(*) FROM ingest_keys"),
        n_runs,
        "every request had a key"
    );
    check_answers(&shared, &database);
    check_rows(&database);

    let Counts {
        n_ran,
        n_replayed,
        n_in_use,
        n_other_body,
        n_dropped,
        n_sent,
    } = shared.counts;
    let mut summary = Summary::default();
    summary.add("clients", N_CLIENTS);
    summary.add("seconds", progress.elapsed().as_secs());
    summary.add("requests sent", n_sent.into_inner());
    summary.add("connections dropped by the client", n_dropped.into_inner());
    summary.add("answered 200 or 207 for the first time", n_ran.into_inner());
    summary.add(
        "answered as a repeat, with the same bytes",
        n_replayed.into_inner(),
    );
    summary.add(
        "409: the first one was still running",
        n_in_use.into_inner(),
    );
    summary.add("422: the key had another body", n_other_body.into_inner());
    summary.add("of all ids, written without unchanged rows", n_asked_first);
    summary.add("runs in the table", n_runs);
    summary.add(
        "rows in jobs, equal to the sum inserted by all runs",
        ledger.number("SELECT count(*) FROM jobs"),
    );
    summary.add(
        "postings updated",
        ledger.number("SELECT sum(updated) FROM ingest_runs"),
    );
    summary
}

fn client(worker: &Worker, shared: &Shared, mut random: Rng, until: Instant) {
    while Instant::now() < until {
        let sent = match random.u8(..100) {
            ..20 => remembered(shared, &mut random),
            _ => None,
        };
        let sent = sent.unwrap_or_else(|| fresh(shared, &mut random));
        if random.u8(..100) < 3 {
            other_body(worker, shared, &sent);
        }
        // Drop and repeat it, possibly several times, until it is answered or abandoned.
        while random.bool() {
            drop_connection(worker, shared, &sent, &mut random);
        }
        if random.u8(..4) > 0 {
            complete(worker, shared, &sent);
        }
    }
}

fn remembered(shared: &Shared, random: &mut Rng) -> Option<Sent> {
    let recent = shared.recent.lock().expect("no client has failed");
    random.choice(recent.iter()).cloned()
}

fn fresh(shared: &Shared, random: &mut Rng) -> Sent {
    let number = shared.next_number.fetch_add(1, Ordering::Relaxed);
    let is_whole = number.is_multiple_of(WHOLE_EVERY);
    // Half of the requests use the same values for an id, so it may be unchanged.
    let is_steady = is_whole || random.bool();
    let is_skip = random.u8(..100) < 15;
    let ids: Vec<usize> = match is_whole {
        true => (0..N_IDS).collect(),
        false => (0..random.usize(1..=MAX_POSTINGS))
            .map(|_| random.usize(..N_IDS))
            .collect(),
    };
    let description = postings::text(STEADY_DESCRIPTION_BYTES);
    let mut items: Vec<String> = ids
        .into_iter()
        .map(|id| {
            match is_steady {
                true => format!(
                    r#"{{"externalId":"id-{id}","title":"steady","salary":"id-{id}","description":"{description}"}}"#
                ),
                false => format!(
                    r#"{{"externalId":"id-{id}","title":"{number}","salary":"id-{id}","location":"{number}"}}"#
                ),
            }
        })
        .collect();
    if is_skip {
        items.push(r#"{"externalId":"invalid","salary":[]}"#.to_owned());
    }
    let sent = Sent {
        number,
        is_skip,
        n_postings: items.len() as u64,
        body: format!(r#"{{"items":[{}]}}"#, items.join(",")),
    };
    let mut recent = shared.recent.lock().expect("no client has failed");
    if recent.len() < N_REMEMBERED {
        recent.push(sent.clone());
    } else {
        let place = random.usize(..N_REMEMBERED);
        recent[place] = sent.clone();
    }
    sent
}

/// Sends a request until the response is not "in use".
fn complete(worker: &Worker, shared: &Shared, sent: &Sent) {
    let since = Instant::now();
    loop {
        add(&shared.counts.n_sent);
        let answer = worker
            .post(sent.path())
            .token(TOKEN)
            .header("idempotency-key", sent.key())
            .json(sent.body.clone())
            .send();
        if answer.status == 409 {
            add(&shared.counts.n_in_use);
            assert_eq!(answer.json()["code"], "idempotency_key_in_use");
            assert!(
                answer.header("retry-after").is_some(),
                "Retry-After of a 409"
            );
            let waited = since.elapsed();
            assert!(
                waited < KEY_FREE_WITHIN,
                "{} is in use for {waited:?}",
                sent.key()
            );
            thread::sleep(Duration::from_millis(100));
            continue;
        }
        return accept(shared, sent, &answer);
    }
}

fn accept(shared: &Shared, sent: &Sent, answer: &Answer) {
    let wanted_status = if sent.is_skip { 207 } else { 200 };
    assert_eq!(
        answer.status,
        wanted_status,
        "{}: {}",
        sent.key(),
        answer.body
    );
    let counter = match answer.header("idempotency-replayed") {
        Some(_) => &shared.counts.n_replayed,
        None => &shared.counts.n_ran,
    };
    add(counter);
    assert_eq!(
        answer.json()["received"],
        sent.n_postings,
        "{}",
        answer.body
    );
    let mut answers = shared.answers.lock().expect("no client has failed");
    let first = answers
        .entry(sent.number)
        .or_insert_with(|| answer.body.clone());
    assert_eq!(
        *first,
        answer.body,
        "{}: two answers to one request",
        sent.key()
    );
}

/// Sends the same key with another body, which must never run.
fn other_body(worker: &Worker, shared: &Shared, sent: &Sent) {
    let is_answered = {
        let answers = shared.answers.lock().expect("no client has failed");
        answers.contains_key(&sent.number)
    };
    // Before the first response, the other body could be the one that runs.
    if !is_answered {
        return;
    }
    let answer = worker
        .post(sent.path())
        .token(TOKEN)
        .header("idempotency-key", sent.key())
        .json(r#"[{"externalId":"never-written"}]"#)
        .send();
    if answer.status == 409 {
        return;
    }
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert_eq!(answer.json()["code"], "idempotency_key_reused");
    add(&shared.counts.n_other_body);
}

/// Sends all or part of a request, and closes the connection before reading the whole response.
fn drop_connection(worker: &Worker, shared: &Shared, sent: &Sent, random: &mut Rng) {
    add(&shared.counts.n_sent);
    add(&shared.counts.n_dropped);
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/json\r\nIdempotency-Key: {}\r\nContent-Length: {}\r\n\r\n",
        sent.path(),
        sent.key(),
        sent.body.len()
    );
    let mut connection = Connection::open(worker.url());
    match random.u8(..4) {
        // In the middle of the body.
        0 => {
            let n_bytes = random.usize(..sent.body.len());
            connection
                .write(head)
                .write(&sent.body.as_bytes()[..n_bytes]);
        }
        // Immediately, during processing, or possibly after the response.
        1 => {
            connection.write(head).write(&sent.body);
        }
        2 => {
            connection.write(head).write(&sent.body);
            thread::sleep(Duration::from_millis(random.u64(..60)));
        }
        // The client shuts down its side and leaves.
        _ => {
            connection.write(head).write(&sent.body).end_writing();
        }
    }
}

/// Waits for dropped requests that may still be running.
fn wait_until_quiet(worker: &Worker) {
    let n_runs = || worker.sql("SELECT count(*) AS n FROM ingest_runs");
    let mut before = n_runs();
    loop {
        thread::sleep(Duration::from_secs(2));
        let now = n_runs();
        if now == before {
            return;
        }
        before = now;
    }
}

/// Checks that `GET /runs` lists every run once, newest first, and returns their number.
fn runs_by_pages(worker: &Worker) -> u64 {
    let mut cursor: Option<String> = None;
    let mut last_id: Option<String> = None;
    let mut n_runs = 0;
    loop {
        let path = match &cursor {
            None => "/runs?limit=100".to_owned(),
            Some(cursor) => format!("/runs?limit=100&cursor={cursor}"),
        };
        let answer = worker.get(&path).token(TOKEN).send();
        assert_eq!(answer.status, 200, "{}", answer.body);
        let page = answer.json();
        for run in page["runs"].as_array().expect("runs") {
            let id = run["id"].as_str().expect("an id").to_owned();
            assert!(last_id.is_none_or(|last| id < last), "{id}: newest first");
            last_id = Some(id);
            n_runs += 1;
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return n_runs,
        }
    }
}

/// Every response's run is in the table, with the same counts, under the key of the request.
fn check_answers(shared: &Shared, database: &std::path::Path) {
    const COLUMNS: [&str; 6] = [
        "received",
        "inserted",
        "updated",
        "unchanged",
        "duplicates",
        "rejected",
    ];
    let sqlite = Sqlite::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .expect("open the database");
    let columns = COLUMNS.join(", ");
    let query = format!(
        "SELECT {columns} FROM ingest_runs AS r JOIN ingest_keys AS k \
         ON k.token_name = r.token_name AND k.run_id = r.id \
         WHERE r.token_name = '{TOKEN_NAME}' AND r.id = ?1 AND k.key = ?2"
    );
    let mut statement = sqlite.prepare(&query).expect("a query");
    let answers = shared.answers.lock().expect("no client has failed");
    for (number, answer) in answers.iter() {
        let answer: Value = serde_json::from_str(answer).expect("an answer is JSON");
        let run_id = answer["run_id"].as_str().expect("an answer has its run_id");
        let key = format!("request-{number}");
        let found = statement
            .query_row([run_id, &key], |row| {
                (0..COLUMNS.len()).map(|place| row.get(place)).collect()
            })
            .unwrap_or_else(|error| panic!("{key}, run {run_id}: {error}"));
        let found: Vec<i64> = found;
        let answered = COLUMNS.map(|name| answer[name].as_i64().expect("a count"));
        assert_eq!(
            found, answered,
            "{key}: {COLUMNS:?} in the table, and in the answer"
        );
    }
}

/// Every row consists of the values of a single request, and that request ran.
fn check_rows(database: &std::path::Path) {
    let ledger = Ledger::open(database);
    for (what, query) in [
        (
            "rows that mix two postings",
            "SELECT count(*) FROM jobs WHERE salary <> external_id \
             OR (title = 'steady' AND location IS NOT NULL) \
             OR (title <> 'steady' AND location IS NOT title)",
        ),
        (
            "rows of a request that did not run",
            "SELECT count(*) FROM jobs LEFT JOIN ingest_keys ON key = 'request-' || title \
             WHERE title <> 'steady' AND key IS NULL",
        ),
        (
            "rows of an other body",
            "SELECT count(*) FROM jobs WHERE external_id IN ('never-written', 'invalid')",
        ),
    ] {
        assert_eq!(ledger.number(query), 0, "{what}");
    }
}
