//! SIGKILLs workerd at random moments during writes, then checks the database.
//!
//! A *set* is a number of postings that are always sent together, each time with the next version
//! in their titles and their own Idempotency-Key. One writer owns a set, so its versions are
//! consecutive, and at any moment all rows of a set must have the same version: the last one
//! answered, or the one in progress when workerd died. A version in progress is sent again with the
//! same key, and must be answered as a repeat exactly if the table already had it.
//!
//! Some sets also have *steady* postings, which are equal in every version, and enough of them that
//! the database is asked first which rows have changed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use jobs_ingest_core::limits::MIN_BYTES_TO_ASK_FIRST;
use jobs_ingest_tests::TOKEN;
use jobs_ingest_tests::http::{Answer, Client};

use crate::asked_first;
use crate::ledger::{Ledger, Rows, STEADY_TITLE};
use crate::plan::{KEY_FREE_WITHIN, Plan};
use crate::postings;
use crate::report::{Progress, Summary};
use crate::storage::Storage;

const N_WRITERS: usize = 6;
const SETS_OF_A_WRITER: usize = 5;

/// Per set; most are small, some take long enough to be interrupted.
const MAX_POSTINGS: usize = 3_000;
/// Steady postings of a set that has any: over a megabyte in total, and more than those that
/// change.
const N_STEADY: usize = 1_000;
const STEADY_DESCRIPTION_BYTES: usize = 1_000;
const _: () = assert!(N_STEADY * STEADY_DESCRIPTION_BYTES >= MIN_BYTES_TO_ASK_FIRST);

#[derive(Debug)]
struct Set {
    name: String,
    n_postings: usize,
    n_steady: usize,
    description: String,
    /// Sent with on_error=skip and one additional invalid posting.
    has_invalid: bool,
    /// The last version sent, and the last one answered: equal, or one apart.
    sent: u64,
    answered: u64,
    /// Whether the table has the version that was in progress, as found after the kill.
    landed: bool,
}

/// What the writers share during one lifetime of workerd.
struct Life<'l> {
    client: &'l Client,
    is_killed: &'l AtomicBool,
    counts: &'l Counts,
}

#[derive(Default)]
struct Counts {
    n_answered: AtomicU64,
    n_postings_answered: AtomicU64,
    n_replayed: AtomicU64,
    n_run_again: AtomicU64,
}

pub fn run(plan: Plan) -> Summary {
    let n_kills = plan.pick(200, 6);
    let mut random = Rng::with_seed(plan.seed);
    let storage = Storage::new("kills");
    let mut writers: Vec<Vec<Set>> = (0..N_WRITERS)
        .map(|writer| sets(writer, &mut random))
        .collect();
    let counts = Counts::default();
    let mut progress = Progress::start();
    let (mut n_under_way, mut n_landed, mut n_asked_first) = (0_u64, 0_u64, 0);
    for kill in 1..=n_kills {
        let worker = storage.start();
        let health = worker.get("/health").send();
        assert_eq!(
            health.status,
            200,
            "after {} kills: {}",
            kill - 1,
            health.body
        );
        let is_killed = AtomicBool::new(false);
        // Short waits too, to hit the first batches after a start, and recovery itself.
        let wait = Duration::from_millis(random.u64(5..700));
        let client = worker.http().clone();
        let logs = worker.logs().clone();
        let life = Life {
            client: &client,
            is_killed: &is_killed,
            counts: &counts,
        };
        thread::scope(|scope| {
            for sets in &mut writers {
                let (life, random) = (&life, random.fork());
                scope.spawn(move || write(sets, life, random));
            }
            thread::sleep(wait);
            is_killed.store(true, Ordering::SeqCst);
            worker.kill();
        });
        let (copy, database) = storage.copy();
        let ledger = Ledger::open(&database);
        ledger.check_file();
        ledger.check_books();
        let (under_way, landed) = compare(&mut writers, &ledger);
        n_under_way += under_way;
        n_landed += landed;
        let lines = logs.lines();
        n_asked_first += asked_first::count(lines.iter().map(|line| line.message.as_str()));
        drop(copy);
        progress.print(|| {
            format!(
                "{kill} of {n_kills} kills, {} requests answered, {n_under_way} under way when \
                 killed, of which {n_landed} had landed",
                counts.n_answered.load(Ordering::Relaxed)
            )
        });
    }
    settle(&storage, &mut writers, &counts);
    // The short run may not get that far.
    assert!(
        n_asked_first >= plan.pick(1, 0),
        "the database was never asked first what it has"
    );
    let mut summary = Summary::default();
    summary.add("kills", n_kills);
    summary.add(
        "requests answered 2xx, all stored completely",
        counts.n_answered.into_inner(),
    );
    summary.add("postings in them", counts.n_postings_answered.into_inner());
    summary.add("of these, written without unchanged rows", n_asked_first);
    summary.add("requests in progress when workerd was killed", n_under_way);
    summary.add(
        "of these, committed although the response was lost",
        n_landed,
    );
    summary.add("of these, not committed at all", n_under_way - n_landed);
    summary.add(
        "sent again, answered as a repeat",
        counts.n_replayed.into_inner(),
    );
    summary.add(
        "sent again, run for the first time",
        counts.n_run_again.into_inner(),
    );
    summary.add("in part", 0);
    summary.add("seconds", progress.elapsed().as_secs());
    summary
}

