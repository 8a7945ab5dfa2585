//! Calling wrangler.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use d1_project::node;
use serde_json::Value;

use super::error::Error;

/// Linux takes at most 128 KiB in one argument; the rest is for quotes and the environment.
pub const MAX_COMMAND_BYTES: usize = 100_000;

/// The wrangler of a project.
#[derive(Debug, Clone)]
pub struct Wrangler {
    program: PathBuf,
    /// What precedes wrangler's own arguments.
    first: Vec<&'static str>,
    /// The folder of the program first: the node that wrangler needs may be there.
    path: OsString,
    cwd: PathBuf,
}

impl Wrangler {
    /// The project's own wrangler, the one of a folder above (a workspace hoists it), the one on PATH, or `npx`.
    pub fn find(root: &Path) -> Result<Self, Error> {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let of_path = |name: &str| {
            std::env::split_paths(&rest)
                .map(|dir| dir.join(name))
                .find(|path| path.is_file())
        };
        let npx = if cfg!(windows) { "npx.cmd" } else { "npx" };
        let (program, first) = match node::wrangler(root).or_else(|| of_path(node::WRANGLER)) {
            Some(program) => (program, Vec::new()),
            // It asks nothing here: without a terminal it installs what is missing.
            None => (
                of_path(npx).ok_or(Error::NoWrangler)?,
                vec!["--yes", "wrangler"],
            ),
        };
        let bin = program.parent().unwrap_or(root);
        let path = node::path_with(bin).unwrap_or_else(|_| rest.clone());
        Ok(Self {
            program,
            first,
            path,
            cwd: root.to_owned(),
        })
    }

    /// A call that is not yet running. It has no terminal, so wrangler asks nothing.
    pub fn command(&self, args: &[String]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.first)
            .args(args)
            .current_dir(&self.cwd)
            .env("PATH", &self.path)
            .env("WRANGLER_SEND_METRICS", "false")
            .env("NO_COLOR", "1")
            .env("FORCE_COLOR", "0")
            .stdin(Stdio::null());
        command
    }

    /// Runs wrangler to its end; stdout when it succeeds.
    pub fn run(&self, args: &[String]) -> Result<String, Error> {
        let shown = shown(args);
        let output = self.command(args).output().map_err(|source| Error::Spawn {
            command: shown.clone(),
            source,
        })?;
        if !output.status.success() {
            return Err(Error::Wrangler {
                command: shown,
                status: status(&output),
                output: complaint(&output),
            });
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// The call as a reader may repeat it: long arguments cut.
pub fn shown(args: &[String]) -> String {
    let short: Vec<String> = args
        .iter()
        .map(|arg| {
            if arg.len() > 80 {
                let head: String = arg.chars().take(60).collect();
                format!("'{}…'", head.replace('\n', " "))
            } else {
                arg.clone()
            }
        })
        .collect();
    format!("wrangler {}", short.join(" "))
}

fn status(output: &Output) -> String {
    output.status.code().map_or_else(
        || " (ended by a signal)".to_owned(),
        |code| format!(" (exit {code})"),
    )
}

/// What wrangler complained of: the texts of its JSON, its error lines, or else all it said.
fn complaint(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    // With --json it answers `{"error": {"text": …, "notes": [{"text": …}]}}`. When the API refused, the text names the
    // request alone and the notes say why.
    let json = serde_json::from_str::<Value>(&stdout).unwrap_or_default();
    if let Some(text) = json.pointer("/error/text").and_then(Value::as_str) {
        let notes = json.pointer("/error/notes").and_then(Value::as_array);
        let notes = notes.into_iter().flatten();
        let why = notes.filter_map(|note| note.pointer("/text").and_then(Value::as_str));
        return std::iter::once(text)
            .chain(why)
            .collect::<Vec<_>>()
            .join("\n");
    }
    let all = format!("{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    let errors: Vec<&str> = all
        .lines()
        .skip_while(|line| !line.contains("ERROR"))
        .filter(|line| !line.trim().is_empty() && !line.contains("Logs were written"))
        .collect();
    let lines = if errors.is_empty() {
        all.lines().filter(|line| !line.trim().is_empty()).collect()
    } else {
        errors
    };
    lines.join("\n")
}
