//! Requests made from openapi.json by schemathesis: no 5xx, no status, header or body that the
//! description does not have.

use std::fs;
use std::process::Command;

use jobs_ingest_tests::TOKEN;
use xtask::schemathesis;

use crate::plan::Plan;
use crate::report::{Progress, Summary};
use crate::storage::Storage;

/// What schemathesis holds each answer against. What else it can check is about refusing what the
/// description does not allow; the Worker is lenient on purpose (unknown fields, 0 for none).
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

pub fn run(plan: Plan) -> Summary {
    let storage = Storage::new("description");
    let worker = storage.start();
    let n_examples: u32 = plan.pick(300, 15);
    let progress = Progress::start();
    let description = worker.get("/openapi.json").send();
    // From the URL it would leave out the operation that gives it.
    let file = storage.path().join("openapi.json");
    fs::write(&file, &description.body).expect("write a file");
    let mut command = Command::new(schemathesis::program());
    command
        .arg("run")
        .arg(&file)
        .args(["--url", worker.url()])
        .args(["--header", &format!("Authorization: Bearer {TOKEN}")])
        .args(["--checks", CHECKS])
        .args(["--max-examples", &n_examples.to_string()])
        .args(["--seed", &(plan.seed % u64::from(u32::MAX)).to_string()])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--mode", "all"])
        .args(["--suppress-health-check", "all"])
        .arg("--no-color")
        // Its cache of examples from other runs would make this one another.
        .current_dir(storage.path());
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot start schemathesis: {error}; run `cargo xtask torture`, which installs it")
    });
    let said = String::from_utf8_lossy(&output.stdout);
    print!("{said}");
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "schemathesis: {}", output.status);
    let n_operations = description.body.matches("\"operationId\"").count();
    let all = format!("Selected: {n_operations}/{n_operations}");
    assert!(said.contains(&all), "schemathesis left out an operation");
    let generated = said.lines().find(|line| line.contains(" generated, "));
    let mut summary = Summary::default();
    summary.add("operations described", n_operations);
    summary.add("requests", generated.unwrap_or_default().trim());
    summary.add("seconds", progress.elapsed().as_secs());
    summary
}