fn sets(writer: usize, random: &mut Rng) -> Vec<Set> {
    let set = |number: usize, random: &mut Rng| {
        let share = random.f64().powi(3);
        let is_steady = number == 0;
        let max_postings = if is_steady {
            N_STEADY / 2
        } else {
            MAX_POSTINGS
        };
        let description_bytes = match is_steady {
            true => STEADY_DESCRIPTION_BYTES,
            false => random.usize(0..1_500),
        };
        Set {
            name: format!("set-{writer}-{number}"),
            // Cubed, so mostly small.
            n_postings: 1 + (share * max_postings as f64) as usize,
            n_steady: if is_steady { N_STEADY } else { 0 },
            description: postings::text(description_bytes),
            has_invalid: random.u8(..) < 50,
            sent: 0,
            answered: 0,
            landed: false,
        }
    };
    (0..SETS_OF_A_WRITER)
        .map(|number| set(number, random))
        .collect()
}

/// Sends version after version until workerd is gone.
fn write(sets: &mut [Set], life: &Life<'_>, mut random: Rng) {
    // First what was in progress when it was killed.
    for set in sets.iter_mut().filter(|set| set.sent > set.answered) {
        if !finish(set, life) {
            return;
        }
    }
    loop {
        let set = &mut sets[random.usize(..sets.len())];
        set.sent += 1;
        let Some(answer) = send(set, life) else {
            return;
        };
        assert_eq!(
            answer.header("idempotency-replayed"),
            None,
            "{}",
            answer.body
        );
        accept(set, &answer, life.counts);
    }
}

