//! Installs what is missing: Node packages, the wasm target, worker-build and wasm-bindgen inside the
//! project, and for the tests a browser. What is installed costs nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::browser;
use crate::error::Error;
use crate::lock;
use crate::process::{self, Hints};
use crate::progress::{step, tell};
use crate::project;
use crate::subcommand::{Subcommand, no_arguments};
use crate::tools::CargoTool;

pub const COMMAND: Subcommand = Subcommand {
    name: "setup",
    about: "Install the tools that are missing (the other commands do it by themselves)",
    help: "\
Usage: cargo xtask setup

Installs into the project what is missing: Node packages (npm ci), the wasm32 target of Rust,
worker-build and wasm-bindgen in the versions of Cargo.lock. The other commands do this by themselves.
Only `test` and `ci` need a browser: if the machine has neither Chromium nor Chrome, Debian's Chromium is
installed with apt-get, which needs root.
",
    run: |arguments| {
        no_arguments(arguments)?;
        setup()?;
        browser()?;
        tell("everything is installed");
        Ok(())
    },
};

/// The folders of package-lock.json files.
pub const NODE_FOLDERS: [&str; 2] = [".", "bench/peers"];

pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

const NO_RUSTUP: &str = "install Rust with rustup (https://rustup.rs), then run again";

const RUSTUP_HINTS: Hints<'_> = Hints {
    missing: NO_RUSTUP,
    failed: "rustup's output above says why; check that it reaches its host, then run again",
};

/// Installs what is missing. Two processes may do so at once.
pub fn setup() -> Result<(), Error> {
    let _lock = lock::acquire("setup")?;
    node_packages()?;
    wasm_target()?;
    cargo_tool(&CargoTool::worker_build()?)?;
    cargo_tool(&CargoTool::wasm_bindgen()?)?;
    Ok(())
}

/// Installs what only `test` and `ci` need: the browser of the console's tests.
pub fn browser() -> Result<(), Error> {
    let _lock = lock::acquire("setup")?;
    browser::install()
}

fn node_packages() -> Result<(), Error> {
    npm_ci(
        project::root(),
        "installing Node packages (npm ci; about 20 s)",
    )
}

/// Runs `npm ci` in `folder` unless its package-lock.json is the one that was installed.
pub fn npm_ci(folder: &Path, what: &str) -> Result<(), Error> {
    let lock_path = folder.join("package-lock.json");
    let wanted = std::fs::read(&lock_path).map_err(Error::file("read", &lock_path))?;
    // In node_modules, so that both are removed together.
    let stamp = folder.join("node_modules/.installed-package-lock.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step(what, |log| {
        let hints = Hints {
            missing: "install Node.js with npm (https://nodejs.org), then run again",
            failed: "npm's output above says why; check that it reaches its registry, then run again",
        };
        // Warnings are misleading: npm warns that wrangler needs a newer Node than the machine's, but
        // wrangler runs on that of the package `node`.
        let arguments = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
        let mut command = project_command("npm");
        log.run(command.current_dir(folder).args(arguments), "npm ci", hints)
    })?;
    std::fs::write(&stamp, wanted).map_err(Error::file("write", stamp))
}

/// Adds the target that rust-toolchain.toml names, which rustup installs unless automatic installation is off.
fn wasm_target() -> Result<(), Error> {
    if target_libdir()?.is_some_and(|folder| folder.is_dir()) {
        return Ok(());
    }
    step("adding the wasm32 target (rustup; about 5 s)", |log| {
        log.run(
            project_command("rustup").args(["target", "add", WASM_TARGET]),
            "rustup target add wasm32-unknown-unknown",
            RUSTUP_HINTS,
        )
    })
}

/// Returns the folder in which rustc looks for the target's standard library.
fn target_libdir() -> Result<Option<PathBuf>, Error> {
    process::interrupted()?;
    let output = project_command("rustc")
        .args(["--print", "target-libdir", "--target", WASM_TARGET])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|cause| Error::Start {
            program: "rustc".to_owned(),
            cause,
            hint: NO_RUSTUP.to_owned(),
        })?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok((output.status.success() && !folder.is_empty()).then(|| PathBuf::from(folder)))
}

/// Adds clippy and rustfmt, which only `ci` needs, unless rustup has installed them.
pub fn lint_components() -> Result<(), Error> {
    let is_there = |subcommand: &str| {
        let mut command = project_command("cargo");
        command.args([subcommand, "--version"]);
        let output = command.stdin(Stdio::null()).output();
        output.is_ok_and(|output| output.status.success())
    };
    if is_there("fmt") && is_there("clippy") {
        return Ok(());
    }
    step("adding clippy and rustfmt (rustup; about 5 s)", |log| {
        log.run(
            project_command("rustup").args(["component", "add", "clippy", "rustfmt"]),
            "rustup component add clippy rustfmt",
            RUSTUP_HINTS,
        )
    })
}

/// Installs what only `fuzz` needs.
pub fn cargo_fuzz() -> Result<(), Error> {
    let _lock = lock::acquire("setup")?;
    cargo_tool(&CargoTool::cargo_fuzz())
}

/// Installs what only `deny` and `ci` need: cargo-deny, and the tools that build the Worker, which it checks.
pub fn cargo_deny() -> Result<(), Error> {
    let _lock = lock::acquire("setup")?;
    cargo_tool(&CargoTool::cargo_deny())?;
    cargo_tool(&CargoTool::worker_build()?)
}

/// Installs what only `sbom` needs.
pub fn cargo_cyclonedx() -> Result<(), Error> {
    let _lock = lock::acquire("setup")?;
    cargo_tool(&CargoTool::cargo_cyclonedx())?;
    cargo_tool(&CargoTool::worker_build()?)
}

fn cargo_tool(tool: &CargoTool) -> Result<(), Error> {
    if tool.path().is_file() {
        return Ok(());
    }
    let name = format!("{} {}", tool.package, tool.version);
    let what = format!(
        "installing {name} into .tools (cargo install; about {} on two cores)",
        tool.about
    );
    step(&what, |log| {
        let hints = Hints {
            missing: NO_RUSTUP,
            failed: "cargo's output above says why; check that a C compiler is installed and that cargo \
                     reaches its registry, then run again",
        };
        log.run(&mut tool.install_command()?, &name, hints)
    })
}

/// A command of the machine, not of our Node packages: `npm ci` must not replace the `npm` that runs.
fn project_command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(project::root());
    command
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// npm omits the hash of an optional package for another platform if it has not fetched it, and on that
    /// platform would install whatever the registry serves. `npm view NAME@VERSION dist.integrity` prints it.
    #[test]
    fn every_node_package_has_an_integrity_hash_on_every_platform() {
        for folder in NODE_FOLDERS {
            let path = project::root().join(folder).join("package-lock.json");
            let lock: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let packages = lock["packages"].as_object().unwrap();
            assert!(packages.len() > 1, "{}", path.display());
            for (name, package) in packages {
                // The first is the project itself.
                let integrity = package["integrity"].as_str().unwrap_or_default();
                assert!(
                    name.is_empty() || integrity.starts_with("sha512-"),
                    "{} has no hash of {name}",
                    path.display()
                );
            }
        }
    }
}
