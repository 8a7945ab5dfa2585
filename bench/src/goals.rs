//! What was to be reached, and what this run reached.

use crate::document::{Table as Tabular, grouped};
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
    /// What could be found at best: what the platform leaves to a Worker, by this run.
    allowed: Option<f64>,
}

impl Goal {
    /// A goal whose limit is not the platform's.
    fn new(what: &'static str, wanted: &'static str, found: Option<(String, bool)>) -> Self {
        Self {
            what,
            wanted,
            found,
            allowed: None,
        }
    }

    fn allowing(self, allowed: Option<f64>) -> Self {
        Self { allowed, ..self }
    }
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
            allowed
                .map(|ratio| format!("{ratio:.2}×"))
                .unwrap_or_default(),
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
    // A Worker whose own work took no time would still receive the body and wait for the batch.
    let least = stage(run, BODY_READ).zip(stage(run, BATCH_ALONE));
    let least = least.map(|(read, batch)| read + batch);
    let drizzle = small(Operation::Change, Peer::Drizzle);
    let best_js = small(Operation::Change, Peer::JsonEach);
    let floor = small(Operation::Change, Peer::Floor);
    // SQLite alone, in the two tables.
    let floor_in_million = |operation| {
        let in_million = ms(&SMALL_10_000, Table::Million, operation, Peer::Floor);
        ratio(in_million, floor)
    };
    vec![
        Goal::new(
            "10,000 small postings, all changed, against Drizzle",
            "at least 6× faster",
            at_least(ratio(drizzle, ours), 6.0),
        )
        .allowing(ratio(drizzle, least)),
        Goal::new(
            "the same against the best JavaScript Worker",
            "at least 1.4× faster",
            at_least(ratio(best_js, ours), 1.4),
        )
        .allowing(ratio(best_js, least)),
        Goal::new(
            "the same against the native floor",
            "at most 1.5× its time",
            at_most(ratio(ours, floor), 1.5),
        )
        .allowing(ratio(least, floor)),
        Goal::new(
            "the re-post against our own first load",
            "at most 0.6× its time",
            at_most(
                ratio(
                    small(Operation::Repost, Peer::JobsIngest),
                    small(Operation::Load, Peer::JobsIngest),
                ),
                0.6,
            ),
        ),
        Goal::new(
            "rows written: new, changed, unchanged",
            "at most 2, 1, 0 a posting, and a constant",
            rows_written(run),
        ),
        Goal::new(
            "time a posting from 100 to 10,000 in a request, all changed",
            "never grows",
            time_a_posting(run),
        ),
        Goal::new(
            "all changed in 1,000,000 rows against an empty table, where a load put them row beside row",
            "at most 1.3×",
            at_most(ratio(in_million(Operation::ChangeNeighbours), ours), 1.3),
        )
        .allowing(floor_in_million(Operation::ChangeNeighbours)),
        Goal::new(
            "the same, each in another page of the table",
            "at most 1.3×",
            at_most(ratio(in_million(Operation::Change), ours), 1.3),
        )
        .allowing(floor_in_million(Operation::Change)),
        Goal::new(
            "core, native, real-sized postings",
            "at least 400 MB/s",
            run.native
                .iter()
                .find(|native| native.workload == REAL_2_000.name)
                .map(|native| native.mb_per_s.median)
                .map(|rate| (format!("{rate:.0} MB/s"), rate >= 400.0)),
        ),
        Goal::new(
            "peak wasm memory, bodies of 0.9 MB and more",
            "at most 2.5× the body",
            at_most(
                run.memory
                    .iter()
                    // Below, the memory that the Worker begins with is most of it.
                    .filter(|memory| memory.body_bytes > 900_000)
                    .map(|memory| memory.wasm_bytes as f64 / memory.body_bytes as f64)
                    .max_by(f64::total_cmp),
                2.5,
            ),
        ),
        Goal::new(
            "wasm, gzipped",
            "at most 256 KB",
            Some(run.size.wasm_gzip_bytes)
                .filter(|bytes| *bytes > 0)
                .map(|bytes| (format!("{:.0} KB", bytes as f64 / 1e3), bytes <= 256_000)),
        ),
    ]
}

/// Median milliseconds of a stage of 10,000 small postings.
fn stage(run: &Run, what: &str) -> Option<f64> {
    let is_it = |stage: &&Stages| stage.workload == SMALL_10_000.name && stage.what == what;
    run.stages.iter().find(is_it).map(|stage| stage.ms.median)
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

/// What each size of request writes, and whether it is no more than is due.
fn rows_written(run: &Run) -> Option<(String, bool)> {
    let ours: Vec<&Rows> = run
        .rows
        .iter()
        .filter(|rows| rows.peer == Peer::JobsIngest)
        .collect();
    let of_sizes: Vec<(String, bool)> = ours
        .chunk_by(|one, next| one.n_postings == next.n_postings)
        .filter_map(rows_written_of)
        .collect();
    let (texts, are_due): (Vec<String>, Vec<bool>) = of_sizes.into_iter().unzip();
    let is_due = are_due.iter().all(|is_due| *is_due);
    let text = format!("{} (1 and 1 a parameter)", texts.join("; "));
    (!texts.is_empty()).then_some((text, is_due))
}

/// The operations of one size.
fn rows_written_of(rows: &[&Rows]) -> Option<(String, bool)> {
    let of = |operation| {
        rows.iter()
            .copied()
            .find(|rows: &&Rows| rows.operation == operation)
    };
    let (load, change, repost) = (
        of(Operation::Load)?,
        of(Operation::Change)?,
        of(Operation::Repost)?,
    );
    let a_posting = |rows: &Rows| rows.rows_written as f64 / rows.n_postings as f64;
    let n_unchanged = repost.n_postings - repost.n_new - repost.n_changed;
    // What a request writes besides its postings: its run.
    let besides = |rows: &Rows| {
        let due = match rows.operation {
            Operation::Load => 2 * rows.n_postings,
            Operation::Repost => 2 * rows.n_new + rows.n_changed,
            Operation::Change | Operation::ChangeNeighbours => rows.n_postings,
        };
        rows.rows_written as i64 - due as i64
    };
    // The run is begun, and updated behind each upsert: half of a batch's statements.
    let is_due = |rows: &Rows| {
        let besides = besides(rows);
        besides >= 0 && 2 * besides <= rows.n_statements as i64 + 1
    };
    let operations = [load, change, repost];
    let mut constants = operations.map(|rows| besides(rows).to_string()).to_vec();
    constants.dedup();
    Some((
        format!(
            "{} postings: {:.2}, {:.2}, none of {} unchanged; a request: {}",
            grouped(load.n_postings),
            a_posting(load),
            a_posting(change),
            grouped(n_unchanged),
            constants.join(" or ")
        ),
        operations.into_iter().all(is_due),
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
