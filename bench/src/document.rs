//! What is written from a run: all of its tables, the page's tables, and the plots.

use std::fmt::Write as _;
use std::fs;

use xtask::project;

use crate::cost::dollars_per_million_postings;
use crate::goals;
use crate::markdown::{Table, grouped, range};
use crate::peer::Peer;
use crate::plot::{self, Panel, Plot};
use crate::result::{Operation, Run, Speed};
use crate::speed::{REAL_2_000, SMALL_1_000, SMALL_10_000, SMALL_100};
use crate::table;

pub const PAGE: &str = "docs/PERFORMANCE.md";
const BEGIN: &str = "<!-- results: written by cargo xtask bench -->";
const END: &str = "<!-- end of results -->";

/// The files that [`update`] writes.
pub const WRITTEN: [&str; 4] = [
    "bench/results/last.md",
    PAGE,
    "docs/performance-time.svg",
    "docs/performance-dollars.svg",
];

/// The operations that the plots and the page show: all that an empty table has.
const OPERATIONS: [Operation; 3] = [Operation::Load, Operation::Change, Operation::Repost];

/// Writes the run's tables and plots.
pub fn update(run: &Run) {
    let page = fs::read_to_string(project::root().join(PAGE)).expect("read the page");
    let texts = [
        format!("# The last run\n\n{}", whole(run).trim_end()) + "\n",
        with_part(&page, (BEGIN, END), &summary(run)),
        plot::svg(&time(run)),
        plot::svg(&dollars(run)),
    ];
    for (path, text) in WRITTEN.iter().zip(texts) {
        fs::write(project::root().join(path), text)
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

/// The page with other text between two markers.
pub fn with_part(page: &str, (begin, end): (&str, &str), part: &str) -> String {
    let (before, rest) = page
        .split_once(begin)
        .unwrap_or_else(|| panic!("{PAGE} has no line {begin}"));
    let (_, after) = rest
        .split_once(end)
        .unwrap_or_else(|| panic!("{PAGE} has no line {end}"));
    format!("{before}{begin}\n\n{}\n\n{end}{after}", part.trim_end())
}

/// All sections of a run that are not empty.
pub fn whole(run: &Run) -> String {
    let mut text = machine(run);
    text.push_str(&goals::table(run));
    let all: Vec<&Speed> = run.speeds.iter().collect();
    text.push_str(&speeds("Milliseconds per request", &all));
    text.push_str(&rows(run));
    text.push_str(&lists(run));
    text.push_str(&stages(run));
    text.push_str(&memory(run));
    text
}

fn lists(run: &Run) -> String {
    let mut table = Table::new(
        "Complete lists: milliseconds per request in a table of 1,000,000 rows of 200 sources",
        &["request", "ms"],
    );
    for list in &run.lists {
        table.line(vec![list.what.clone(), range(&list.ms)]);
    }
    table.finish()
}

/// What the page shows: the largest requests, and what D1 bills for the largest of small postings.
fn summary(run: &Run) -> String {
    let is_shown = |speed: &&Speed| {
        let is_large = [SMALL_10_000.name, REAL_2_000.name].contains(&speed.workload.as_str());
        let is_shown = match speed.table {
            table::Table::Empty => OPERATIONS.contains(&speed.operation),
            table::Table::Million => speed.operation == Operation::Repost,
        };
        is_large && is_shown
    };
    let shown: Vec<&Speed> = run.speeds.iter().filter(is_shown).collect();
    let mut text = machine(run);
    text.push_str(&speeds("Milliseconds per request", &shown));
    text.push_str(&lists(run));
    text.push_str(&bill(run));
    text
}

fn bill(run: &Run) -> String {
    let mut table = Table::new(
        "What D1 bills: dollars per million postings, 10,000 per request",
        &["operation"],
    );
    for peer in Peer::WORKERS {
        table.column(peer.title());
    }
    for operation in OPERATIONS {
        let cell = |peer: Peer| {
            let is_it = |rows: &&crate::result::Rows| {
                rows.peer == peer
                    && rows.operation == operation
                    && rows.n_postings == SMALL_10_000.n_postings
            };
            let rows = run.rows.iter().find(is_it);
            rows.map_or_else(String::new, |rows| {
                format!("{:.2}", dollars_per_million_postings(rows))
            })
        };
        let mut line = vec![operation.title().to_owned()];
        line.extend(Peer::WORKERS.map(cell));
        table.line(line);
    }
    table.finish()
}

/// Time by size: small postings, empty table.
fn time(run: &Run) -> Plot {
    let panels = OPERATIONS.map(|operation| {
        let point = |peer: Peer, name: &str| {
            let is_it = |speed: &&Speed| {
                speed.peer == peer
                    && speed.operation == operation
                    && speed.table == table::Table::Empty
                    && speed.workload == name
            };
            let speed = run.speeds.iter().find(is_it)?;
            Some((speed.n_postings, speed.ms.median))
        };
        let names = [SMALL_100.name, SMALL_1_000.name, SMALL_10_000.name];
        Panel {
            title: operation.title(),
            lines: Peer::ALL
                .map(|peer| {
                    (
                        peer,
                        names.iter().filter_map(|name| point(peer, name)).collect(),
                    )
                })
                .into(),
        }
    });
    Plot {
        title: "Time by size of the request",
        y_title: "milliseconds per request",
        panels: panels.into(),
    }
}

/// Dollars by size: small postings.
fn dollars(run: &Run) -> Plot {
    let panels = OPERATIONS.map(|operation| {
        let points = |peer: Peer| {
            let rows = run.rows.iter();
            let rows = rows.filter(|rows| rows.peer == peer && rows.operation == operation);
            rows.map(|rows| (rows.n_postings, dollars_per_million_postings(rows)))
                .collect()
        };
        Panel {
            title: operation.title(),
            lines: Peer::WORKERS.map(|peer| (peer, points(peer))).into(),
        }
    });
    Plot {
        title: "Dollars by size of the request",
        y_title: "dollars per million postings",
        panels: panels.into(),
    }
}

fn machine(run: &Run) -> String {
    let machine = &run.machine;
    let busy = match machine.n_busy_before > 0.3 {
        true => {
            "**The machine was busy with other work: times are too long and vary too much, and \
                 ratios are uncertain.** Measure again before relying on them.\n\n"
        }
        false => "",
    };
    format!(
        "{busy}Run of {}, commit {}, {:.0} min. {}, {} cores, {} GiB, {}; {:.1} of its cores busy before it. \
         {}; Node {}, wrangler {}, workerd {}; drizzle-orm {}; SQLite of the floor {}.\n\n\
         Times are medians with the quartiles in brackets; a number in the form 1.7× is a peer's median \
         divided by that of jobs-ingest in the same run.\n\n",
        machine.date,
        machine.commit,
        run.seconds / 60.0,
        machine.processor,
        machine.n_cores,
        machine.memory_gib,
        machine.system,
        machine.n_busy_before,
        machine.rustc,
        machine.node,
        machine.wrangler,
        machine.workerd,
        machine.drizzle,
        machine.sqlite_of_floor,
    )
}

/// A line for each workload and operation, a column for each peer.
fn speeds(title: &str, speeds: &[&Speed]) -> String {
    let name = |speed: &Speed| (speed.workload.clone(), speed.table.title().to_owned());
    if speeds.is_empty() {
        return String::new();
    }
    let mut peers: Vec<Peer> = speeds.iter().map(|speed| speed.peer).collect();
    peers.sort();
    peers.dedup();
    let mut lines: Vec<(String, String, Operation)> = Vec::new();
    for speed in speeds {
        let (workload, state) = name(speed);
        if !lines.contains(&(workload.clone(), state.clone(), speed.operation)) {
            lines.push((workload, state, speed.operation));
        }
    }
    let mut table = Table::new(title, &["postings", "table", "operation"]);
    for peer in &peers {
        table.column(peer.title());
    }
    for (workload, state, operation) in lines {
        let of = |peer: Peer| {
            speeds.iter().find(|speed| {
                speed.peer == peer
                    && speed.operation == operation
                    && name(speed) == (workload.clone(), state.clone())
            })
        };
        let ours = of(Peer::JobsIngest).map(|speed| speed.ms.median);
        let cells = peers.iter().map(|peer| {
            let Some(speed) = of(*peer) else {
                return String::new();
            };
            match ours {
                Some(ours) if *peer != Peer::JobsIngest => {
                    format!("{} {:.2}×", range(&speed.ms), speed.ms.median / ours)
                }
                _ => range(&speed.ms),
            }
        });
        let mut line = vec![
            workload.clone(),
            state.clone(),
            operation.title().to_owned(),
        ];
        line.extend(cells);
        table.line(line);
    }
    table.finish()
}

/// A table for each number of postings in a request.
fn rows(run: &Run) -> String {
    let mut sizes: Vec<usize> = run.rows.iter().map(|rows| rows.n_postings).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes.into_iter().map(|size| rows_of(run, size)).collect()
}

fn rows_of(run: &Run, n_postings: usize) -> String {
    let title = format!(
        "What D1 bills, {} postings per request",
        grouped(n_postings)
    );
    let mut table = Table::new(
        &title,
        &[
            "peer",
            "operation",
            "rows written",
            "rows read",
            "statements",
            "dollars per million postings",
        ],
    );
    for rows in run.rows.iter().filter(|rows| rows.n_postings == n_postings) {
        table.line(vec![
            rows.peer.title().to_owned(),
            match rows.operation {
                Operation::Repost => {
                    format!("re-post: {} changed, {} new", rows.n_changed, rows.n_new)
                }
                operation => operation.title().to_owned(),
            },
            rows.rows_written.to_string(),
            rows.rows_read.to_string(),
            rows.n_statements.to_string(),
            format!("{:.3}", dollars_per_million_postings(rows)),
        ]);
    }
    table.finish()
}

fn stages(run: &Run) -> String {
    if run.stages.is_empty() {
        return String::new();
    }
    let mut table = Table::new(
        "Where the time goes: all changed, empty table",
        &["postings", "what", "ms"],
    );
    for stage in &run.stages {
        table.line(vec![
            stage.workload.clone(),
            stage.what.clone(),
            range(&stage.ms),
        ]);
    }
    table.finish()
}

fn memory(run: &Run) -> String {
    let mut text = String::new();
    if !run.memory.is_empty() {
        let mut table = Table::new(
            "Wasm memory after one request in a fresh instance",
            &["postings", "body, bytes", "wasm memory, bytes", "ratio"],
        );
        for memory in &run.memory {
            table.line(vec![
                memory.kind.clone(),
                memory.body_bytes.to_string(),
                memory.wasm_bytes.to_string(),
                format!("{:.2}", memory.wasm_bytes as f64 / memory.body_bytes as f64),
            ]);
        }
        text.push_str(&table.finish());
    }
    if run.size.wasm_bytes > 0 {
        let size = &run.size;
        let mut table = Table::new("What is deployed", &["", "bytes", "gzipped"]);
        table.line(vec![
            "index_bg.wasm".to_owned(),
            size.wasm_bytes.to_string(),
            size.wasm_gzip_bytes.to_string(),
        ]);
        table.line(vec![
            "index.js".to_owned(),
            size.js_bytes.to_string(),
            size.js_gzip_bytes.to_string(),
        ]);
        text.push_str(&table.finish());
        writeln!(
            text,
            "Start-up by `wrangler check startup`: {:.1} ms of CPU time (the limit is 1,000 ms).\n",
            size.startup_ms
        )
        .expect("memory takes all bytes");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, with_part};

    #[test]
    fn results_replace_what_is_between_the_markers() {
        let page =
            "a\n<!-- results: written by cargo xtask bench -->\nold\n<!-- end of results -->\nb\n";
        let expected = "a\n<!-- results: written by cargo xtask bench -->\n\nnew\n\n<!-- end of results -->\nb\n";
        assert_eq!(with_part(page, (BEGIN, END), "new\n\n"), expected);
        assert_eq!(with_part(expected, (BEGIN, END), "new\n"), expected);
    }
}
