//! Milliseconds a request, peer beside peer.

use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use xtask::progress::step;

use crate::peer::{Contestant, Peer, Taken, post};
use crate::result::{Operation, Speed, StageMs};
use crate::stats::Summary;
use crate::table::Table;
use crate::turns::{Turn, in_turns};
use crate::workload::{Encoding, Feed, Ids, Kind};

/// A number of postings of one kind, and how often it is measured.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    pub name: &'static str,
    pub kind: Kind,
    pub n_postings: usize,
    /// More for what takes little time and therefore varies more.
    pub n_rounds: usize,
}

pub const SMALL_100: Workload = Workload {
    name: "100 small",
    kind: Kind::Small,
    n_postings: 100,
    n_rounds: 31,
};
pub const SMALL_1_000: Workload = Workload {
    name: "1,000 small",
    kind: Kind::Small,
    n_postings: 1_000,
    n_rounds: 15,
};
pub const SMALL_10_000: Workload = Workload {
    name: "10,000 small",
    kind: Kind::Small,
    n_postings: 10_000,
    n_rounds: 7,
};
pub const REAL_2_000: Workload = Workload {
    name: "2,000 real-sized",
    kind: Kind::Real,
    n_postings: 2_000,
    n_rounds: 7,
};

pub const ALL_FIELDS_2_000: Workload = Workload {
    name: "2,000 real-sized, all fields",
    kind: Kind::AllFields,
    n_postings: 2_000,
    n_rounds: 7,
};

pub const WORKLOADS: [Workload; 5] = [
    SMALL_100,
    SMALL_1_000,
    SMALL_10_000,
    REAL_2_000,
    ALL_FIELDS_2_000,
];

/// The versions of all changed, in turns. A re-post has a few of the next one: it must not be the other.
const VERSIONS: [u64; 2] = [1, 3];

/// The quick look's rounds.
const N_QUICK_ROUNDS: usize = 3;

impl Workload {
    pub fn rounds(&self, quick: bool) -> usize {
        match quick {
            true => N_QUICK_ROUNDS,
            false => self.n_rounds,
        }
    }

    fn feed(&self, ids: Ids, version: u64, is_repost: bool) -> Feed {
        Feed {
            kind: self.kind,
            n_postings: self.n_postings,
            ids,
            version,
            is_repost,
        }
    }

    /// The bodies of all changed: one and then the other, so that each changes all.
    pub fn two_versions(&self, ids: Ids, encoding: Encoding) -> [Vec<u8>; 2] {
        VERSIONS.map(|version| self.feed(ids, version, false).body(encoding))
    }
}

/// Every workload in one state of the table, one client, plain JSON.
pub fn one_client(table: Table, quick: bool) -> Vec<Speed> {
    let mut contestants = start(&Peer::ALL, table);
    let mut speeds = Vec::new();
    for workload in WORKLOADS {
        let what = format!("{}, table: {}", workload.name, table.title());
        let measured = step(&what, || {
            Ok::<_, ()>(cycles(&mut contestants, &workload, table, quick))
        });
        speeds.extend(measured.expect("no error to be had"));
    }
    speeds
}

pub fn start(peers: &[Peer], table: Table) -> Vec<Contestant> {
    let what = format!("starting {} peers, table: {}", peers.len(), table.title());
    let contestants = step(&what, || {
        let started: Vec<_> = peers
            .iter()
            .map(|peer| Contestant::start(*peer, table))
            .collect();
        // Or the copies of a large table are written to the disk while we measure.
        sync();
        Ok::<_, ()>(started)
    });
    contestants.expect("no error to be had")
}

fn sync() {
    let status = std::process::Command::new("sync").status();
    assert!(status.expect("start sync").success());
}

/// First load, all changed, re-post: each leaves the table as the next one needs it.
fn cycles(
    contestants: &mut [Contestant],
    workload: &Workload,
    table: Table,
    quick: bool,
) -> Vec<Speed> {
    let bodies = Bodies::of(workload, table);
    let of_each = vec![&bodies; contestants.len()];
    let taken = in_cycles(contestants, &of_each, table, workload.rounds(quick));
    assert_equal_tables(contestants);
    let mut speeds = Vec::new();
    for (place, (operation, body)) in bodies.of_round(0).into_iter().enumerate() {
        for (contestant, taken) in contestants.iter().zip(&taken) {
            speeds.push(Speed {
                workload: workload.name.to_owned(),
                n_postings: workload.n_postings,
                table,
                operation,
                encoding: "JSON".to_owned(),
                n_clients: 1,
                peer: contestant.peer,
                body_bytes: body.len(),
                ms: summary(&taken[place]),
                stages: stages(&taken[place]),
            });
        }
    }
    speeds
}

