//! Which dependencies are allowed, and whether one of them has a known vulnerability.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::prelude::*;

use crate::error::Error;
use crate::process::Hints;
use crate::progress::step;
use crate::subcommand::Subcommand;
use crate::tools::CargoTool;
use crate::{project, setup};

pub const COMMAND: Subcommand = Subcommand {
    name: "deny",
    about: "Check licences, sources and versions of the dependencies, and known vulnerabilities",
    help: "\
Usage: cargo xtask deny [--advisories]

Installs cargo-deny into .tools if it is missing, then checks licences, sources and versions of what
Cargo.lock and fuzz/Cargo.lock name against deny.toml, and licences and sources of what builds the Worker
(tools/wasm-bindgen/Cargo.lock and the lock file of worker-build) against tools/deny.toml. It needs no
network beyond crates.io; CI runs it.

Options:
  --advisories  Also look for known vulnerabilities: in RustSec's database, which git fetches from
                github.com, and in npm's (npm audit), which a mirror of its registry may lack. Fails
                if one of them cannot be reached. CI does not use it: it reaches the registries alone
",
    run: |arguments| match Options::parse(arguments)? {
        Options { advisories: false } => deny(),
        Options { advisories: true } => {
            deny()?;
            both(rust_advisories(), node_advisories())
        }
    },
};

#[derive(Debug, PartialEq, Eq)]
struct Options {
    advisories: bool,
}

impl Options {
    fn parse(arguments: Vec<OsString>) -> Result<Self, Error> {
        let mut options = Self { advisories: false };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("advisories") => options.advisories = true,
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}

/// A workspace with a lock file of its own.
struct Workspace {
    /// Its name in messages.
    name: &'static str,
    manifest: PathBuf,
    config: &'static str,
    /// The checks, and how severe an exception is that this workspace does not need.
    checks: &'static [&'static str],
}

fn workspaces() -> Result<[Workspace; 4], Error> {
    let manifest = |path: &str| project::root().join(path);
    Ok([
        Workspace {
            name: "Cargo.toml",
            manifest: manifest("Cargo.toml"),
            config: "deny.toml",
            // An unused exception is an error, so that it is removed with its reason.
            checks: &[
                "--deny=unmatched-skip",
                "--deny=unnecessary-skip",
                "licenses",
                "sources",
                "bans",
            ],
        },
        Workspace {
            name: "fuzz/Cargo.toml",
            manifest: manifest("fuzz/Cargo.toml"),
            config: "deny.toml",
            // deny.toml is written for the main workspace; the fuzzer uses a part of its crates.
            checks: &[
                "--allow=license-not-encountered",
                "--allow=unmatched-skip",
                "--allow=unnecessary-skip",
                "licenses",
                "sources",
                "bans",
            ],
        },
        Workspace {
            name: "tools/wasm-bindgen/Cargo.toml",
            manifest: CargoTool::wasm_bindgen()?.source()?.join("Cargo.toml"),
            config: TOOLS_CONFIG,
            checks: TOOLS_CHECKS,
        },
        Workspace {
            name: "worker-build",
            manifest: CargoTool::worker_build()?.source()?.join("Cargo.toml"),
            config: TOOLS_CONFIG,
            checks: TOOLS_CHECKS,
        },
    ])
}

const TOOLS_CONFIG: &str = "tools/deny.toml";
const TOOLS_CHECKS: &[&str] = &["licenses", "sources"];

/// Checks licences, sources and versions, for which the lock files suffice.
pub fn deny() -> Result<(), Error> {
    setup::cargo_deny()?;
    for workspace in &workspaces()? {
        let name = workspace.name;
        let what = format!("checking licences, sources and versions of {name}");
        step(&what, |log| {
            let mut command = cargo_deny(workspace)?;
            command.args(["check", "--hide-inclusion-graph"]);
            command.args(workspace.checks);
            let failed = format!(
                "a finding above names the crate and the rule of {}: take another crate or \
                 version, or write the exception there with its reason. A lock file that is \
                 behind its manifests: cargo update --workspace --manifest-path {}",
                workspace.config,
                workspace.manifest.display()
            );
            log.run(&mut command, "cargo deny check", hints(&failed))
        })?;
    }
    Ok(())
}

