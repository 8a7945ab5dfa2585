//! `cargo xtask bench push`: what a push costs, beside what a user would do instead.

mod mapping;
mod million;
mod program;
mod report;
mod repost;
mod results;

use std::fs;
use std::path::PathBuf;

use xtask::progress::timed;
use xtask::project;

use crate::machine;
use results::Run;

/// The parts of a run.
pub const SECTIONS: [&str; 3] = ["repost", "million", "mapping"];

/// Measures and prints; a whole run is also written to bench/results/ and docs/PERFORMANCE.md.
pub fn run(only: &[String], quick: bool) {
    let wants = |name: &str| only.is_empty() || only.iter().any(|only| only == name);
    let run = Run {
        machine: machine::machine(),
        mapping: match wants("mapping") {
            true => timed("mapping", mapping::mapping),
            false => Vec::new(),
        },
        repost: wants("repost").then(|| timed("re-posting 20,000", || repost::repost(quick))),
        million: wants("million").then(|| timed("1,000,000 postings", || million::million(quick))),
    };
    print!("{}", report::whole(&run));
    if quick || !only.is_empty() {
        eprintln!("not a whole run: bench/results/ and docs/PERFORMANCE.md stay as they are");
        return;
    }
    let json = serde_json::to_string_pretty(&run).expect("results are JSON");
    fs::write(path(), json + "\n").expect("write bench/results/push.json");
    report::update(&run);
}

/// Writes the page's table again from bench/results/push.json.
pub fn document() {
    let text = fs::read_to_string(path()).expect("read bench/results/push.json");
    report::update(&serde_json::from_str(&text).expect("push.json is of this version"));
}

fn path() -> PathBuf {
    project::root().join("bench/results/push.json")
}
