//! The recipes of docs/PUSH.md and of the nightly workflow, as they are written there.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use jobs_ingest_tests::{TOKEN, Worker};
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::{project, python};

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
        // dlt's state and telemetry.
        .env("DLT_DATA_DIR", folder)
        .env("RUNTIME__DLTHUB_TELEMETRY", "false")
        .env("JOBS_INGEST_URL", worker.url())
        .env("JOBS_INGEST_TOKEN", TOKEN)
        .output();
    output.expect("start the recipe")
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
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

/// Runs a recipe with the packages that it imports.
fn run_python(worker: &Worker, folder: &Path, name: &str) -> Output {
    python::RECIPES.setup().expect("the packages");
    let python = python::RECIPES.bin().join("python");
    run(worker, folder, &[path_text(&python), "-c", &recipe(name)])
}

#[test]
fn python() {
    let (worker, folder) = (Worker::start(), with_postings());
    let output = run_python(&worker, folder.path(), "python");
    stores_three(&worker, &output);
}

#[test]
fn dlt() {
    let (worker, folder) = (Worker::start(), with_postings());
    let output = run_python(&worker, folder.path(), "dlt");
    stores_three(&worker, &output);
}

#[test]
fn cron() {
    let (worker, folder) = (Worker::start(), with_postings());
    let script = folder.path().join("push.sh");
    fs::write(&script, recipe("cron")).expect("write the script");
    let push = || run(&worker, Path::new("/"), &["sh", path_text(&script)]);
    let log = || fs::read_to_string(folder.path().join("push.log")).expect("a log");
    stores_three(&worker, &push());
    assert!(log().contains("exit status 0"), "{}", log());

    let lock = fs::File::open(folder.path().join("push.lock")).expect("a lock");
    lock.lock().expect("lock");
    assert_eq!(push().status.code(), Some(0));
    assert!(log().ends_with("the previous push is still running\n"));
    lock.unlock().expect("unlock");

    fs::remove_file(folder.path().join("jobs.json")).expect("remove the input");
    assert_eq!(push().status.code(), Some(1));
    assert!(log().contains("error: "), "{}", log());
    assert!(log().ends_with("exit status 1\n"), "{}", log());
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
