//! The command, as the tests start it.

use std::process::{Command, Output, Stdio};

pub const TOKEN: &str = "not-so-secret-0f1e2d3c";

/// With a token, and without the proxies of this machine, because the tests talk to it.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jobs-ingest"));
    command.arg(name).env("JOBS_INGEST_TOKEN", TOKEN);
    for proxy in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"] {
        command.env_remove(proxy).env_remove(proxy.to_lowercase());
    }
    command.stdin(Stdio::null());
    command
}

/// The exit status, stdout and stderr.
pub fn texts(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}
