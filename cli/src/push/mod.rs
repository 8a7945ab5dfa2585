//! `jobs-ingest push`: makes the table equal to files, folders and feeds, and sends only what differs.
//!
//! Two passes over the input: [`scan`] computes the hash of each row as the Worker would; [`send`]
//! sends the rows that `POST /jobs/compare` reports as different. [`list`] then puts the complete list.

mod api;
mod args;
mod cache;
mod check;
mod chunk;
mod content;
mod counted;
mod detected;
mod error;
mod fetch;
mod index;
mod inputs;
mod list;
mod progress;
mod rejects;
mod retry;
mod row;
mod scan;
mod send;
mod summary;

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use d1_migrate::exit::Exit;

use api::Api;
pub use args::Args;
use error::Error;
use list::Lists;
use progress::Progress;
use rejects::Rejects;
use send::Plan;
use summary::Summary;

use crate::target::Target;

/// Prints the summary or the report to stdout, everything else to stderr.
pub fn run(args: &Args) -> Exit {
    let result = match (&args.url, args.check) {
        (_, true) => check(args),
        (Some(url), false) => push(args, url),
        (None, false) => Err(Error::UrlMissing),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        if let Some(hint) = error.hint() {
            eprintln!("hint: {hint}");
        }
        error.exit()
    })
}

fn check(args: &Args) -> Result<Exit, Error> {
    let inputs = inputs::open(args)?;
    let mut report = check::Report::default();
    let scan = scan::scan(&inputs, &mut |row| report.add(row))?;
    report.print(&scan, args.json);
    Ok(match scan.n_rejected {
        0 => Exit::Ok,
        _ => Exit::Different,
    })
}

fn push(args: &Args, url: &str) -> Result<Exit, Error> {
    let target = Target::from_env(url, &args.token_env)?;
    // The list does not close postings that others store after this moment.
    let observed_ms = now_ms();
    let inputs = inputs::open(args)?;
    let mut rejects = Rejects::default();
    let scan = scan::scan(&inputs, &mut |row| rejects.add(row))?;
    for line in scan.warnings() {
        eprintln!("warning: {line}");
    }
    let api = Api::connect(&target, args.dry_run)?;
    let plan = Plan::compare(&api, &scan)?;
    let mut summary = Summary::of_scan(&scan, &plan, args.dry_run);
    let progress = Progress::new(plan.n_to_send());
    let sent = send::send(&api, &inputs, &plan.to_send, scan.only_source(), &progress)?;
    drop(progress);
    summary.add(&sent);
    let mut lists = Lists::new(&api, &inputs, &plan, observed_ms);
    lists.note_rejected(&sent.rejected);
    rejects.extend(sent.rejected);
    let listed = match args.snapshot {
        true => lists.put_all(&scan, &mut summary, &mut rejects),
        false => Ok(()),
    };
    // Postings were stored, and others rejected, even if the list fails.
    if !args.dry_run {
        summary.rejects_file = rejects.save(Path::new(""))?;
    }
    listed?;
    summary.count_bytes(&api, scan.n_json_bytes);
    summary.print(args.json);
    Ok(summary.exit())
}

/// Milliseconds since 1970.
fn now_ms() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64() * 1_000.0)
}
