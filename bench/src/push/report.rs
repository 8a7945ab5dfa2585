//! The tables of a run of push.

use std::fs;

use xtask::project;

use super::mapping::Mapping;
use super::million::Million;
use super::repost::{Cost, Repost};
use super::results::Run;
use crate::document::{PAGE, with_part};
use crate::machine::Machine;
use crate::markdown::{Table, grouped, range};
use crate::stats::Summary;

const RESULTS: &str = "bench/results/push.md";
const BEGIN: &str = "<!-- push: written by cargo xtask bench push -->";
const END: &str = "<!-- end of push -->";

/// Goals of a re-post: the parts of curl's bytes and of its time in the Worker. No stored row is to be read more
/// than twice.
const MAX_BYTES_SHARE: f64 = 1.0 / 25.0;
const MAX_TIME_SHARE: f64 = 1.0 / 4.0;
/// Rows that a push reads besides postings: of its run and its key, and the last row of the table.
const N_OTHER_ROWS: usize = 10;
/// Of 1,000,000 postings.
const MAX_PEAK_BYTES: u64 = 150_000_000;

/// Writes the tables to bench/results/ and to the page.
pub fn update(run: &Run) {
    let root = project::root();
    let page = fs::read_to_string(root.join(PAGE)).expect("read the page");
    let page = with_part(&page, (BEGIN, END), &summary(run));
    fs::write(root.join(PAGE), page).expect("write the page");
    let results = format!("# The last run of push\n\n{}", whole(run).trim_end()) + "\n";
    fs::write(root.join(RESULTS), results).expect("write the results");
}

pub fn whole(run: &Run) -> String {
    let mut text = summary(run);
    text.extend(run.repost.as_ref().map(routes));
    text
}

/// What the page shows.
fn summary(run: &Run) -> String {
    let mut text = machine(&run.machine);
    text.extend(run.repost.as_ref().map(repost));
    text.extend(run.million.as_ref().map(million));
    if !run.mapping.is_empty() {
        text.push_str(&mapping(&run.mapping));
    }
    text
}

fn machine(machine: &Machine) -> String {
    format!(
        "Run of {}, commit {}. {}, {} cores, {:.1} of them busy with other work before it.\n\n",
        machine.date, machine.commit, machine.processor, machine.n_cores, machine.n_busy_before
    )
}

fn repost(repost: &Repost) -> String {
    let title = format!(
        "A re-post of {} real-sized postings ({} MB): {} changed, {} new",
        grouped(repost.n_postings),
        repost.file_bytes / 1_000_000,
        repost.n_changed,
        repost.n_new
    );
    let columns = [
        "",
        "bytes sent",
        "Worker's time, ms",
        "of it without D1, ms",
        "in all, ms",
        "rows read per posting",
    ];
    let mut table = Table::new(&title, &columns);
    let reads = |cost: &Cost| cost.rows_read as f64 / repost.n_postings as f64;
    for cost in &repost.costs {
        table.line(vec![
            cost.name.clone(),
            grouped(usize::try_from(cost.bytes_sent).unwrap_or_default()),
            range(&cost.worker_ms),
            range(&cost.own_ms),
            range(&cost.wall_ms),
            format!("{:.2}", reads(cost)),
        ]);
    }
    if let [push, curl] = repost.costs.as_slice() {
        let bytes = push.bytes_sent as f64 / curl.bytes_sent as f64;
        let shares = |ratio: &Summary| {
            let [median, least, most] =
                [ratio.median, ratio.q3, ratio.q1].map(|share| format!("1/{:.1}", 1.0 / share));
            format!("{median}, {least}–{most}")
        };
        let is_reached = repost.worker_ratio.median <= MAX_TIME_SHARE;
        let wall = push.wall_ms.median / curl.wall_ms.median;
        table.line(vec![
            "push divided by curl".to_owned(),
            goal(
                format!("1/{:.0}", 1.0 / bytes),
                "1/25",
                bytes <= MAX_BYTES_SHARE,
            ),
            goal(shares(&repost.worker_ratio), "1/4", is_reached),
            shares(&repost.own_ratio),
            format!("{wall:.2}"),
            format!("{:.2}", reads(push) / reads(curl)),
        ]);
    }
    table.finish() + WITHOUT_D1 + &reads_of_push(repost)
}

