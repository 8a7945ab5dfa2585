//! The command line of the benchmark.

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use lexopt::prelude::*;
use xtask::progress::timed;
use xtask::project;

use crate::result::{Run, Size};
use crate::table::Table;
use crate::{
    against, document, instructions, lists, machine, memory, push, rows, size, speed, stages,
};

/// The parts of a run.
const SECTIONS: [&str; 7] = [
    "empty", "million", "rows", "lists", "stages", "memory", "size",
];

const EXIT_USAGE: u8 = 64;

#[derive(Debug, Default)]
struct Options {
    quick: bool,
    only: Vec<String>,
    instructions: bool,
    check: bool,
    document: bool,
    push: bool,
    /// The commit to compare with.
    against: Option<String>,
}

pub fn main() -> ExitCode {
    let options = match parse() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("error: {error}");
            eprintln!("hint: cargo xtask bench --help");
            return ExitCode::from(EXIT_USAGE);
        }
    };
    if options.instructions {
        return instructions::run(options.check);
    }
    if options.document {
        document::update(&last());
        push::document();
        return ExitCode::SUCCESS;
    }
    if options.push {
        push::run(&options.only, options.quick);
        return ExitCode::SUCCESS;
    }
    if let Some(revision) = &options.against {
        return against(revision, options.quick);
    }
    let run = measure(&options);
    print!("{}", document::whole(&run));
    if options.quick || !options.only.is_empty() {
        eprintln!("not a whole run: bench/results/ and docs/PERFORMANCE.md stay as they are");
        return ExitCode::SUCCESS;
    }
    let json = serde_json::to_string_pretty(&run).expect("results are JSON");
    fs::write(last_path(), json + "\n").expect("write bench/results/last.json");
    document::update(&run);
    eprintln!(
        "written: bench/results/last.json, {}",
        document::WRITTEN.join(", ")
    );
    ExitCode::SUCCESS
}

fn parse() -> Result<Options, lexopt::Error> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("quick") => options.quick = true,
            Long("only") => {
                options.only.push(parser.value()?.string()?);
            }
            Long("against") => options.against = Some(parser.value()?.string()?),
            Long("check") => options.check = true,
            Value(name) if name == "instructions" => options.instructions = true,
            Value(name) if name == "document" => options.document = true,
            Value(name) if name == "push" => options.push = true,
            other => return Err(other.unexpected()),
        }
    }
    let sections: &[&str] = if options.push {
        &push::SECTIONS
    } else {
        &SECTIONS
    };
    let unknown = options
        .only
        .iter()
        .find(|only| !sections.contains(&only.as_str()));
    if let Some(name) = unknown {
        let known = sections.join(", ");
        return Err(format!("--only is '{name}', expected one of {known}").into());
    }
    if options.check && !options.instructions {
        return Err("--check is an option of `instructions`".into());
    }
    if options.against.is_some() && !options.only.is_empty() {
        return Err("--against measures other things than --only names".into());
    }
    Ok(options)
}

fn against(revision: &str, quick: bool) -> ExitCode {
    match against::against(revision, quick) {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            if let Some(hint) = error.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::FAILURE
        }
    }
}

fn last_path() -> std::path::PathBuf {
    project::root().join("bench/results/last.json")
}

fn last() -> Run {
    let text = fs::read_to_string(last_path()).expect("read bench/results/last.json");
    serde_json::from_str(&text).expect("bench/results/last.json is of this version")
}

fn measure(options: &Options) -> Run {
    let since = Instant::now();
    let quick = options.quick;
    let wants =
        |name: &str| options.only.is_empty() || options.only.iter().any(|only| only == name);
    let mut run = Run {
        machine: machine::machine(),
        speeds: Vec::new(),
        rows: Vec::new(),
        memory: Vec::new(),
        size: Size::default(),
        stages: Vec::new(),
        lists: Vec::new(),
        seconds: 0.0,
    };
    if wants("empty") {
        run.speeds.extend(speed::speeds(Table::Empty, quick));
    }
    if wants("million") {
        run.speeds.extend(speed::speeds(Table::Million, quick));
    }
    if wants("rows") {
        run.rows = timed("rows written and read", rows::rows);
    }
    if wants("lists") {
        run.lists = timed("complete lists, table: 1,000,000 rows", || {
            lists::lists(quick)
        });
    }
    if wants("stages") {
        run.stages = timed("where the time goes", || stages::stages(quick));
    }
    if wants("memory") {
        run.memory = timed("wasm memory", memory::memory);
    }
    if wants("size") {
        run.size = timed("size and start-up", size::size);
    }
    run.seconds = since.elapsed().as_secs_f64();
    run
}
