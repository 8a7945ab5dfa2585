//! What was to be reached, and what this run reached.

use crate::document::Table as Tabular;
use crate::peer::Peer;
use crate::result::{Operation, Rows, Run, Speed, Stages};

use crate::speed::{REAL_2_000, SMALL_1_000, SMALL_10_000, SMALL_100, Workload};
use crate::stages::{BATCH_ALONE, BODY_READ};
use crate::table::Table;

struct Goal {
    what: &'static str,
    wanted: &'static str,
    /// What was found and whether it is enough; `None` when the run did not measure it.
    found: Option<(String, bool)>,
    /// What was found where this Worker's own work takes no time, if that says something.
    allowed: Option<f64>,
}

/// The goals as a table.
pub fn table(run: &Run) -> String {
    let goals = goals(run);
    if goals.iter().all(|goal| goal.found.is_none()) {
        return String::new();
    }
    let columns = [
        "what",
        "goal",
        "this run",
        "reached",
        "what the platform allows",
    ];
    let mut table = Tabular::new("Goals", &columns);
    for Goal {
        what,
        wanted,
        found,
        allowed,
    } in goals
    {
        let (found, is_reached) = match found {
            Some((found, is_reached)) => (found, if is_reached { "yes" } else { "no" }),
            None => ("not measured".to_owned(), ""),
        };
        table.line(vec![
            what.to_owned(),
            wanted.to_owned(),
            found,
            is_reached.to_owned(),
            allowed.map_or_else(String::new, |allowed| format!("{allowed:.2}×")),
        ]);
    }
    table.finish()
}

fn goals(run: &Run) -> Vec<Goal> {
    let ms = |workload: &Workload, table: Table, operation: Operation, peer: Peer| {
        find(run, workload, table, operation, peer).map(|speed| speed.ms.median)
    };
    let small = |operation, peer| ms(&SMALL_10_000, Table::Empty, operation, peer);
    let ours = small(Operation::Change, Peer::JobsIngest);
    let in_million = |operation| {
        let peer = Peer::JobsIngest;
        ms(&SMALL_10_000, Table::Million, operation, peer)
    };
    let ratio = |over: Option<f64>, under: Option<f64>| Some(over? / under?);
    let at_least = |found: Option<f64>, wanted: f64| {
        found.map(|found| (format!("{found:.2}×"), found >= wanted))
    };
    let at_most = |found: Option<f64>, wanted: f64| {
        found.map(|found| (format!("{found:.2}×"), found <= wanted))
    };
    // The floor's own times: neither HTTP nor D1, and the same pages to read and to write.
    let of_floor = |operation| {
        ratio(
            ms(&SMALL_10_000, Table::Million, operation, Peer::Floor),
            small(Operation::Change, Peer::Floor),
        )
    };
    vec![
        Goal {
            what: "10,000 small postings, all changed, against Drizzle",
            wanted: "at least 6× faster",
            found: at_least(ratio(small(Operation::Change, Peer::Drizzle), ours), 6.0),
            allowed: ratio(small(Operation::Change, Peer::Drizzle), platform_ms(run)),
        },
        Goal {
            what: "the same against the best JavaScript Worker",
            wanted: "at least 1.4× faster",
            found: at_least(ratio(small(Operation::Change, Peer::JsonEach), ours), 1.4),
            allowed: None,
        },
        Goal {
            what: "the same against the native floor",
            wanted: "at most 1.5× its time",
            found: at_most(ratio(ours, small(Operation::Change, Peer::Floor)), 1.5),
            allowed: None,
        },
        Goal {
            what: "the re-post against our own first load",
            wanted: "at most 0.6× its time",
            found: at_most(
                ratio(
                    small(Operation::Repost, Peer::JobsIngest),
                    small(Operation::Load, Peer::JobsIngest),
                ),
                0.6,
            ),
            allowed: None,
        },
        Goal {
            what: "rows written: new, changed, unchanged",
            wanted: "at most 2, 1, 0 a posting, and a constant",
            found: rows_written(run),
            allowed: None,
        },
        Goal {
            what: "time a posting from 100 to 10,000 in a request, all changed",
            wanted: "never grows",
            found: time_a_posting(run),
            allowed: None,
        },
        Goal {
            what: "all changed in 1,000,000 rows against an empty table, where a load put them row beside row",
            wanted: "at most 1.3×",
            found: at_most(ratio(in_million(Operation::ChangeNeighbours), ours), 1.3),
            allowed: of_floor(Operation::ChangeNeighbours),
        },
        Goal {
            what: "the same, each in another page of the table",
            wanted: "at most 1.3×",
            found: at_most(ratio(in_million(Operation::Change), ours), 1.3),
            allowed: of_floor(Operation::Change),
        },
        Goal {
            what: "core, native, real-sized postings",
            wanted: "at least 400 MB/s",
            found: run
                .native
                .iter()
                .find(|native| native.workload == REAL_2_000.name)
                .map(|native| native.mb_per_s.median)
                .map(|rate| (format!("{rate:.0} MB/s"), rate >= 400.0)),
            allowed: None,
        },
        Goal {
            what: "peak wasm memory, bodies of 0.9 MB and more",
            wanted: "at most 2.5× the body",
            found: at_most(
                run.memory
                    .iter()
                    // Below, the memory that the Worker begins with is most of it.
                    .filter(|memory| memory.body_bytes > 900_000)
                    .map(|memory| memory.wasm_bytes as f64 / memory.body_bytes as f64)
                    .max_by(f64::total_cmp),
                2.5,
            ),
            allowed: None,
        },
        Goal {
            what: "wasm, gzipped",
            wanted: "at most 200 KB",
            found: Some(run.size.wasm_gzip_bytes)
                .filter(|bytes| *bytes > 0)
                .map(|bytes| (format!("{:.0} KB", bytes as f64 / 1e3), bytes <= 200_000)),
            allowed: None,
        },
    ]
}

