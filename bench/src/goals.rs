//! What was to be reached, and what this run reached.

use crate::document::Table as Tabular;
use crate::peer::Peer;
use crate::result::{Operation, Rows, Run, Speed};
use crate::speed::{REAL_2_000, SMALL_1_000, SMALL_10_000, SMALL_100, Workload};
use crate::table::Table;

struct Goal {
    what: &'static str,
    wanted: &'static str,
    /// What was found and whether it is enough; `None` when the run did not measure it.
    found: Option<(String, bool)>,
}

/// The goals as a table.
pub fn table(run: &Run) -> String {
    let goals = goals(run);
    if goals.iter().all(|goal| goal.found.is_none()) {
        return String::new();
    }
    let mut table = Tabular::new("Goals", &["what", "goal", "this run", "reached"]);
    for Goal {
        what,
        wanted,
        found,
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
    vec![
        Goal {
            what: "10,000 small postings, all changed, against Drizzle",
            wanted: "at least 6× faster",
            found: at_least(ratio(small(Operation::Change, Peer::Drizzle), ours), 6.0),
        },
        Goal {
            what: "the same against the best JavaScript Worker",
            wanted: "at least 1.4× faster",
            found: at_least(ratio(small(Operation::Change, Peer::JsonEach), ours), 1.4),
        },
        Goal {
            what: "the same against the native floor",
            wanted: "at most 1.5× its time",
            found: at_most(ratio(ours, small(Operation::Change, Peer::Floor)), 1.5),
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
        },
        Goal {
            what: "rows written: new, changed, unchanged",
            wanted: "at most 2, 1, 0 a posting, and a constant",
            found: rows_written(run),
        },
        Goal {
            what: "time a posting from 100 to 10,000 in a request, all changed",
            wanted: "never grows",
            found: time_a_posting(run),
        },
        Goal {
            what: "all changed in 1,000,000 rows against an empty table, where a load put them row beside row",
            wanted: "at most 1.3×",
            found: at_most(ratio(in_million(Operation::ChangeNeighbours), ours), 1.3),
        },
        Goal {
            what: "the same, each in another page of the table",
            wanted: "at most 1.3×",
            found: at_most(ratio(in_million(Operation::Change), ours), 1.3),
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
        },
        Goal {
            what: "wasm, gzipped",
            wanted: "at most 200 KB",
            found: Some(run.size.wasm_gzip_bytes)
                .filter(|bytes| *bytes > 0)
                .map(|bytes| (format!("{:.0} KB", bytes as f64 / 1e3), bytes <= 200_000)),
        },
    ]
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

fn rows_written(run: &Run) -> Option<(String, bool)> {
    let ours = |operation| {
        run.rows
            .iter()
            .find(|rows| rows.peer == Peer::JobsIngest && rows.operation == operation)
    };
    let (load, change, repost) = (
        ours(Operation::Load)?,
        ours(Operation::Change)?,
        ours(Operation::Repost)?,
    );
    let a_posting = |rows: &Rows| rows.rows_written as f64 / rows.n_postings as f64;
    let n_unchanged = repost.n_postings - repost.n_new - repost.n_changed;
    // What a request writes besides its postings: its run.
    let besides = |rows: &Rows, due: usize| rows.rows_written as i64 - due as i64;
    let constants = [
        besides(load, 2 * load.n_postings),
        besides(change, change.n_postings),
        besides(repost, 2 * repost.n_new + repost.n_changed),
    ];
    Some((
        format!(
            "{:.2}, {:.2}, none of {n_unchanged} unchanged; a request: {}",
            a_posting(load),
            a_posting(change),
            constants[0]
        ),
        constants
            .iter()
            .all(|constant| *constant == constants[0] && *constant < 10),
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
