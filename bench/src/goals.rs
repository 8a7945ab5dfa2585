//! What must hold in every run. Times relative to the other Workers are not goals: most of such a time is
//! the platform's.

use crate::markdown::{Table as Tabular, grouped};
use crate::peer::Peer;
use crate::result::{Operation, Rows, Run, Speed};
use crate::speed::{SMALL_1_000, SMALL_10_000, SMALL_100, Workload};
use crate::table::Table;

struct Goal {
    what: &'static str,
    wanted: &'static str,
    /// What was found and whether it is enough; `None` if the run did not measure it.
    found: Option<(String, bool)>,
}

impl Goal {
    fn new(what: &'static str, wanted: &'static str, found: Option<(String, bool)>) -> Self {
        Self {
            what,
            wanted,
            found,
        }
    }
}

/// The goals as a table.
pub fn table(run: &Run) -> String {
    let goals = goals(run);
    if goals.iter().all(|goal| goal.found.is_none()) {
        return String::new();
    }
    let columns = ["what", "goal", "this run", "reached"];
    let mut table = Tabular::new("Goals", &columns);
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
    let small =
        |operation, peer| find(run, &SMALL_10_000, operation, peer).map(|speed| speed.ms.median);
    let ratio = |over: Option<f64>, under: Option<f64>| Some(over? / under?);
    let at_most = |found: Option<f64>, wanted: f64| {
        found.map(|found| (format!("{found:.2}×"), found <= wanted))
    };
    vec![
        Goal::new(
            "10,000 small postings, all changed, against the native floor",
            "at most 1.5× its time",
            at_most(
                ratio(
                    small(Operation::Change, Peer::JobsIngest),
                    small(Operation::Change, Peer::Floor),
                ),
                1.5,
            ),
        ),
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
            "at most 2, 1, 0 per posting, and a constant",
            rows_written(run),
        ),
        Goal::new(
            "time per posting from 100 to 10,000 in a request, all changed",
            "never grows",
            time_a_posting(run),
        ),
        Goal::new(
            "peak wasm memory, bodies of 0.9 MB and more",
            "at most 2.5× the body",
            at_most(
                run.memory
                    .iter()
                    // Of smaller bodies, most is the memory that the Worker starts with.
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

/// In the empty table.
fn find<'r>(
    run: &'r Run,
    workload: &Workload,
    operation: Operation,
    peer: Peer,
) -> Option<&'r Speed> {
    run.speeds.iter().find(|speed| {
        speed.workload == workload.name
            && speed.table == Table::Empty
            && speed.operation == operation
            && speed.peer == peer
    })
}

/// What each size of request writes, and whether it is no more than necessary.
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
    let text = format!("{} (1, and 1 per parameter)", texts.join("; "));
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
    // What a request writes in addition to its postings: its run.
    let besides = |rows: &Rows| {
        let due = match rows.operation {
            Operation::Load => 2 * rows.n_postings,
            Operation::Repost => 2 * rows.n_new + rows.n_changed,
            Operation::Change | Operation::ChangeNeighbours => rows.n_postings,
        };
        rows.rows_written as i64 - due as i64
    };
    // The run is inserted, and updated after each upsert: half of a batch's statements.
    let is_due = |rows: &Rows| {
        let besides = besides(rows);
        besides >= 0 && 2 * besides <= rows.n_statements as i64 + 1
    };
    let operations = [load, change, repost];
    let mut constants = operations.map(|rows| besides(rows).to_string()).to_vec();
    constants.dedup();
    Some((
        format!(
            "{} postings: {:.2}, {:.2}, none of {} unchanged; per request: {}",
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
        find(run, workload, Operation::Change, Peer::JobsIngest)
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
