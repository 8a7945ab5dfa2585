//! Clients of one token send slowly, declare any length and reconnect; other tokens are not kept
//! out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jobs_ingest_core::limits::MAX_BODY_BYTES;
use jobs_ingest_tests::{TOKEN, Worker};

use crate::memory::{MAX_WASM_BYTES, largest, most_wasm_bytes};
use crate::plan::Plan;
use crate::report::{Progress, Summary};
use crate::resident::mib;
use crate::storage::Storage;

const OTHER: &str = "c1b2c3d4e5f60718293a4b5c6d7e8f90";

/// What each of these connections declares, and sends immediately.
const SLOW: [(usize, usize); 4] = [
    (MAX_BODY_BYTES, 0),
    (8 << 20, 0),
    (2 << 20, 0),
    (200_000, 0),
];

/// Additional connections in the second half.
const STOPPED: [(usize, usize); 16] = [(MAX_BODY_BYTES, MAX_BODY_BYTES - 200_000); 16];

pub fn run(plan: Plan) -> Summary {
    let lasts = Duration::from_secs(plan.pick(120, 20));
    let storage = Storage::new("trickle");
    let worker = storage.start_with(&format!("slow:{TOKEN},other:{OTHER}"));
    let mut summary = Summary::default();
    let beside_slow = while_slow(&worker, &SLOW, || serve(&worker, lasts));
    summary.add("next to four slow ones", beside_slow);
    let beside_stopped = while_slow(&worker, &STOPPED, || serve(&worker, lasts));
    summary.add("next to 16 that stall", beside_stopped);
    let wasm_bytes = most_wasm_bytes(&worker);
    assert!(
        wasm_bytes <= MAX_WASM_BYTES,
        "wasm memory: {}",
        mib(wasm_bytes)
    );
    summary.add("peak wasm memory", mib(wasm_bytes));
    summary
}

/// Requests of one size sent with the other token, and the longest duration of one.
#[derive(Debug, Default)]
struct Served {
    n_requests: usize,
    longest: Duration,
}

impl Served {
    fn add(&mut self, took: Duration) {
        self.n_requests += 1;
        self.longest = self.longest.max(took);
    }
}

/// Sends requests of three sizes until the time is over; returns a line with the results.
fn serve(worker: &Worker, lasts: Duration) -> String {
    let until = Instant::now() + lasts;
    let mut progress = Progress::start();
    let [mut small, mut of_5_mb, mut of_12_mib] = [(); 3].map(|()| Served::default());
    let largest = largest("trickle", "a title");
    let mut five = br#"[{"externalId":"five"}]"#.to_vec();
    five.resize(5_000_000, b' ');
    while Instant::now() < until {
        for _ in 0..20 {
            let took = post(worker, br#"[{"externalId":"small"}]"#);
            assert!(took < Duration::from_secs(2), "a small body took {took:?}");
            small.add(took);
            thread::sleep(Duration::from_millis(20));
        }
        of_5_mb.add(post(worker, &five));
        of_12_mib.add(post(worker, &largest));
        progress.print(|| format!("{} of the largest served", of_12_mib.n_requests));
    }
    let sizes = [("small", small), ("5 MB", of_5_mb), ("12 MiB", of_12_mib)];
    let served = sizes.map(|(size, served)| {
        let seconds = served.longest.as_secs_f64();
        format!("{} of {size} in at most {seconds:.1} s", served.n_requests)
    });
    served.join(", ")
}

fn post(worker: &Worker, body: &[u8]) -> Duration {
    let since = Instant::now();
    let request = worker.post("/jobs/ingest").token(OTHER);
    let answer = request.json(body).send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    since.elapsed()
}

/// Keeps connections open, reconnecting whenever they are refused, until `work` is done.
fn while_slow<T>(worker: &Worker, bodies: &[(usize, usize)], work: impl FnOnce() -> T) -> T {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        for (announced_bytes, at_once_bytes) in bodies {
            let is_done = &is_done;
            scope.spawn(move || {
                while !is_done.load(Ordering::Relaxed) {
                    let mut connection = worker.raw();
                    connection
                        .write(format!(
                            "POST /jobs/ingest HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \
                             {TOKEN}\r\nContent-Length: {announced_bytes}\r\n\r\n"
                        ))
                        .write(vec![b' '; *at_once_bytes]);
                    let mut n_left = announced_bytes - at_once_bytes;
                    // 12 KB a second, to the end or until it is refused.
                    while n_left > 3_000
                        && !is_done.load(Ordering::Relaxed)
                        && !connection.is_answered()
                    {
                        connection.write([b' '; 3_000]);
                        n_left -= 3_000;
                        thread::sleep(Duration::from_millis(250));
                    }
                }
            });
        }
        thread::sleep(Duration::from_secs(2));
        let result = work();
        is_done.store(true, Ordering::Relaxed);
        result
    })
}
