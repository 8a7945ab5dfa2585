//! The command line of the benchmark.

use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use lexopt::prelude::*;
use xtask::progress::step;
use xtask::project;

use crate::cost::Cost;
use crate::result::{Run, Size};
use crate::table::Table;
use crate::{
    against, document, instructions, machine, memory, native, push, rows, size, speed, stages,
};

/// The parts of a run.
const SECTIONS: [&str; 9] = [
    "empty",
    "million",
    "clients",
    "encodings",
    "rows",
    "stages",
    "core",
    "memory",
    "size",
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
    /// Another commit.
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
        return ExitCode::SUCCESS;
    }
    if options.push {
        push::run();
        return ExitCode::SUCCESS;
    }
    if let Some(revision) = &options.against {
        return against(revision, options.quick);
    }
    let run = measure(&options);
    print!("{}", document::whole(&run));
    if options.quick || !options.only.is_empty() {
        eprintln!(
            "not a whole run: bench/results/last.json and docs/PERFORMANCE.md stay as they are"
        );
        return ExitCode::SUCCESS;
    }
    let json = serde_json::to_string_pretty(&run).expect("results are JSON");
    fs::write(last_path(), json + "\n").expect("write bench/results/last.json");
    document::update(&run);
    eprintln!("written: bench/results/last.json, docs/PERFORMANCE.md");
    ExitCode::SUCCESS
}

fn parse() -> Result<Options, lexopt::Error> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("quick") => options.quick = true,
            Long("only") => {
                let name = parser.value()?.string()?;
                if !SECTIONS.contains(&name.as_str()) {
                    let known = SECTIONS.join(", ");
                    return Err(format!("--only is '{name}', expected one of {known}").into());
                }
                options.only.push(name);
            }
            Long("against") => options.against = Some(parser.value()?.string()?),
            Long("check") => options.check = true,
            Value(name) if name == "instructions" => options.instructions = true,
            Value(name) if name == "document" => options.document = true,
            Value(name) if name == "push" => options.push = true,
            other => return Err(other.unexpected()),
        }
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
        clients: Vec::new(),
        encodings: Vec::new(),
        rows: Vec::new(),
        costs: Vec::new(),
        memory: Vec::new(),
        size: Size::default(),
        native: Vec::new(),
        stages: Vec::new(),
        seconds: 0.0,
    };
    if wants("empty") {
        run.speeds.extend(speed::one_client(Table::Empty, quick));
    }
    if wants("million") {
        run.speeds.extend(speed::one_client(Table::Million, quick));
    }
    if wants("clients") {
        run.clients = speed::many_clients(quick);
    }
    if wants("encodings") {
        run.encodings = speed::encodings(quick);
    }
    if wants("rows") {
        run.rows = section("rows written and read", rows::rows);
        run.costs = run.rows.iter().map(Cost::of).collect();
    }
    if wants("stages") {
        run.stages = section("where the time goes", || stages::stages(quick));
    }
    if wants("core") {
        run.native = section("core alone", native::native);
    }
    if wants("memory") {
        run.memory = section("wasm memory", memory::memory);
    }
    if wants("size") {
        run.size = section("size and start-up", size::size);
    }
    run.seconds = since.elapsed().as_secs_f64();
    run
}

fn section<T>(what: &str, work: impl FnOnce() -> T) -> T {
    step(what, || Ok::<_, ()>(work())).expect("no error to be had")
}
