//! Milliseconds per request, of all peers in turns.

use xtask::progress::timed;

use crate::peer::{Contestant, Peer, Taken};
use crate::result::{Operation, Speed, StageMs};
use crate::stats::Summary;
use crate::table::Table;
use crate::workload::{Feed, Ids, Kind};

/// A number of postings of one kind, and how often it is measured.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    pub name: &'static str,
    pub kind: Kind,
    pub n_postings: usize,
    /// More for small requests, whose times vary more.
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

/// The alternating versions of "all changed". A re-post has a few postings of the next version, which must not
/// be one of these.
const VERSIONS: [u64; 2] = [1, 3];

/// The rounds of `--quick`.
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

    /// The alternating bodies of "all changed": each changes every posting.
    pub fn two_versions(&self, ids: Ids) -> [Vec<u8>; 2] {
        VERSIONS.map(|version| self.feed(ids, version, false).body())
    }
}

/// Every workload in one state of the table.
pub fn speeds(table: Table, quick: bool) -> Vec<Speed> {
    let mut contestants = start(&Peer::ALL, table);
    let mut speeds = Vec::new();
    for workload in WORKLOADS {
        let what = format!("{}, table: {}", workload.name, table.title());
        let cycles = || cycles(&mut contestants, &workload, table, quick);
        speeds.extend(timed(&what, cycles));
    }
    speeds
}

fn start(peers: &[Peer], table: Table) -> Vec<Contestant> {
    let what = format!("starting {} peers, table: {}", peers.len(), table.title());
    timed(&what, || {
        let start = |peer: &Peer| Contestant::start(*peer, table);
        let started = peers.iter().map(start).collect();
        // Otherwise the copies of a large table are written to the disk during the measurement.
        sync();
        started
    })
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
        // The large table has both: adjacent rows, which the load has just inserted, and rows that are
        // spread over it, each in a page of its own.
        let (present, change_neighbours) = match table {
            Table::Empty => (own, None),
            Table::Million => (Ids::Known, Some(workload.two_versions(own))),
        };
        let repost = |version| workload.feed(present, version, true).body();
        Self {
            load: workload.feed(own, 0, false).body(),
            change_neighbours,
            changes: workload.two_versions(present),
            reposts: VERSIONS.map(repost),
        }
    }

    /// The requests of a round, in order.
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

/// Runs the cycles of the contestants in turns. Returns the times by contestant, operation and round.
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
                let measured = contestants[which].post(body);
                // The first round warms up.
                if round > 0 {
                    taken[which][operation].push(measured);
                }
            }
        }
    }
    taken
}

/// Asserts that the tables are equal: all have had the same requests.
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
