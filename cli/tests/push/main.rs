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
mod usage;
mod worker;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const TOKEN: &str = "not-so-secret-0f1e2d3c";

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
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobs-ingest"));
    command
        .arg("push")
        .args(arguments)
        .current_dir(folder)
        .env("JOBS_INGEST_TOKEN", TOKEN)
        .env("XDG_CACHE_HOME", folder.join(".cache"))
        // The tests talk to this machine.
        .env_remove("HTTPS_PROXY")
        .env_remove("https_proxy")
        .env_remove("HTTP_PROXY")
        .env_remove("http_proxy")
        .env_remove("ALL_PROXY")
        .env_remove("all_proxy")
        .stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Pushed {
    let output = push(folder, arguments).output().expect("start the command");
    pushed(output)
}

fn pushed(output: Output) -> Pushed {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Pushed {
        status: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}
