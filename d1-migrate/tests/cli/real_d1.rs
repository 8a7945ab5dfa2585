//! The fixtures of `validate` on real D1: what is said to be fine runs there, and what is said to be refused is refused.

use std::process::Command;

use serde_json::{Map, Value};

use crate::support::repository;

fn results() -> Map<String, Value> {
    let root = repository();
    let modules = root.join("node_modules");
    let output = Command::new(modules.join(".bin/node"))
        .arg(root.join("d1-migrate/tests/cli/real_d1.mjs"))
        .arg(root.join("d1-migrate/fixtures/validate"))
        .arg(modules.join("wrangler/package.json"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(text.lines().last().unwrap_or_default()).unwrap_or_else(|error| {
        panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr))
    })
}

#[test]
fn real_d1_agrees_with_the_fixtures() {
    // Fails with rows only, or when its pattern is compared with one.
    let runs_when_empty = ["R205_bad_pattern.sql"];
    let results = results();
    assert!(results.len() > 80, "{}", results.len());
    let mut wrong = Vec::new();
    for (file, result) in &results {
        let result = result.as_str().unwrap();
        let is_refusal = file.starts_with('R')
            && file.contains("_bad")
            && !runs_when_empty.contains(&file.as_str());
        let is_right = match file.as_str() {
            "T102_bad.sql" => result == "lost",
            _ if file.contains("_good") => result == "recorded",
            _ if is_refusal => result != "recorded" && result != "lost",
            _ => true,
        };
        if !is_right {
            wrong.push(format!("{file}: {result}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
