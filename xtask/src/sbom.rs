//! What the Worker is made of, and what builds it: software bills of materials.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::cli;
use crate::error::Error;
use crate::process::{Hints, run};
use crate::progress::step;
use crate::tools::CargoTool;
use crate::{project, setup};

pub const COMMAND: cli::Command = cli::Command {
    name: "sbom",
    about: "Write bills of materials (CycloneDX) of the Worker and of what builds it",
    help: "\
Usage: cargo xtask sbom

Installs cargo-cyclonedx into .tools if it is missing, then writes CycloneDX 1.5 as JSON into target/sbom/:

  worker.cdx.json        the crates of the Worker
  worker-build.cdx.json  those of worker-build, as it is installed
  wasm-bindgen.cdx.json  those of wasm-bindgen's command, as it is installed
  node.cdx.json          the Node packages of package-lock.json
",
    run: |arguments| {
        cli::no_arguments(arguments)?;
        sbom()
    },
};

/// A package whose crates are listed.
struct Package {
    name: &'static str,
    folder: PathBuf,
    /// What it is built for, unless it is this machine.
    target: Option<&'static str>,
}

fn sbom() -> Result<(), Error> {
    setup::cargo_cyclonedx()?;
    let output = project::target_dir().join("sbom");
    fs::create_dir_all(&output).map_err(Error::file("create", &output))?;
    let packages = [
        Package {
            name: "worker",
            folder: project::root().to_owned(),
            target: Some(setup::WASM_TARGET),
        },
        Package {
            name: "worker-build",
            folder: copy_of(&CargoTool::worker_build()?, &output)?,
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
        step(&format!("listing the crates of {name}"), || {
            crates(package, &output)
        })?;
    }
    step("listing the Node packages (npm sbom)", || {
        node_packages(&output)
    })?;
    eprintln!("the bills of materials are in {}", output.display());
    Ok(())
}

/// Manifest, lock file and sources, where cargo-cyclonedx may write beside them.
fn copy_of(tool: &CargoTool, output: &Path) -> Result<PathBuf, Error> {
    let source = tool.source()?;
    let copy = output.join(tool.package);
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
    // Or cargo would take it for a member of ours.
    let manifest = copy.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).map_err(Error::file("read", &manifest))?;
    let text = format!("{text}\n[workspace]\n");
    fs::write(&manifest, text).map_err(Error::file("write", &manifest))?;
    Ok(copy)
}

fn crates(package: &Package, output: &Path) -> Result<(), Error> {
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
        missing: "remove the folder .tools, it is made anew, then run again",
        failed: "cargo-cyclonedx says above why",
    };
    let ran = run(&mut command, "cargo cyclonedx", hints);
    let file = format!("{name}.json");
    let written = package.folder.join(&file);
    let wanted = output.join(format!("{}.cdx.json", package.name));
    let moved = ran.and_then(|()| {
        fs::copy(&written, &wanted).map_err(Error::file("copy", &written))?;
        Ok(())
    });
    // Those of the other members, too.
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

fn node_packages(output: &Path) -> Result<(), Error> {
    let path = output.join("node.cdx.json");
    let file = File::create(&path).map_err(Error::file("create", &path))?;
    let mut command = project::command("npm")?;
    command
        .args(["sbom", "--sbom-format=cyclonedx", "--package-lock-only"])
        .stdout(file);
    let hints = Hints {
        missing: "install Node.js with npm (https://nodejs.org), then run again",
        failed: "npm says above why; `npm sbom` needs npm 10 or newer",
    };
    run(&mut command, "npm sbom", hints)
}
