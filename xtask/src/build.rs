//! Builds the Worker: from Rust to build/index.js and build/index_bg.wasm.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::process::Hints;
use crate::progress::{Log, step, tell};
use crate::subcommand::{Subcommand, no_arguments};
use crate::tools::CargoTool;
use crate::{lock, project, setup};

pub const COMMAND: Subcommand = Subcommand {
    name: "build",
    about: "Build the Worker into build/ (wrangler.toml's [build] command)",
    help: "\
Usage: cargo xtask build

Builds the Worker with worker-build into build/index.js and build/index_bg.wasm, which wrangler.toml
names. wrangler calls it before `dev` and `deploy`. If nothing has changed, build/ stays as it is.
",
    run: |arguments| {
        no_arguments(arguments)?;
        setup::setup()?;
        build()
    },
};

/// The `main` of wrangler.toml, and the wasm that it imports.
pub const OUTPUTS: [&str; 2] = ["build/index.js", "build/index_bg.wasm"];

/// Records from which wasm, and with which tools, build/ was made.
const STAMP: &str = "build/.made-from";

/// Builds the Worker; needs what [`setup::setup`] installs.
pub fn build() -> Result<(), Error> {
    let _lock = lock::acquire("build")?;
    step(
        "compiling the Worker (about 1 min when nothing is cached)",
        compile,
    )?;
    let worker_build = CargoTool::worker_build()?;
    let wasm_bindgen = CargoTool::wasm_bindgen()?;
    let wasm = project::target_dir()
        .join(setup::WASM_TARGET)
        .join("release/jobs_ingest.wasm");
    let made_from = || {
        let files = [&wasm, &worker_build.path(), &wasm_bindgen.path()];
        describe(
            files
                .into_iter()
                .cloned()
                .chain(OUTPUTS.iter().map(|name| project::root().join(name))),
        )
    };
    let stamp = project::root().join(STAMP);
    if made_from().is_some_and(|now| std::fs::read_to_string(&stamp).is_ok_and(|then| then == now))
    {
        tell("==> build/ is up to date");
        return Ok(());
    }
    step(
        "packing the Worker into build/ (worker-build; about 15 s)",
        |log| {
            let bin = project::node_bin_dir();
            let mut command = project::command(worker_build.path())?;
            command
                .arg("--release")
                .env(WASM_FLAGS, without_paths())
                // Without these worker-build downloads its own copies.
                .env("WASM_BINDGEN_BIN", wasm_bindgen.path())
                .env("ESBUILD_BIN", bin.join("esbuild"));
            log.run(&mut command, "worker-build", Hints::OUR_TOOL)
        },
    )?;
    step("optimising the Worker (wasm-opt; about 10 s)", optimise)?;
    let now = made_from().ok_or_else(|| {
        Error::other(
            format!("worker-build has not made {}", OUTPUTS.join(" and ")),
            "wrangler.toml's `main` and worker-build's output must agree",
        )
    })?;
    std::fs::write(&stamp, now).map_err(Error::file("write", &stamp))
}

/// Features that wasm-opt may use: rustc's defaults, and exception handling for wasm-bindgen's catching
/// imports. worker-build 0.8.7 allows the same ones, and workerd supports them.
const WASM_FEATURES: [&str; 7] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-exception-handling",
];

/// Makes the wasm smaller and faster, and drops the names of its functions.
fn optimise(log: &Log) -> Result<(), Error> {
    let wasm = project::root().join(OUTPUTS[1]);
    let mut command = project::command(project::node_bin_dir().join("wasm-opt"))?;
    command.arg("-O3").args(WASM_FEATURES);
    command.arg(&wasm).arg("-o").arg(&wasm);
    log.run(&mut command, "wasm-opt", Hints::OUR_TOOL)
}

/// Cargo adds these flags to those of .cargo/config.toml.
const WASM_FLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

/// Panic messages name the source files of dependencies. Without the path of cargo's folder on this machine, the same
/// commit gives the same wasm elsewhere.
fn without_paths() -> OsString {
    let mut flag = OsString::from("--remap-path-prefix=");
    flag.push(project::cargo_home());
    flag.push("=/cargo");
    flag
}

/// What worker-build would do first, done here to learn whether anything has changed: worker-build packs
/// again every time, and replaces files that a running `wrangler dev` watches.
fn compile(log: &Log) -> Result<(), Error> {
    let mut command = project::command("cargo")?;
    command
        .args([
            "build",
            "--lib",
            "--release",
            "--target",
            setup::WASM_TARGET,
        ])
        .env(WASM_FLAGS, without_paths())
        // worker-build sets it for its own build, which must find everything up to date.
        .env("WASM_BINDGEN_USE_JS_SYS", "1");
    let hints = Hints {
        missing: "install Rust with rustup (https://rustup.rs)",
        failed: "the errors above are in the Worker's code",
    };
    log.run(&mut command, "cargo build", hints)
}

/// Path, size and modification time of each file, or nothing when one is missing.
fn describe(files: impl Iterator<Item = PathBuf>) -> Option<String> {
    let mut text = String::new();
    for path in files {
        let (n_bytes, changed_ns) = size_and_time(&path)?;
        writeln!(text, "{} {n_bytes} {changed_ns}", path.display()).ok()?;
    }
    Some(text)
}

fn size_and_time(path: &Path) -> Option<(u64, u128)> {
    let metadata = path.metadata().ok()?;
    let changed = metadata.modified().ok()?;
    let since_1970 = changed.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some((metadata.len(), since_1970.as_nanos()))
}
