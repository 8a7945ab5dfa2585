//! The results as tables: on stdout, and in docs/PERFORMANCE.md between its markers.

use std::fmt::Write as _;
use std::fs;

use xtask::project;

use crate::goals;
use crate::peer::Peer;
use crate::result::{Operation, Run, Speed};
use crate::stats::Summary;

const BEGIN: &str = "<!-- results: written by cargo xtask bench -->";
const END: &str = "<!-- end of results -->";

/// Puts the run's tables into docs/PERFORMANCE.md.
pub fn update(run: &Run) {
    let path = project::root().join("docs/PERFORMANCE.md");
    let text = fs::read_to_string(&path).expect("read docs/PERFORMANCE.md");
    let (before, rest) = text
        .split_once(BEGIN)
        .unwrap_or_else(|| panic!("docs/PERFORMANCE.md has no line {BEGIN}"));
    let (_, after) = rest
        .split_once(END)
        .unwrap_or_else(|| panic!("docs/PERFORMANCE.md has no line {END}"));
    let new = format!("{before}{BEGIN}\n\n{}\n{END}{after}", whole(run));
    fs::write(&path, new).expect("write docs/PERFORMANCE.md");
}

/// All sections of a run that are not empty.
pub fn whole(run: &Run) -> String {
    let mut text = machine(run);
    text.push_str(&goals::table(run));
    text.push_str(&speeds(
        "Milliseconds a request, one client",
        &run.speeds,
        |speed| (speed.workload.clone(), speed.table.title().to_owned()),
    ));
    text.push_str(&speeds(
        "Milliseconds until the last client has its answer",
        &run.clients,
        |speed| {
            let clients = match speed.n_clients {
                1 => "1 client".to_owned(),
                n => format!("{n} clients"),
            };
            (format!("{} a client", speed.workload), clients)
        },
    ));
    text.push_str(&speeds("Encodings of the body", &run.encodings, |speed| {
        (speed.workload.clone(), speed.encoding.clone())
    }));
    text.push_str(&rows(run));
    text.push_str(&stages(run));
    text.push_str(&native(run));
    text.push_str(&memory(run));
    text
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

/// A line a workload and operation, a column a peer.
fn speeds(title: &str, speeds: &[Speed], name: impl Fn(&Speed) -> (String, String)) -> String {
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
    let mut table = Table::new(title, &["postings", "", "operation"]);
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

/// `123 (120–130)`, with as many digits as say something.
pub fn range(summary: &Summary) -> String {
    let digits = match summary.median {
        median if median < 10.0 => 2,
        median if median < 100.0 => 1,
        _ => 0,
    };
    format!(
        "{:.digits$} ({:.digits$}–{:.digits$})",
        summary.median, summary.q1, summary.q3
    )
}

/// A table for each number of postings in a request.
fn rows(run: &Run) -> String {
    let mut sizes: Vec<usize> = run.rows.iter().map(|rows| rows.n_postings).collect();
    sizes.dedup();
    sizes.into_iter().map(|size| rows_of(run, size)).collect()
}

fn rows_of(run: &Run, n_postings: usize) -> String {
    let title = format!("What D1 bills, {} postings a request", grouped(n_postings));
    let mut table = Table::new(
        &title,
        &[
            "peer",
            "operation",
            "rows written",
            "rows read",
            "statements",
            "dollars a million postings",
        ],
    );
    let with_costs = run.rows.iter().zip(&run.costs);
    for (rows, cost) in with_costs.filter(|(rows, _)| rows.n_postings == n_postings) {
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
            format!("{:.3}", cost.dollars),
        ]);
    }
    table.finish()
}

/// `10,000`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
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

fn native(run: &Run) -> String {
    if run.native.is_empty() {
        return String::new();
    }
    let mut table = Table::new(
        "Core alone, one core",
        &["postings", "what", "million bytes a second"],
    );
    for native in &run.native {
        table.line(vec![
            native.workload.clone(),
            native.what.clone(),
            range(&native.mb_per_s),
        ]);
    }
    for (workload, rate) in goals::wasm_rates(run) {
        table.line(vec![
            workload,
            "core as wasm in workerd: stage `parse`, whole milliseconds".to_owned(),
            format!("{rate:.0}"),
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

/// A Markdown table whose columns are aligned, so that it reads well on a terminal, too.
pub struct Table {
    title: String,
    lines: Vec<Vec<String>>,
}

impl Table {
    pub fn new(title: &str, columns: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            lines: vec![columns.iter().map(|column| (*column).to_owned()).collect()],
        }
    }

    fn column(&mut self, name: &str) {
        self.lines[0].push(name.to_owned());
    }

    pub fn line(&mut self, cells: Vec<String>) {
        self.lines.push(cells);
    }

    pub fn finish(self) -> String {
        let n_columns = self.lines[0].len();
        let width = |column: usize| {
            let cells = self.lines.iter().filter_map(|line| line.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
                .max(3)
        };
        let widths: Vec<usize> = (0..n_columns).map(width).collect();
        let mut text = format!("### {}\n\n", self.title);
        for (number, line) in self.lines.iter().enumerate() {
            for (cell, width) in line.iter().zip(&widths) {
                write!(text, "| {cell:width$} ").expect("memory takes all bytes");
            }
            text.push_str("|\n");
            if number == 0 {
                for width in &widths {
                    write!(text, "|{}", "-".repeat(width + 2)).expect("memory takes all bytes");
                }
                text.push_str("|\n");
            }
        }
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_have_a_comma() {
        let numbers = [0, 999, 1_000, 12_345, 1_000_000].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "12,345", "1,000,000"]);
    }
}