/// Of 10,000 small postings: the body read, and the batch with its parameters at hand.
fn platform_ms(run: &Run) -> Option<f64> {
    let median = |what: &str| {
        let is_it = |stage: &&Stages| stage.workload == SMALL_10_000.name && stage.what == what;
        run.stages.iter().find(is_it).map(|stage| stage.ms.median)
    };
    Some(median(BODY_READ)? + median(BATCH_ALONE)?)
}

fn find<'r>(
    run: &'r Run,
    workload: &Workload,
    table: Table,
    operation: Operation,
    peer: Peer,
) -> Option<&'r Speed> {
    run.speeds.iter().find(|speed| {
        speed.workload == workload.name
            && speed.table == table
            && speed.operation == operation
            && speed.peer == peer
    })
}

/// What requests write besides two rows for each new posting and one for each changed one: their run,
/// and its counts after each parameter. Were an unchanged one written, it would be thousands.
fn rows_written(run: &Run) -> Option<(String, bool)> {
    let ours = run.rows.iter().filter(|rows| rows.peer == Peer::JobsIngest);
    let besides = |rows: &Rows| {
        let due = match rows.operation {
            Operation::Load => 2 * rows.n_postings,
            Operation::Change | Operation::ChangeNeighbours => rows.n_postings,
            Operation::Repost => 2 * rows.n_new + rows.n_changed,
        };
        rows.rows_written as i64 - due as i64
    };
    let constants: Vec<i64> = ours.map(besides).collect();
    let (least, most) = (constants.iter().min()?, constants.iter().max()?);
    Some((
        format!("2, 1, 0; a request: {least} to {most}"),
        *least > 0 && *most < 20,
    ))
}

fn time_a_posting(run: &Run) -> Option<(String, bool)> {
    let micros = |workload: &Workload| {
        find(
            run,
            workload,
            Table::Empty,
            Operation::Change,
            Peer::JobsIngest,
        )
        .map(|speed| speed.ms.median * 1e3 / speed.n_postings as f64)
    };
    let (first, second, third) = (
        micros(&SMALL_100)?,
        micros(&SMALL_1_000)?,
        micros(&SMALL_10_000)?,
    );
    Some((
        format!("{first:.1}, {second:.1}, {third:.1} µs"),
        first >= second && second >= third,
    ))
}

/// Million bytes a second of the stage `parse`, by workload.
pub fn wasm_rates(run: &Run) -> Vec<(String, f64)> {
    [SMALL_10_000, REAL_2_000]
        .iter()
        .filter_map(|workload| {
            let whole = find(
                run,
                workload,
                Table::Empty,
                Operation::Change,
                Peer::JobsIngest,
            )?;
            let parse = whole.stages.iter().find(|stage| stage.name == "parse")?;
            let rate = whole.body_bytes as f64 / 1e3 / parse.median_ms;
            Some((workload.name.to_owned(), rate))
        })
        .collect()
}