/// Looks up the crates in RustSec's database.
fn rust_advisories() -> Result<(), Error> {
    let workspaces = workspaces()?;
    let [first, ..] = &workspaces;
    step("fetching RustSec's database from github.com", |log| {
        let failed = "no crate was looked up: cargo-deny says above why; run again where github.com \
                      can be reached";
        log.run(
            cargo_deny(first)?.args(["fetch", "db"]),
            "cargo deny fetch",
            hints(failed),
        )
    })?;
    for workspace in &workspaces {
        let what = format!(
            "looking up the crates of {} in RustSec's database",
            workspace.name
        );
        step(&what, |log| {
            let mut command = cargo_deny(workspace)?;
            // The database has just been fetched; `deny` has fetched the crates.
            command.args(["--offline", "check", "advisories"]);
            let failed = "take a version without the vulnerability (cargo update --package NAME), or, where \
                          it does not reach us, write it into `ignore` in deny.toml with its reason";
            log.run(&mut command, "cargo deny check", hints(failed))
        })?;
    }
    Ok(())
}

/// Both databases are asked, even if the first one fails; the error names each one that failed.
fn both(rust: Result<(), Error>, node: Result<(), Error>) -> Result<(), Error> {
    match (rust, node) {
        (Err(Error::Interrupted { signal }), _) | (_, Err(Error::Interrupted { signal })) => {
            Err(Error::Interrupted { signal })
        }
        (Err(rust), Err(node)) => {
            let hints: Vec<&str> = [&rust, &node].into_iter().filter_map(Error::hint).collect();
            let hint = hints.join("\nhint: ");
            Err(Error::other(format!("{rust}, and {node}"), hint))
        }
        (rust, node) => rust.and(node),
    }
}

/// Looks up the Node packages, none of which is part of the Worker, in npm's database.
fn node_advisories() -> Result<(), Error> {
    for folder in setup::NODE_FOLDERS {
        let what =
            format!("looking up the Node packages of {folder}/package-lock.json (npm audit)");
        step(&what, |log| {
            let mut command = project::command("npm")?;
            command.args(["audit", "--package-lock-only", "--audit-level=low"]);
            command.current_dir(project::root().join(folder));
            log.run(&mut command, "npm audit", NPM_HINTS)
        })?;
    }
    Ok(())
}

const NPM_HINTS: Hints<'static> = Hints {
    missing: "install Node.js with npm (https://nodejs.org), then run again",
    failed: "npm says above what it found: take a version without the vulnerability (package.json, and \
             `overrides` there for a package of a package). If it says that the audit endpoint \
             returned an error, nothing was looked up: run again where registry.npmjs.org itself \
             can be reached",
};

fn cargo_deny(workspace: &Workspace) -> Result<std::process::Command, Error> {
    let mut command = project::command(CargoTool::cargo_deny().path())?;
    command
        // Without it only the root package is checked, not the other members.
        .args(["--locked", "--workspace", "--manifest-path"])
        .arg(&workspace.manifest)
        .args(["--config", workspace.config]);
    Ok(command)
}

fn hints(failed: &str) -> Hints<'_> {
    Hints {
        missing: "remove the folder .tools, then run again: it is created again",
        failed,
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, Options, both};

    fn parse(arguments: &[&str]) -> Option<Options> {
        Options::parse(arguments.iter().map(Into::into).collect()).ok()
    }

    #[test]
    fn looks_up_advisories_only_when_asked() {
        assert_eq!(parse(&[]), Some(Options { advisories: false }));
        assert_eq!(parse(&["--advisories"]), Some(Options { advisories: true }));
    }

    #[test]
    fn an_error_about_both_databases_names_both() {
        let failed = |what: &str| Err(Error::other(what, format!("fix {what}")));
        let error = both(failed("one"), failed("two")).unwrap_err();
        assert_eq!(error.to_string(), "one, and two");
        assert_eq!(error.hint(), Some("fix one\nhint: fix two"));
    }

    #[test]
    fn one_failing_database_is_an_error() {
        let failed = || Err(Error::other("one", "fix one"));
        assert!(both(failed(), Ok(())).is_err());
        assert!(both(Ok(()), failed()).is_err());
        assert!(both(Ok(()), Ok(())).is_ok());
    }

    #[test]
    fn refuses_unknown_arguments() {
        assert_eq!(parse(&["--advisory"]), None);
        assert_eq!(parse(&["licenses"]), None);
    }
}
