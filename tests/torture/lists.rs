//! SIGKILLs workerd while clients send complete lists, then checks that the postings and the closings
//! of each list are there together or not at all.
//!
//! Version v of a source lists the ids v·S to v·S + N, with v in each title: its first S ids close, as
//! many new ones come, and every fourth version starts from the beginning, which reopens. A source has
//! two writers, which send different versions at the same time, so lists overtake each other.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use fastrand::Rng;
use jobs_ingest_tests::TOKEN;
use jobs_ingest_tests::http::Client;
use serde_json::{Value, json};

use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::report::{Progress, Summary};
use crate::storage::Storage;

const N_SOURCES: usize = 16;
const WRITERS_OF_A_SOURCE: usize = 2;
/// Ids of a list, and how many of them the next version drops.
const N_LISTED: u64 = 200;
const STEP: u64 = 40;
/// After so many versions the ids start from the beginning.
const CYCLE: u64 = 4;

#[derive(Default)]
struct Counts {
    n_answered: AtomicU64,
    n_closed: AtomicU64,
    n_reopened: AtomicU64,
    n_withheld: AtomicU64,
}

pub fn run(plan: Plan) -> Summary {
    let n_kills = plan.pick(100, 4);
    let mut random = Rng::with_seed(plan.seed);
    let storage = Storage::new("lists");
    let versions: Vec<Mutex<u64>> = (0..N_SOURCES).map(|_| Mutex::new(0)).collect();
    let counts = Counts::default();
    let mut progress = Progress::start();
    let mut n_checked = 0;
    for kill in 1..=n_kills {
        let worker = storage.start();
        let is_killed = AtomicBool::new(false);
        let wait = Duration::from_millis(random.u64(20..900));
        let client = worker.http().clone();
        thread::scope(|scope| {
            for (source, version) in versions.iter().enumerate() {
                for _ in 0..WRITERS_OF_A_SOURCE {
                    let (client, is_killed, counts) = (&client, &is_killed, &counts);
                    scope.spawn(move || write(source, version, client, is_killed, counts));
                }
            }
            thread::sleep(wait);
            is_killed.store(true, Ordering::SeqCst);
            worker.kill();
        });
        let (copy, database) = storage.copy();
        let ledger = Ledger::open(&database);
        ledger.check_file();
        for source in 0..N_SOURCES {
            n_checked += check(&ledger, source);
        }
        drop(copy);
        progress.print(|| {
            let n_answered = counts.n_answered.load(Ordering::Relaxed);
            format!("{kill} of {n_kills} kills, {n_answered} lists answered")
        });
    }
    let mut summary = Summary::default();
    summary.add("kills", n_kills);
    summary.add("lists answered", counts.n_answered.into_inner());
    summary.add("postings closed by them", counts.n_closed.into_inner());
    summary.add("postings reopened", counts.n_reopened.into_inner());
    summary.add("lists overtaken by another", counts.n_withheld.into_inner());
    summary.add("sources found as one committed list left them", n_checked);
    summary.add("in part", 0);
    summary.add("seconds", progress.elapsed().as_secs());
    summary
}

fn name(source: usize) -> String {
    format!("lists-{source}")
}

fn ids(version: u64) -> impl Iterator<Item = u64> {
    let first = version % CYCLE * STEP;
    first..first + N_LISTED
}

fn list(version: u64) -> Value {
    let posting =
        |id| json!({ "externalId": format!("{id:04}"), "title": format!("{version:08}") });
    ids(version).map(posting).collect()
}

/// Sends version after version until workerd is gone.
fn write(
    source: usize,
    next_version: &Mutex<u64>,
    client: &Client,
    is_killed: &AtomicBool,
    counts: &Counts,
) {
    let path = format!(
        "/jobs/ingest?source={}&snapshot=complete&max_close=100%25",
        name(source)
    );
    loop {
        let version = {
            let mut next = next_version.lock().expect("no writer has panicked");
            *next += 1;
            *next
        };
        let request = client.request("POST", &path).token(TOKEN);
        let request = request.header("idempotency-key", format!("{}/{version}", name(source)));
        let answer = match request.json(list(version).to_string()).try_send() {
            Ok(answer) => answer,
            Err(error) => {
                let is_killed = is_killed.load(Ordering::SeqCst);
                assert!(
                    is_killed,
                    "no answer although workerd was not killed: {error}"
                );
                return;
            }
        };
        let body = answer.json();
        assert!(matches!(answer.status, 200 | 207), "{}", answer.body);
        let closing = &body["closing"];
        assert_eq!(body["upserted"], N_LISTED, "{}", answer.body);
        if answer.status == 207 {
            assert_eq!(closing["withheld"]["code"], "overtaken", "{}", answer.body);
            counts.n_withheld.fetch_add(1, Ordering::Relaxed);
        }
        counts.n_answered.fetch_add(1, Ordering::Relaxed);
        let add = |counter: &AtomicU64, name: &str| {
            let n = closing[name].as_u64().expect("a count");
            counter.fetch_add(n, Ordering::Relaxed);
        };
        add(&counts.n_closed, "closed");
        add(&counts.n_reopened, "reopened");
    }
}

/// Whether the table is as the last committed list, and what was committed after it, left it. Returns 1
/// if the source has sent a list.
fn check(ledger: &Ledger, source: usize) -> u64 {
    let source = name(source);
    let of = |condition: &str| {
        ledger.number(&format!(
            "SELECT count(*) FROM jobs WHERE source = '{source}' AND {condition}"
        ))
    };
    // Each request has its version in its idempotency key, which is committed with it.
    let last = format!("SELECT run_id FROM ingest_sources WHERE source = '{source}'");
    let key = ledger.text(&format!(
        "SELECT key FROM ingest_keys WHERE run_id = ({last})"
    ));
    let Some(key) = key else {
        let message = "postings without the list that came with them";
        assert_eq!(of("true"), 0, "{source}: {message}");
        return 0;
    };
    let version = key
        .rsplit('/')
        .next()
        .and_then(|version| version.parse().ok());
    let listed: Vec<String> = ids(version.expect("a version"))
        .map(|id| format!("'{id:04}'"))
        .collect();
    let listed = listed.join(",");
    let closed = format!("external_id IN ({listed}) AND closed_at IS NOT NULL");
    assert_eq!(of(&closed), 0, "{source}: a listed posting is closed");
    // A list that was overtaken writes its postings after the one that overtook it.
    let later = format!(
        "EXISTS (SELECT 1 FROM ingest_runs WHERE started_at = jobs.ingested_at AND finished_at >= \
         (SELECT finished_at FROM ingest_runs WHERE id = ({last})))"
    );
    let open = format!("external_id NOT IN ({listed}) AND closed_at IS NULL AND NOT {later}");
    let message = "a posting that the last list does not have is open";
    assert_eq!(of(&open), 0, "{source}: {message}");
    1
}
