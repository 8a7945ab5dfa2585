//! `cargo xtask release`: what it packs serves and deploys on a machine without Rust.

use std::env::{join_paths, split_paths};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jobs_ingest_tests::TOKEN;
use jobs_ingest_tests::commands::{Running, command, file_names, free_port, succeed};
use tempfile::TempDir;
use xtask::{http_probe, project};

use crate::smoke::CARGO_RUN;

#[test]
fn unpacked_release_serves_and_deploys_without_rust() {
    let archive = release();
    let first = fs::read(&archive).expect("read the archive");
    assert_eq!(release(), archive);
    let second = fs::read(&archive).expect("read the archive");
    assert!(first == second, "two releases of one build differ");

    let folder = TempDir::with_prefix("jobs-ingest-release-").expect("a temporary folder");
    let mut tar = Command::new("tar");
    tar.arg("-xzf").arg(&archive).current_dir(folder.path());
    succeed(tar);
    let bundle = folder.path().join(&file_names(folder.path())[0]);
    let mut sums = Command::new("sha256sum");
    sums.args(["--check", "--quiet", "SHA256SUMS"])
        .current_dir(&bundle);
    succeed(sums);
    for name in [
        "build/index.js",
        "build/index_bg.wasm",
        "schema.sql",
        "sbom/worker.cdx.json",
    ] {
        assert!(bundle.join(name).is_file(), "{name}");
    }

    succeed(wrangler(
        &bundle,
        &["d1", "migrations", "apply", "jobs", "--local"],
    ));
    fs::write(
        bundle.join(".dev.vars"),
        format!("INGEST_TOKENS=tester:{TOKEN}\n"),
    )
    .expect("write the token");
    let port = free_port();
    let arguments = ["dev", "--ip", "127.0.0.1", "--port", &port.to_string()];
    let mut dev = Running::start(&mut wrangler(&bundle, &arguments));
    dev.wait_until(|_| http_probe::get(port, "/health").filter(|answer| answer.status == 200));
    let url = format!("http://127.0.0.1:{port}");
    let mut smoke = command("cargo", &CARGO_RUN);
    smoke.args(["--url", &url]).env("JOBS_INGEST_TOKEN", TOKEN);
    succeed(smoke);
    drop(dev);

    for environment in ["staging", "production"] {
        let output = folder.path().join(environment);
        let mut deploy = wrangler(&bundle, &["deploy", "--dry-run", "--env", environment]);
        deploy.arg("--outdir").arg(&output);
        succeed(deploy);
        let uploaded = file_names(&output);
        let is_wasm = |name: &String| name.ends_with(".wasm");
        assert!(uploaded.iter().any(is_wasm), "{uploaded:?}");
    }
}

/// Returns the path of the archive, which the command prints.
fn release() -> PathBuf {
    let stdout = succeed(command("cargo", &["xtask", "release"]));
    PathBuf::from(stdout.trim_end())
}

/// wrangler, with a `PATH` that has no cargo.
fn wrangler(folder: &Path, arguments: &[&str]) -> Command {
    let path = std::env::var_os("PATH").expect("PATH is set");
    let without_cargo = split_paths(&path).filter(|folder| !folder.join("cargo").exists());
    let path: OsString = join_paths(std::iter::once(project::node_bin_dir()).chain(without_cargo))
        .expect("folders without a colon");
    let program = project::node_bin_dir().join("wrangler");
    let mut wrangler = command(program.to_str().expect("a path in UTF-8"), arguments);
    wrangler
        .current_dir(folder)
        .env("PATH", path)
        // wrangler asks before it applies migrations, except in CI.
        .env("CI", "1");
    wrangler
}