const WITHOUT_D1: &str = "The column without D1 leaves out the stage `db`, in which the Worker hands D1 its parameters and waits. On \
Cloudflare D1 is another service; here both run in one process.\n\n";

/// How often push read stored rows.
fn reads_of_push(repost: &Repost) -> String {
    let all = repost.costs.first().map_or(0, |push| push.rows_read);
    let all = usize::try_from(all).unwrap_or_default();
    let n_sent = repost.n_changed + repost.n_new;
    // Of the comparison, and of the upsert.
    let n_entries = repost.n_postings + n_sent;
    let n_stored = all.saturating_sub(n_entries);
    // Unchanged ones are compared; changed ones are compared and written.
    let n_at_most = repost.n_postings - n_sent + 2 * repost.n_changed + N_OTHER_ROWS;
    let reached = goal(
        grouped(n_stored),
        &grouped(n_at_most),
        n_stored <= n_at_most,
    );
    format!(
        "Of the {} rows that D1 counts for push, {} are entries of parameters. The others are stored rows: {reached}. The limit \
         is one read of each unchanged posting, two of each changed one, and {N_OTHER_ROWS} of the run, its key and the \
         table's last row.\n\n",
        grouped(all),
        grouped(n_entries),
    )
}

fn goal(found: String, at_most: &str, is_reached: bool) -> String {
    let reached = if is_reached { "reached" } else { "missed" };
    format!("{found} (at most {at_most}: {reached})")
}

fn routes(repost: &Repost) -> String {
    let columns = ["", "route", "requests", "milliseconds by stage"];
    let mut table = Table::new(
        "Where the Worker's time goes, in the round of the median",
        &columns,
    );
    for cost in &repost.costs {
        for route in &cost.routes {
            let stages = route.stages.iter();
            let stages: Vec<String> = stages.map(|(name, ms)| format!("{name} {ms}")).collect();
            table.line(vec![
                cost.name.clone(),
                route.name.clone(),
                route.n_requests.to_string(),
                stages.join(", "),
            ]);
        }
    }
    table.finish()
}

fn million(million: &Million) -> String {
    let n_postings = usize::try_from(million.n_postings).unwrap_or_default();
    let title = format!(
        "{} small postings ({} MB) to an empty table",
        grouped(n_postings),
        million.file_bytes / 1_000_000
    );
    let mut table = Table::new(
        &title,
        &["", "seconds", "postings per second", "divided by push"],
    );
    let of_push = million.loads.first().map_or(1.0, |load| load.seconds);
    for load in &million.loads {
        let per_second = million.n_postings as f64 / load.seconds;
        table.line(vec![
            load.name.clone(),
            format!("{:.1}", load.seconds),
            grouped(per_second as usize),
            format!("{:.2}×", load.seconds / of_push),
        ]);
    }
    let rows: Vec<String> = million.killed_at_rows.iter().map(u64::to_string).collect();
    let memory = goal(
        format!("{:.0} MB", million.peak_bytes as f64 / 1e6),
        "150 MB",
        million.peak_bytes <= MAX_PEAK_BYTES,
    );
    format!(
        "{}Push has used {memory} of memory. Killed by SIGKILL when {} rows were stored and run again, it made the \
         table equal to the file.\n\n",
        table.finish(),
        rows.join(" and ")
    )
}

fn mapping(formats: &[Mapping]) -> String {
    let mut table = Table::new(
        "Mapping, one core",
        &["format", "MB per second", "at least", "reached"],
    );
    for format in formats {
        let reached = format.mb_per_s >= format.min_mb_per_s;
        table.line(vec![
            format.format.clone(),
            format!("{:.0}", format.mb_per_s),
            format!("{:.0}", format.min_mb_per_s),
            if reached { "yes" } else { "no" }.to_owned(),
        ]);
    }
    table.finish()
}
