//! Everything that can stop a command, one variant per cause.

use std::io;
use std::path::PathBuf;

use thiserror::Error as ThisError;

use super::program::call;
use super::words::counted;

/// Why a command stopped.
#[derive(Debug, ThisError)]
pub enum Error {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write to stdout: {source}")]
    Print { source: io::Error },
    #[error("no wrangler.toml, wrangler.json or wrangler.jsonc here or in a folder above ({})", from.display())]
    NoProject { from: PathBuf },
    #[error("cannot read {}: {message}", path.display())]
    Config { path: PathBuf, message: String },
    #[error("{} has no environment {name}", path.display())]
    NoEnvironment {
        name: String,
        path: PathBuf,
        known: Vec<String>,
    },
    #[error("{place} has no [[d1_databases]] in {}", path.display())]
    NoDatabase { place: String, path: PathBuf },
    #[error("{place} has no D1 database with the binding or name {name}")]
    NoBinding {
        name: String,
        place: String,
        known: Vec<String>,
    },
    #[error("{place} has {} D1 databases, and none of them is bound to DB", known.len())]
    ManyDatabases { place: String, known: Vec<String> },
    #[error("there is no {}", path.display())]
    NoSchemaFile { path: PathBuf },
    #[error("sqlite: {0}")]
    Sqlite(#[from] d1_sim::rusqlite::Error),
    #[error("wrangler is not installed")]
    NoWrangler,
    #[error("cannot listen on port {port}: {source}")]
    Port { port: u16, source: io::Error },
    #[error("cannot run {command}: {source}")]
    Spawn { command: String, source: io::Error },
    #[error("{command} failed{status}\n{output}")]
    Wrangler {
        command: String,
        status: String,
        output: String,
    },
    #[error("{command} answered something else than expected: {message}")]
    WranglerAnswer { command: String, message: String },
    #[error("checksums.txt, line {line}: `{text}` is no checksum and name")]
    ChecksumLine { line: usize, text: String },
    #[error("schema.sql, line {line}: {message}")]
    SchemaFile { line: usize, message: String },
    #[error("{file}, statement {statement}: {message}")]
    Replay {
        file: String,
        statement: String,
        message: String,
    },
    #[error("{file} is applied, and the migrations folder has no such file")]
    UnknownMigration { file: String },
    #[error("there is no migration {number}; the folder has {known}")]
    NoSuchNumber { number: u64, known: String },
    #[error("`{title}` gives no file name: it needs a letter or a digit")]
    BadTitle { title: String },
    #[error("possible renames need an answer: {questions}")]
    RenameUndecided { questions: String, hint: String },
    #[error("--rename {given}: {message}")]
    BadRename { given: String, message: String },
    #[error("{}; nothing was applied", counted(*count, "finding"))]
    Invalid { count: usize },
    #[error("the answer was no; nothing was changed")]
    Declined,
    #[error("this needs an answer and there is no terminal to ask on")]
    NotATerminal { hint: String },
    #[error("`{given}` is not the name of the database, {expected}; nothing was changed")]
    WrongName { given: String, expected: String },
    #[error("DOWN of {file} fails: {message}; nothing was changed")]
    DownFails { file: String, message: String },
    #[error("{file} has no DOWN section; nothing was changed")]
    NoDown { file: String },
    #[error("nothing to roll back: {place} has no applied migration")]
    NothingApplied { place: String },
    #[error("{command} works on a local database only, and {env} is remote")]
    LocalOnly { command: &'static str, env: String },
    #[error("there is no local database of {env} yet")]
    NoLocalDatabase { env: String },
    #[error("there is no {}", path.display())]
    NoTemplate { path: PathBuf },
    #[error("the database differs from what migrations up to {file} build")]
    BaselineDiffers { file: String, diff: String },
    #[error("wrangler reported no failure, but {} not recorded: {}", verb(.names), .names.join(", "))]
    NotRecorded { names: Vec<String> },
    #[error("{0}")]
    Prompt(String),
    #[error("the statements are {bytes} bytes, and the limit of one command line is {limit}")]
    CommandTooLong { bytes: usize, limit: usize },
    #[error("{0}")]
    Refused(String),
    #[error("{message}")]
    Hinted { message: String, hint: String },
}

fn verb(names: &[String]) -> &'static str {
    if names.len() == 1 {
        "this is"
    } else {
        "these are"
    }
}

/// Values of an option, each as it is typed.
fn options(name: &str, values: &[String]) -> String {
    let all = values.iter().map(|value| format!("{name} {value}"));
    all.collect::<Vec<_>>().join(", ")
}

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoProject { .. } => "run it in the project's folder",
            Self::NoDatabase { .. } => "add a [[d1_databases]] entry; environments inherit none",
            Self::ManyDatabases { known, .. } | Self::NoBinding { known, .. } => {
                return Some(format!("choose one: {}", options("--binding", known)));
            }
            Self::NoEnvironment { known, .. } if known.is_empty() => {
                "leave --env out for the top level"
            }
            Self::NoEnvironment { known, .. } => {
                return Some(format!(
                    "leave --env out for the top level, or choose one: {}",
                    options("--env", known)
                ));
            }
            Self::NoSchemaFile { .. } => {
                return Some(format!(
                    "{} writes it from what the migrations build",
                    call("init")
                ));
            }
            Self::NoWrangler => "run: npm ci, or npm install --save-dev wrangler",
            Self::Invalid { .. } => {
                return Some(format!("run {} for the findings alone", call("validate")));
            }
            Self::LocalOnly { .. } => "add --local for its local database",
            Self::NoLocalDatabase { env } if env == "dev" => {
                return Some(format!("run {} first", call("migrate")));
            }
            Self::NoLocalDatabase { env } => {
                let migrate = format!("migrate --env {env} --local");
                return Some(format!("run {} first", call(&migrate)));
            }
            Self::Port { .. } => "end the program that has it, or leave --port out for a free one",
            Self::ChecksumLine { .. } => {
                return Some(format!(
                    "after a merge give your migration the next number, take the other branch's checksums.txt, and run {}",
                    call("validate")
                ));
            }
            Self::NoTemplate { .. } => {
                return Some(format!(
                    "restore it from version control, or let {} write one",
                    call("init")
                ));
            }
            Self::CommandTooLong { .. } => {
                return Some(format!(
                    "let {} apply them from a file, as a new migration",
                    call("migrate")
                ));
            }
            Self::Wrangler { output, .. } if output.contains("CLOUDFLARE_API_TOKEN") => {
                "run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN"
            }
            Self::DownFails { .. } => "correct DOWN, or write a new migration that undoes it",
            Self::NoDown { .. } => "write a new migration that undoes it",
            Self::NotRecorded { .. } => return Some(format!("run {}", call("status"))),
            Self::RenameUndecided { hint, .. }
            | Self::NotATerminal { hint }
            | Self::Hinted { hint, .. } => return Some(hint.clone()),
            Self::BaselineDiffers { diff, .. } => {
                return Some(format!("the difference is\n{diff}"));
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
