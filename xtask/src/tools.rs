//! Paths of the tools that `setup` has seen to be there.

use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;
use crate::project;

/// A program that `cargo install` puts into a folder of the project, keyed by its version.
#[derive(Debug, Clone)]
pub struct CargoTool {
    pub package: &'static str,
    pub program: &'static str,
    pub version: String,
    /// Whether the package's own lock file is to be used.
    pub locked: bool,
    /// How long the installation took on two cores.
    pub about: &'static str,
}

impl CargoTool {
    /// worker-build and the crate `worker` are released together: their versions are the same.
    pub fn worker_build() -> Result<Self, Error> {
        Ok(Self {
            package: "worker-build",
            program: "worker-build",
            version: project::locked_version("worker")?,
            locked: true,
            about: "90 s",
        })
    }

    /// wasm-bindgen's command refuses a wasm that another version of the crate has made.
    pub fn wasm_bindgen() -> Result<Self, Error> {
        Ok(Self {
            package: "wasm-bindgen-cli",
            program: "wasm-bindgen",
            version: project::locked_version("wasm-bindgen")?,
            // cargo refuses the lock file that 0.2.130 was published with.
            locked: false,
            about: "60 s",
        })
    }

    /// Has no crate in Cargo.lock to agree with.
    pub fn cargo_fuzz() -> Self {
        Self {
            package: "cargo-fuzz",
            program: "cargo-fuzz",
            version: "0.13.2".to_owned(),
            locked: true,
            about: "30 s",
        }
    }

    /// Has no crate in Cargo.lock to agree with.
    pub fn cargo_deny() -> Self {
        Self {
            package: "cargo-deny",
            program: "cargo-deny",
            version: "0.20.2".to_owned(),
            locked: true,
            about: "2 min",
        }
    }

    pub fn root(&self) -> PathBuf {
        project::tools_dir().join(format!("{}-{}", self.package, self.version))
    }

    pub fn path(&self) -> PathBuf {
        self.root().join("bin").join(self.program)
    }

    /// The tools' own speed does not matter: `--debug` installs them in half the time.
    pub fn install_command(&self) -> Result<Command, Error> {
        let mut command = project::command("cargo")?;
        command
            .args(["install", "--debug", "--root"])
            .arg(self.root())
            .args([self.package, "--version", &self.version]);
        if self.locked {
            command.arg("--locked");
        }
        Ok(command)
    }
}
