//! The recipes of docs/PUSH.md and of the nightly workflow, as they are written there.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::project;

use crate::push::program;

fn read(path: &str) -> String {
    fs::read_to_string(project::root().join(path)).expect("a file of the project")
}

/// The code block after `<!-- recipe: NAME -->` in a page.
pub fn recipe_of(page: &str, name: &str) -> String {
    let page = read(page);
    let (_, after) = page
        .split_once(&format!("<!-- recipe: {name} -->\n```"))
        .expect(name);
    let (_, code) = after.split_once('\n').expect("a code block");
    let (code, _) = code.split_once("\n```").expect("its end");
    code.to_owned()
}

fn recipe(name: &str) -> String {
    recipe_of("docs/PUSH.md", name)
}

/// Runs a program in a folder, with the command in its PATH.
fn run(worker: &Worker, folder: &Path, command: &[&str]) -> Output {
    let commands = program().parent().expect("a folder").to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = [commands].into_iter().chain(std::env::split_paths(&path));
    let output = Command::new(command[0])
        .args(&command[1..])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(path).expect("a PATH"))
        .env("HOME", folder)
        .env("JOBS_INGEST_URL", worker.url())
        .env("JOBS_INGEST_TOKEN", TOKEN)
        .output();
    output.expect("start the recipe")
}

fn with_postings() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let postings: Vec<Value> = (0..3)
        .map(|id| json!({"externalId": format!("{id}"), "title": "Zürich"}))
        .collect();
    let path = folder.path().join("jobs.json");
    fs::write(path, json!({"items": postings}).to_string()).expect("write a file");
    folder
}

fn stores_three(worker: &Worker, output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        worker.sql("SELECT source, title, count(*) AS n FROM jobs GROUP BY source, title"),
        json!([{"source": "acme", "title": "Zürich", "n": 3}])
    );
}

#[test]
fn curl() {
    let (worker, folder) = (Worker::start(), with_postings());
    let output = run(&worker, folder.path(), &["sh", "-c", &recipe("curl")]);
    stores_three(&worker, &output);
}

#[test]
fn python() {
    let (worker, folder) = (Worker::start(), with_postings());
    let output = run(
        &worker,
        folder.path(),
        &["python3", "-c", &recipe("python")],
    );
    stores_three(&worker, &output);
}

#[test]
fn cron() {
    let (worker, folder) = (Worker::start(), with_postings());
    let export = folder.path().join("export");
    fs::create_dir(&export).expect("a folder");
    fs::rename(folder.path().join("jobs.json"), export.join("jobs.json")).expect("move");
    let line = recipe("cron");
    let command = line.splitn(6, ' ').last().expect("a command");
    let output = run(&worker, folder.path(), &["sh", "-c", command]);
    stores_three(&worker, &output);
}

#[test]
fn nightly_workflow_pushes_each_board_even_if_one_fails() {
    let (worker, folder) = (Worker::start(), with_postings());
    let workflow = read(".github/workflows/push.yml");
    let (_, script) = workflow.split_once("        run: |\n").expect("a script");
    let script: Vec<&str> = script
        .lines()
        .map_while(|line| line.strip_prefix("          "))
        .collect();
    let boards = "none.json --source x\njobs.json --source acme\n";
    fs::write(folder.path().join("boards.txt"), boards).expect("write a file");
    // As GitHub runs it.
    let command = ["bash", "-e", "-c", &script.join("\n")];
    let output = run(&worker, folder.path(), &command);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(worker.n_rows(), 3);
}
