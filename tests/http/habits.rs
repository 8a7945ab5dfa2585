//! The commands that users of Workers type out of habit: npx wrangler …

use std::path::Path;

use jobs_ingest_tests::commands::{Running, command, file_names, free_port, succeed};
use jobs_ingest_tests::http::Client;
use jobs_ingest_tests::{TOKEN, TOKEN_NAME};
use tempfile::TempDir;
use xtask::http_probe;

fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn migrations_apply_and_dev_start_a_working_worker() {
    let folder = TempDir::with_prefix("jobs-ingest-habits-").expect("a temporary folder");
    let persist_to = text(folder.path());

    let apply = [
        "wrangler",
        "d1",
        "migrations",
        "apply",
        "jobs",
        "--local",
        "--persist-to",
    ];
    let mut apply = command("npx", &[&apply[..], &[persist_to]].concat());
    // On a terminal wrangler asks for confirmation; in CI it does not.
    apply.env("CI", "1");
    succeed(apply);

    let port = free_port();
    let secret = format!("INGEST_TOKENS:{TOKEN_NAME}:{TOKEN}");
    let port_text = port.to_string();
    let arguments = [
        "wrangler",
        "dev",
        "--port",
        &port_text,
        "--persist-to",
        persist_to,
    ];
    // Replaces .dev.vars, which belongs to the developer of this folder.
    let arguments = [&arguments[..], &["--var", &secret]].concat();
    let mut dev = Running::start(&mut command("npx", &arguments));
    let health = dev.wait_until(|_| http_probe::get(port, "/health"));
    assert_eq!(health.status, 200, "{}", health.body);

    let answer = Client::new(&format!("http://127.0.0.1:{port}"))
        .request("POST", "/jobs/ingest")
        .token(TOKEN)
        .json(r#"{"items":[{"externalId":"habit-1"}]}"#)
        .send();
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["inserted"], 1);
}

/// Builds what would be uploaded for each environment of wrangler.toml.
#[test]
fn deploy_dry_run_packs_the_worker_for_every_environment() {
    for environment in [None, Some("staging"), Some("production")] {
        let folder = TempDir::with_prefix("jobs-ingest-habits-").expect("a temporary folder");
        let mut arguments = vec![
            "wrangler",
            "deploy",
            "--dry-run",
            "--outdir",
            text(folder.path()),
        ];
        if let Some(name) = environment {
            arguments.extend(["--env", name]);
        }
        let stdout = succeed(command("npx", &arguments));
        let files = file_names(folder.path());
        assert!(
            files.contains(&"index.js".to_owned()),
            "{environment:?}: {files:?}"
        );
        assert!(
            files.iter().any(|name| name.ends_with(".wasm")),
            "{environment:?}: {files:?}"
        );
        let database = match environment {
            Some("staging") => "env.DB (jobs-staging)",
            _ => "env.DB (jobs)",
        };
        assert!(stdout.contains(database), "{environment:?}: {stdout}");
    }
}