/// The bodies of a cycle.
pub struct Bodies {
    load: Vec<u8>,
    change_neighbours: Option<[Vec<u8>; 2]>,
    changes: [Vec<u8>; 2],
    reposts: [Vec<u8>; 2],
}

impl Bodies {
    pub fn of(workload: &Workload, table: Table) -> Self {
        let own = Ids::Client(1);
        // In the large table there are both: what the load has just put there, row beside row as a
        // feed's rows are, and what stands all over it, each in a page of its own.
        let (present, change_neighbours) = match table {
            Table::Empty => (own, None),
            Table::Million => (Ids::Known, Some(workload.two_versions(own, Encoding::Json))),
        };
        let repost = |version| workload.feed(present, version, true).body(Encoding::Json);
        Self {
            load: workload.feed(own, 0, false).body(Encoding::Json),
            change_neighbours,
            changes: workload.two_versions(present, Encoding::Json),
            reposts: VERSIONS.map(repost),
        }
    }

    /// The requests of a round, in their order.
    pub fn of_round(&self, round: usize) -> Vec<(Operation, &[u8])> {
        let version = round % 2;
        let mut requests = vec![(Operation::Load, self.load.as_slice())];
        if let Some(bodies) = &self.change_neighbours {
            requests.push((Operation::ChangeNeighbours, &bodies[version]));
        }
        requests.push((Operation::Change, &self.changes[version]));
        requests.push((Operation::Repost, &self.reposts[version]));
        requests
    }
}

/// Runs the cycle of each contestant in turns, round by round. What each took, by contestant, operation
/// and round.
pub fn in_cycles(
    contestants: &mut [Contestant],
    bodies: &[&Bodies],
    table: Table,
    n_rounds: usize,
) -> Vec<Vec<Vec<Taken>>> {
    let n = contestants.len();
    let of_operations = vec![Vec::new(); bodies[0].of_round(0).len()];
    let mut taken = vec![of_operations; n];
    for round in 0..=n_rounds {
        for contestant in contestants.iter_mut() {
            contestant.reset(table);
        }
        let requests: Vec<_> = bodies.iter().map(|bodies| bodies.of_round(round)).collect();
        for (operation, _) in requests[0].iter().enumerate() {
            for place in 0..n {
                let which = (round + place) % n;
                let (_, body) = requests[which][operation];
                let measured = contestants[which].post(body, Encoding::Json);
                // The first round warms up.
                if round > 0 {
                    taken[which][operation].push(measured);
                }
            }
        }
    }
    taken
}

/// They have all seen the same requests, so they must have done the same.
pub fn assert_equal_tables(contestants: &mut [Contestant]) {
    let mut columns = contestants[0].columns();
    for contestant in contestants.iter_mut() {
        let others = contestant.columns();
        columns.retain(|column| others.contains(column));
    }
    let digests: Vec<(Peer, String)> = contestants
        .iter_mut()
        .map(|contestant| (contestant.peer, contestant.digest(&columns)))
        .collect();
    let first = &digests[0].1;
    assert!(
        digests.iter().all(|(_, digest)| digest == first),
        "the tables differ: {digests:?}"
    );
}

pub fn summary(taken: &[Taken]) -> Summary {
    Summary::of(&taken.iter().map(|taken| taken.ms).collect::<Vec<_>>())
}

pub fn stages(taken: &[Taken]) -> Vec<StageMs> {
    let names = taken.first().map(|taken| taken.stages.clone());
    let median = |name: &str| {
        let of_name = taken.iter().flat_map(|taken| &taken.stages);
        let values: Vec<f64> = of_name
            .filter(|(other, _)| other == name)
            .map(|(_, ms)| *ms)
            .collect();
        Summary::of(&values).median
    };
    names
        .into_iter()
        .flatten()
        .map(|(name, _)| StageMs {
            median_ms: median(&name),
            name,
        })
        .collect()
}

