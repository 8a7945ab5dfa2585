//! Real D1 for tests: workerd, through the Miniflare in node_modules.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

/// One step of a case.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Step {
    /// Statements that wrangler splits and runs as one batch.
    Script {
        script: String,
    },
    Statement {
        sql: String,
        params: Vec<String>,
    },
}

/// The result of a step.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Rows(Vec<serde_json::Value>),
    Error(String),
}

/// Runs each case on its own database. A case ends at its first error.
pub fn run(cases: &[Vec<Step>]) -> Vec<Vec<Outcome>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let modules = root.join("node_modules");
    let mut child = Command::new(modules.join(".bin/node"))
        .arg(root.join("d1-sim/tests/real/real.mjs"))
        .arg(modules.join("wrangler/package.json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("node of node_modules: run `npm ci`");
    let input = serde_json::to_vec(cases).unwrap();
    child.stdin.take().unwrap().write_all(&input).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    })
}
