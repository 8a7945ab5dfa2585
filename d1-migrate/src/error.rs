//! Everything that can stop a command, one variant per cause.

use std::io;
use std::path::PathBuf;

use thiserror::Error as ThisError;

use super::program::call;

/// Why a command stopped.
#[derive(Debug, ThisError)]
pub enum Error {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write to stdout: {source}")]
    Print { source: io::Error },
    #[error("no wrangler.toml here or in a folder above ({})", from.display())]
    NoProject { from: PathBuf },
    #[error("cannot read {}: {message}", path.display())]
    Config { path: PathBuf, message: String },
    #[error("{place} has no [[d1_databases]] in wrangler.toml")]
    NoDatabase { place: String },
    #[error(
        "{place} has {count} [[d1_databases]] in wrangler.toml and none of them is bound to DB"
    )]
    ManyDatabases { place: String, count: usize },
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
    #[error("schema.sql: {message}")]
    SchemaFile { message: String },
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
    #[error("{count} findings; nothing was applied")]
    Invalid { count: usize },
    #[error("the answer was no; nothing was changed")]
    Declined,
    #[error("this needs an answer and there is no terminal to ask on")]
    NotATerminal { hint: String },
    #[error("`{given}` is not the name of the database, {expected}; nothing was changed")]
    WrongName { given: String, expected: String },
    #[error("{file} has no DOWN section; nothing was changed")]
    NoDown { file: String },
    #[error("nothing to roll back: {place} has no applied migration")]
    NothingApplied { place: String },
    #[error("{command} works on a local database only, and {env} is remote")]
    LocalOnly {
        command: &'static str,
        env: &'static str,
    },
    #[error("there is no local database of {env} yet")]
    NoLocalDatabase { env: &'static str },
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

impl Error {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoProject { .. } => "run it in the project's folder",
            Self::NoDatabase { .. } => "add a [[d1_databases]] entry; environments inherit none",
            Self::ManyDatabases { .. } => "name one of the bindings DB",
            Self::NoWrangler => "run: npm ci",
            Self::Invalid { .. } => {
                return Some(format!("run {} for the findings alone", call("validate")));
            }
            Self::LocalOnly { .. } => "add --local for its local database",
            Self::NoLocalDatabase { env: "dev" } => {
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
            Self::NoTemplate { .. } => "restore it from version control",
            Self::CommandTooLong { .. } => {
                return Some(format!(
                    "let {} apply them from a file, as a new migration",
                    call("migrate")
                ));
            }
            Self::Wrangler { output, .. } if output.contains("CLOUDFLARE_API_TOKEN") => {
                "run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN"
            }
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
