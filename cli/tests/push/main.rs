//! `jobs-ingest push` against a loopback server that plays boards and the Worker.
//! tests/http/push.rs runs it against the real Worker.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: a panic is how one fails"
)]

mod boards;
mod check;
mod inputs;
mod order;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod usage;
mod worker;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use support::{TOKEN, texts};

/// What a push printed.
#[derive(Debug)]
struct Pushed {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Pushed {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

/// The command in a folder, which is also its cache.
fn push(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = support::command("push");
    command
        .args(arguments)
        .current_dir(folder)
        .env("XDG_CACHE_HOME", folder.join(".cache"));
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Pushed {
    let output = push(folder, arguments).output().expect("start the command");
    pushed(output)
}

fn pushed(output: Output) -> Pushed {
    let (status, stdout, stderr) = texts(output);
    Pushed {
        status,
        stdout,
        stderr,
    }
}
