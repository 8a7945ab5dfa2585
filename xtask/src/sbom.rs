//! Software bills of materials of the Worker and of what builds it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;
use crate::process::Hints;
use crate::progress::{Log, step, tell};
use crate::subcommand::{Subcommand, no_arguments};
use crate::tools::CargoTool;
use crate::{process, project, setup};

pub const COMMAND: Subcommand = Subcommand {
    name: "sbom",
    about: "Write bills of materials (CycloneDX) of the Worker and of what builds it",
    help: "\
Usage: cargo xtask sbom

Installs cargo-cyclonedx into .tools if it is missing, then writes CycloneDX 1.5 as JSON into target/sbom/, without
times and random numbers, so that the same lock files give the same bytes:

  worker.cdx.json        the crates of the Worker
  worker-build.cdx.json  those of worker-build, as it is installed
  wasm-bindgen.cdx.json  those of wasm-bindgen's command, as it is installed
  node.cdx.json          the Node packages of package-lock.json
",
    run: |arguments| {
        no_arguments(arguments)?;
        sbom()
    },
};

/// A package whose crates are listed.
struct Package {
    name: &'static str,
    folder: PathBuf,
    /// The target triple, unless it is this machine's.
    target: Option<&'static str>,
}

/// Where the bills of materials are.
pub fn folder() -> PathBuf {
    project::target_dir().join("sbom")
}

/// Writes the bills of materials into [`folder`].
pub fn sbom() -> Result<(), Error> {
    setup::cargo_cyclonedx()?;
    let output = folder();
    fs::create_dir_all(&output).map_err(Error::file("create", &output))?;
    let packages = [
        Package {
            name: "worker",
            folder: project::root().to_owned(),
            target: Some(setup::WASM_TARGET),
        },
        Package {
            name: "worker-build",
            folder: copy_of(&CargoTool::worker_build()?)?,
            target: None,
        },
        Package {
            name: "wasm-bindgen",
            folder: CargoTool::wasm_bindgen()?.source()?,
            target: None,
        },
    ];
    for package in &packages {
        let name = package.name;
        step(&format!("listing the crates of {name}"), |log| {
            crates(package, &output, log)
        })?;
    }
    step("listing the Node packages (npm sbom)", |log| {
        node_packages(&output, log)
    })?;
    for name in packages.map(|package| package.name).iter().chain(&["node"]) {
        make_reproducible(&output.join(format!("{name}.cdx.json")))?;
    }
    tell(format_args!(
        "the bills of materials are in {}",
        output.display()
    ));
    Ok(())
}

/// Copies manifest, lock file and sources to a folder where cargo-cyclonedx may write.
fn copy_of(tool: &CargoTool) -> Result<PathBuf, Error> {
    let source = tool.source()?;
    let copy = project::target_dir()
        .join("sbom-sources")
        .join(tool.package);
    for name in [
        "Cargo.toml",
        "Cargo.lock",
        "src/main.rs",
        "src/bin/worker-codegen.rs",
    ] {
        let (from, to) = (source.join(name), copy.join(name));
        let folder = to.parent().unwrap_or(&copy);
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        fs::copy(&from, &to).map_err(Error::file("copy", &from))?;
    }
    // Without it cargo would take the copy for a member of our workspace.
    let manifest = copy.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(Error::file("read", &manifest))?;
    let text = format!("{text}\n[workspace]\n");
    fs::write(&manifest, text).map_err(Error::file("write", &manifest))?;
    Ok(copy)
}

fn crates(package: &Package, output: &Path, log: &Log) -> Result<(), Error> {
    // It writes a file of this name beside the manifest of each package of the workspace.
    let name = format!(".sbom-{}", package.name);
    let mut command = project::command(CargoTool::cargo_cyclonedx().path())?;
    command
        .args(["cyclonedx", "--format", "json", "--spec-version", "1.5"])
        .args(["--override-filename", &name, "--manifest-path"])
        .arg(package.folder.join("Cargo.toml"));
    if let Some(target) = package.target {
        command.args(["--target", target]);
    }
    let hints = Hints {
        missing: "remove the folder .tools, then run again: it is created again",
        failed: "cargo-cyclonedx says above why",
    };
    let ran = log.run(&mut command, "cargo cyclonedx", hints);
    let file = format!("{name}.json");
    let written = package.folder.join(&file);
    let wanted = output.join(format!("{}.cdx.json", package.name));
    let moved = ran.and_then(|()| {
        fs::copy(&written, &wanted).map_err(Error::file("copy", &written))?;
        Ok(())
    });
    // Also those of the other members.
    let members = fs::read_dir(&package.folder)
        .into_iter()
        .flatten()
        .flatten();
    for folder in members
        .map(|entry| entry.path())
        .chain([package.folder.clone()])
    {
        let _ = fs::remove_file(folder.join(&file));
    }
    moved
}

/// Removes what differs between two runs on the same lock files: the time, a random number, and the project's folder.
fn make_reproducible(path: &Path) -> Result<(), Error> {
    let text = fs::read_to_string(path).map_err(Error::file("read", path))?;
    let text = text
        .replace(&project::target_dir().display().to_string(), "/target")
        .replace(&project::root().display().to_string(), "");
    let invalid = |cause| Error::Other {
        message: format!("{} is not JSON: {cause}", path.display()),
        hint: None,
    };
    let mut document: Value = serde_json::from_str(&text).map_err(invalid)?;
    if let Some(document) = document.as_object_mut() {
        document.remove("serialNumber");
    }
    if let Some(Value::Object(metadata)) = document.get_mut("metadata") {
        metadata.remove("timestamp");
    }
    // npm names the project after its folder.
    let folder = project::root().file_name().unwrap_or_default();
    if let Some(name) = document.pointer_mut("/metadata/component/name")
        && name.as_str() == folder.to_str()
    {
        *name = "jobs-ingest".into();
    }
    let text = serde_json::to_string_pretty(&document).map_err(invalid)?;
    fs::write(path, text + "\n").map_err(Error::file("write", path))
}

fn node_packages(output: &Path, log: &Log) -> Result<(), Error> {
    let path = output.join("node.cdx.json");
    let file = File::create(&path).map_err(Error::file("create", &path))?;
    let mut command = project::command("npm")?;
    command
        .args(["sbom", "--sbom-format=cyclonedx", "--package-lock-only"])
        .stdout(file)
        .stderr(log.file()?);
    let hints = Hints {
        missing: "install Node.js with npm (https://nodejs.org), then run again",
        failed: "npm says above why; `npm sbom` needs npm 10 or newer",
    };
    process::run(&mut command, "npm sbom", hints)
}
