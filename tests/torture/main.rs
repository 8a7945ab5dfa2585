//! `cargo xtask torture`: the Worker on real workerd and real D1, under conditions that break
//! services.
//!
//! Each part makes promises. The first broken one ends the run with its message, exit code 1, and
//! the path of the storage, which is kept.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a broken promise is a panic, which ends the run"
)]

mod abuse;
mod asked_first;
mod clients;
mod description;
mod full;
mod kills;
mod ledger;
mod lists;
mod memory;
mod plan;
mod postings;
mod report;
mod resident;
mod storage;
mod trickle;

use std::panic::catch_unwind;
use std::process::ExitCode;

use lexopt::prelude::*;

use crate::plan::{Form, Plan};
use crate::report::Summary;

struct Part {
    name: &'static str,
    what: &'static str,
    run: fn(Plan) -> Summary,
}

const PARTS: [Part; 8] = [
    Part {
        name: "kills",
        what: "workerd is killed at random moments during writes",
        run: kills::run,
    },
    Part {
        name: "lists",
        what: "workerd is killed while clients send complete lists",
        run: lists::run,
    },
    Part {
        name: "clients",
        what: "32 clients with overlapping keys, repeats and dropped connections",
        run: clients::run,
    },
    Part {
        name: "memory",
        what: "requests of the largest size, in sequence and eight at once",
        run: memory::run,
    },
    Part {
        name: "abuse",
        what: "gzip bombs, slow bodies, and other malicious bodies",
        run: abuse::run,
    },
    Part {
        name: "trickle",
        what: "slow bodies of one token next to small and large ones of another",
        run: trickle::run,
    },
    Part {
        name: "full",
        what: "a full disk",
        run: full::run,
    },
    Part {
        name: "description",
        what: "requests generated from openapi.json (schemathesis)",
        run: description::run,
    },
];

fn main() -> ExitCode {
    let (plan, names) = match arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("error: {error}");
            eprintln!("hint: cargo xtask torture --help lists the options");
            return ExitCode::from(64);
        }
    };
    println!("seed {} (repeat with --seed {})", plan.seed, plan.seed);
    let mut summaries = Vec::new();
    for part in PARTS {
        if !names.is_empty() && !names.iter().any(|name| name == part.name) {
            continue;
        }
        println!("==> {}: {}", part.name, part.what);
        let Ok(summary) = catch_unwind(|| (part.run)(plan)) else {
            println!(
                "==> {}: a promise is broken; the message is above",
                part.name
            );
            report::print(&summaries);
            return ExitCode::FAILURE;
        };
        summaries.push((part.name, summary));
    }
    report::print(&summaries);
    println!("every promise was kept");
    ExitCode::SUCCESS
}

fn arguments() -> Result<(Plan, Vec<String>), lexopt::Error> {
    let mut plan = Plan {
        form: Form::Full,
        seed: fastrand::u64(..),
    };
    let mut names = Vec::new();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("short") => plan.form = Form::Short,
            Long("seed") => plan.seed = parser.value()?.parse()?,
            Value(name) if PARTS.iter().any(|part| name == part.name) => {
                names.push(name.string()?);
            }
            other => return Err(other.unexpected()),
        }
    }
    Ok((plan, names))
}
