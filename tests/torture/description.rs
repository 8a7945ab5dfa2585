//! Requests generated from openapi.json by schemathesis: no 5xx, and no status, header or body that
//! is not described.

use std::fs;
use std::process::Command;

use jobs_ingest_tests::TOKEN;
use xtask::python;

use crate::plan::Plan;
use crate::report::{Progress, Summary};
use crate::storage::Storage;

/// The checks of schemathesis that apply to each response. Its others require that undocumented
/// input is rejected; the Worker is lenient on purpose (unknown fields, 0 for none).
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

pub fn run(plan: Plan) -> Summary {
    let storage = Storage::new("description");
    let worker = storage.start();
    let n_examples: u32 = plan.pick(300, 15);
    let progress = Progress::start();
    let description = worker.get("/openapi.json").send();
    // From a URL, schemathesis would skip the operation at that URL.
    let file = storage.path().join("openapi.json");
    fs::write(&file, &description.body).expect("write a file");
    let mut command = Command::new(python::SCHEMATHESIS.bin().join("schemathesis"));
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
        // Its cache of examples from earlier runs would affect this one.
        .current_dir(storage.path());
    let output = command.output().unwrap_or_else(|error| {
        panic!("cannot start schemathesis: {error}; run `cargo xtask torture`, which installs it")
    });
    let stdout = String::from_utf8_lossy(&output.stdout);
    print!("{stdout}");
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "schemathesis: {}", output.status);
    let n_operations = description.body.matches("\"operationId\"").count();
    let all = format!("Selected: {n_operations}/{n_operations}");
    assert!(stdout.contains(&all), "schemathesis skipped an operation");
    let generated = stdout.lines().find(|line| line.contains(" generated, "));
    let mut summary = Summary::default();
    summary.add("operations described", n_operations);
    summary.add("requests", generated.unwrap_or_default().trim());
    summary.add("seconds", progress.elapsed().as_secs());
    summary
}