/// All changed, 1,000 small postings a client, into an empty table: until the last one has its answer.
pub fn many_clients(quick: bool) -> Vec<Speed> {
    const N_CLIENTS: [usize; 3] = [1, 4, 16];
    let workload = SMALL_1_000;
    let n_rounds = match quick {
        true => N_QUICK_ROUNDS,
        false => 7,
    };
    let bodies: Vec<[Vec<u8>; 2]> = (0..16)
        .map(|client| workload.two_versions(Ids::Client(client + 1), Encoding::Json))
        .collect();
    let mut contestants = start(&Peer::WORKERS, Table::Empty);
    let mut speeds = Vec::new();
    for n_clients in N_CLIENTS {
        let mut taken = vec![Vec::new(); contestants.len()];
        let what = format!("{n_clients} clients, {} postings each", workload.n_postings);
        let measured = step(&what, || {
            in_turns(&mut contestants, n_rounds, |turn, contestant| {
                let ms = all_at_once(contestant, &bodies[..n_clients], turn);
                if turn.is_counted {
                    taken[turn.which].push(ms);
                }
            });
            Ok::<(), ()>(())
        });
        measured.expect("no error to be had");
        assert_equal_tables(&mut contestants);
        for (contestant, taken) in contestants.iter().zip(&taken) {
            speeds.push(Speed {
                workload: workload.name.to_owned(),
                n_postings: workload.n_postings * n_clients,
                table: Table::Empty,
                operation: Operation::Change,
                encoding: "JSON".to_owned(),
                n_clients,
                peer: contestant.peer,
                body_bytes: bodies[0][0].len() * n_clients,
                ms: Summary::of(taken),
                stages: Vec::new(),
            });
        }
    }
    speeds
}

fn all_at_once(contestant: &Contestant, bodies: &[[Vec<u8>; 2]], turn: Turn) -> f64 {
    let client = contestant.http();
    let ready = Barrier::new(bodies.len() + 1);
    thread::scope(|scope| {
        let clients: Vec<_> = bodies
            .iter()
            .map(|versions| {
                let ready = &ready;
                scope.spawn(move || {
                    ready.wait();
                    post(client, &versions[turn.round % 2], Encoding::Json);
                })
            })
            .collect();
        ready.wait();
        let since = Instant::now();
        for client in clients {
            client.join().expect("a client");
        }
        since.elapsed().as_secs_f64() * 1e3
    })
}

/// Gzip and NDJSON against plain JSON, all changed; only those that read all three.
pub fn encodings(quick: bool) -> Vec<Speed> {
    const ENCODINGS: [(&str, Encoding); 3] = [
        ("JSON", Encoding::Json),
        ("gzip JSON", Encoding::GzipJson),
        ("NDJSON", Encoding::Ndjson),
    ];
    let mut contestants = start(&[Peer::JobsIngest, Peer::JsonEach], Table::Empty);
    let mut speeds = Vec::new();
    for workload in [SMALL_10_000, REAL_2_000] {
        // Versions go on from encoding to encoding, so that each request changes all.
        let bodies = ENCODINGS.map(|(_, encoding)| workload.two_versions(Ids::Client(1), encoding));
        let mut taken = vec![[const { Vec::<Taken>::new() }; 3]; contestants.len()];
        let n_rounds = workload.rounds(quick);
        let what = format!("{}, plain, gzip and NDJSON", workload.name);
        let measured = step(&what, || {
            in_turns(&mut contestants, n_rounds, |turn, contestant| {
                for (place, (_, encoding)) in ENCODINGS.into_iter().enumerate() {
                    let body = &bodies[place][(turn.round + place) % 2];
                    let measured = contestant.post(body, encoding);
                    if turn.is_counted {
                        taken[turn.which][place].push(measured);
                    }
                }
            });
            Ok::<(), ()>(())
        });
        measured.expect("no error to be had");
        assert_equal_tables(&mut contestants);
        for (contestant, taken) in contestants.iter().zip(&taken) {
            for (place, (name, _)) in ENCODINGS.into_iter().enumerate() {
                speeds.push(Speed {
                    workload: workload.name.to_owned(),
                    n_postings: workload.n_postings,
                    table: Table::Empty,
                    operation: Operation::Change,
                    encoding: name.to_owned(),
                    n_clients: 1,
                    peer: contestant.peer,
                    body_bytes: bodies[place][0].len(),
                    ms: summary(&taken[place]),
                    stages: stages(&taken[place]),
                });
            }
        }
    }
    speeds
}
