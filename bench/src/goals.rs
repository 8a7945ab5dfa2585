//! What must hold in every run. Times relative to the other Workers are not goals: most of such a time is
//! the platform's.

use crate::markdown::Table as Tabular;
use crate::peer::Peer;
use crate::result::{Operation, Run};
use crate::speed::SMALL_10_000;
use crate::table::Table;

/// Of smaller bodies, most of the memory is what the Worker starts with.
const MIN_BODY_BYTES: usize = 900_000;

const MAX_WASM_GZIP_BYTES: usize = 256_000;

/// The goals as a table.
pub fn table(run: &Run) -> String {
    let small = |operation, peer| {
        let speed = run.speeds.iter().find(|speed| {
            speed.workload == SMALL_10_000.name
                && speed.table == Table::Empty
                && speed.operation == operation
                && speed.peer == peer
        });
        speed.map(|speed| speed.ms.median)
    };
    let ours = |operation| small(operation, Peer::JobsIngest);
    let ratio = |over: Option<f64>, under: Option<f64>| Some(over? / under?);
    let large = run.memory.iter();
    let large = large.filter(|memory| memory.body_bytes > MIN_BODY_BYTES);
    let memory = large.map(|memory| memory.wasm_bytes as f64 / memory.body_bytes as f64);
    let at_most =
        |found: Option<f64>, max: f64| found.map(|found| (format!("{found:.2}×"), found <= max));
    let gzip_bytes = Some(run.size.wasm_gzip_bytes).filter(|bytes| *bytes > 0);
    let goals = [
        (
            "10,000 small postings, all changed, against the native floor",
            "at most 1.5× its time",
            at_most(
                ratio(
                    ours(Operation::Change),
                    small(Operation::Change, Peer::Floor),
                ),
                1.5,
            ),
        ),
        (
            "10,000 small postings, the re-post against our own first load",
            "at most 0.6× its time",
            at_most(ratio(ours(Operation::Repost), ours(Operation::Load)), 0.6),
        ),
        (
            "peak wasm memory, bodies of 0.9 MB and more",
            "at most 2.5× the body",
            at_most(memory.max_by(f64::total_cmp), 2.5),
        ),
        (
            "wasm, gzipped",
            "at most 256 KB",
            gzip_bytes.map(|bytes| {
                (
                    format!("{:.0} KB", bytes as f64 / 1e3),
                    bytes <= MAX_WASM_GZIP_BYTES,
                )
            }),
        ),
    ];
    if goals.iter().all(|(.., found)| found.is_none()) {
        return String::new();
    }
    let mut table = Tabular::new("Goals", &["what", "goal", "this run", "reached"]);
    for (what, wanted, found) in goals {
        let (found, is_reached) = match found {
            Some((found, true)) => (found, "yes"),
            Some((found, false)) => (found, "no"),
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