/// Sends what was in progress again.
fn finish(set: &mut Set, life: &Life<'_>) -> bool {
    let since = Instant::now();
    loop {
        let Some(answer) = send(set, life) else {
            return false;
        };
        if answer.status == 409 {
            assert!(
                since.elapsed() < KEY_FREE_WITHIN,
                "{}: {}",
                set.name,
                answer.body
            );
            thread::sleep(Duration::from_millis(200));
            continue;
        }
        let is_repeat = answer.header("idempotency-replayed") == Some("true");
        assert_eq!(
            is_repeat, set.landed,
            "{}: the table had version {}: {}; answered as a repeat: {is_repeat}",
            set.name, set.sent, set.landed
        );
        let counter = match is_repeat {
            true => &life.counts.n_replayed,
            false => &life.counts.n_run_again,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        accept(set, &answer, life.counts);
        return true;
    }
}

/// The response, or `None` if workerd is gone.
fn send(set: &Set, life: &Life<'_>) -> Option<Answer> {
    let title = format!("{:08}", set.sent);
    let of_set = |prefix: &str, n_postings: usize, title: &str| {
        postings::array(prefix, n_postings, title, &set.name, &set.description)
    };
    let mut body = of_set(&set.name, set.n_postings, &title);
    if set.n_steady > 0 {
        let steady = of_set(&format!("{}-steady", set.name), set.n_steady, STEADY_TITLE);
        body = postings::joined(&body, &steady);
    }
    let (path, body) = match set.has_invalid {
        true => (
            "/jobs/ingest?on_error=skip",
            postings::with_invalid(&body, &set.name),
        ),
        false => ("/jobs/ingest", body),
    };
    let request = life.client.request("POST", path).token(TOKEN);
    let key = format!("{}-{}", set.name, set.sent);
    match request.header("idempotency-key", key).json(body).try_send() {
        Ok(answer) => Some(answer),
        Err(error) => {
            let is_killed = life.is_killed.load(Ordering::SeqCst);
            assert!(
                is_killed,
                "no answer although workerd was not killed: {error}"
            );
            None
        }
    }
}

fn accept(set: &mut Set, answer: &Answer, counts: &Counts) {
    let wanted_status = if set.has_invalid { 207 } else { 200 };
    assert_eq!(
        answer.status, wanted_status,
        "{}: {}",
        set.name, answer.body
    );
    let found = answer.json();
    // The first version is new; each later one changes every row that is not steady.
    let (new, changed, unchanged) = match set.sent {
        1 => (set.n_postings + set.n_steady, 0, 0),
        _ => (0, set.n_postings, set.n_steady),
    };
    for (name, wanted) in [
        ("inserted", new),
        ("updated", changed),
        ("unchanged", unchanged),
    ] {
        assert_eq!(found[name], wanted, "{}: {name}: {}", set.name, answer.body);
    }
    set.answered = set.sent;
    set.landed = false;
    counts.n_answered.fetch_add(1, Ordering::Relaxed);
    counts
        .n_postings_answered
        .fetch_add((set.n_postings + set.n_steady) as u64, Ordering::Relaxed);
}

/// Compares each set with the table and the runs. Returns how many requests were in progress, and
/// how many of them were committed.
fn compare(writers: &mut [Vec<Set>], ledger: &Ledger) -> (u64, u64) {
    let rows = ledger.rows_by_source();
    let runs = ledger.runs_by_source();
    let (mut n_under_way, mut n_landed, mut n_versions, mut n_rows) = (0, 0, 0, 0);
    for set in writers.iter_mut().flatten() {
        let version = version(set, &rows);
        assert!(
            version == set.answered || version == set.sent,
            "{}: version {version} is in the table; {} was answered, {} sent",
            set.name,
            set.answered,
            set.sent
        );
        if set.sent > set.answered {
            n_under_way += 1;
            set.landed = version == set.sent;
            n_landed += u64::from(set.landed);
        }
        let (n_postings, n_steady) = (set.n_postings as u64, set.n_steady as u64);
        let of_runs = runs.get(&set.name).copied().unwrap_or_default();
        assert_eq!(
            of_runs.n_runs, version,
            "{}: runs, a version each",
            set.name
        );
        if version > 0 {
            for (what, found, wanted) in [
                ("inserted", of_runs.inserted, n_postings + n_steady),
                ("updated", of_runs.updated, n_postings * (version - 1)),
                ("unchanged", of_runs.unchanged, n_steady * (version - 1)),
            ] {
                assert_eq!(found, wanted, "{}: {what}", set.name);
            }
            let rejected = if set.has_invalid { version } else { 0 };
            assert_eq!(of_runs.rejected, rejected, "{}: rejected", set.name);
            n_rows += n_postings + n_steady;
        }
        n_versions += version;
    }
    assert_eq!(ledger.number("SELECT count(*) FROM jobs"), n_rows, "rows");
    assert_eq!(
        ledger.number("SELECT count(*) FROM ingest_runs"),
        n_versions,
        "runs"
    );
    assert_eq!(
        ledger.number("SELECT count(*) FROM ingest_keys"),
        n_versions,
        "keys"
    );
    (n_under_way, n_landed)
}

/// The version of all rows of the set; 0 if there are none.
fn version(set: &Set, rows: &BTreeMap<String, Rows>) -> u64 {
    let Some(rows) = rows.get(&set.name) else {
        return 0;
    };
    assert_eq!(
        rows.n_rows,
        (set.n_postings + set.n_steady) as u64,
        "{}: rows in the table; the request that wrote them landed in part",
        set.name
    );
    assert_eq!(
        rows.first_title, rows.last_title,
        "{}: two versions at once; a request landed in part",
        set.name
    );
    rows.last_title.parse().expect("a title is a version")
}

/// Completes what was in progress, and checks everything a last time.
fn settle(storage: &Storage, writers: &mut [Vec<Set>], counts: &Counts) {
    let worker = storage.start();
    let never = AtomicBool::new(false);
    let life = Life {
        client: worker.http(),
        is_killed: &never,
        counts,
    };
    for set in writers
        .iter_mut()
        .flatten()
        .filter(|set| set.sent > set.answered)
    {
        assert!(finish(set, &life));
    }
    drop(worker);
    let (_copy, database) = storage.copy();
    let ledger = Ledger::open(&database);
    ledger.check_file();
    ledger.check_books();
    assert_eq!(compare(writers, &ledger), (0, 0));
}
