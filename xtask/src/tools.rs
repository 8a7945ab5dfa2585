//! The tools that `setup` installs.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;
use crate::project;

/// The folder of [`CargoTool::wasm_bindgen`].
pub const WASM_BINDGEN: &str = "tools/wasm-bindgen";

/// A program that `cargo install` puts into a folder of the project, keyed by its version. A lock file fixes
/// its dependencies: the one that its package was published with, or ours.
#[derive(Debug, Clone)]
pub struct CargoTool {
    pub package: &'static str,
    pub program: &'static str,
    /// For a package of ours, followed by a hash of its lock file.
    pub version: String,
    /// The folder of a package of ours; `None` for one of crates.io.
    folder: Option<&'static str>,
    /// Roughly how long the installation takes on two cores.
    pub about: &'static str,
}

impl CargoTool {
    /// worker-build and the crate `worker` are released together, with equal versions.
    pub fn worker_build() -> Result<Self, Error> {
        Ok(Self {
            package: "worker-build",
            program: "worker-build",
            version: project::locked_version("worker")?,
            folder: None,
            about: "90 s",
        })
    }

    /// wasm-bindgen's command refuses wasm from another version of the crate.
    pub fn wasm_bindgen() -> Result<Self, Error> {
        let lock = project::root().join(WASM_BINDGEN).join("Cargo.lock");
        let text = fs::read(&lock).map_err(Error::file("read", &lock))?;
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let version = project::locked_version("wasm-bindgen")?;
        Ok(Self {
            package: "wasm-bindgen-command",
            // rustc would mistake a crate named wasm_bindgen for an old version of the library.
            program: "wasm-bindgen-command",
            version: format!("{version}-{:016x}", hasher.finish()),
            folder: Some(WASM_BINDGEN),
            about: "60 s",
        })
    }

    /// No crate in Cargo.lock has to match its version.
    pub fn cargo_fuzz() -> Self {
        Self {
            package: "cargo-fuzz",
            program: "cargo-fuzz",
            version: "0.13.2".to_owned(),
            folder: None,
            about: "30 s",
        }
    }

    /// No crate in Cargo.lock has to match its version.
    pub fn cargo_deny() -> Self {
        Self {
            package: "cargo-deny",
            program: "cargo-deny",
            version: "0.20.2".to_owned(),
            folder: None,
            about: "2 min",
        }
    }

    /// No crate in Cargo.lock has to match its version.
    pub fn cargo_cyclonedx() -> Self {
        Self {
            package: "cargo-cyclonedx",
            program: "cargo-cyclonedx",
            version: "0.5.9".to_owned(),
            folder: None,
            about: "1 min",
        }
    }

    pub fn root(&self) -> PathBuf {
        project::tools_dir().join(format!("{}-{}", self.package, self.version))
    }

    pub fn path(&self) -> PathBuf {
        self.root().join("bin").join(self.program)
    }

    /// `--debug` installs in half the time, less without debug information, and the tools are fast enough.
    pub fn install_command(&self) -> Result<Command, Error> {
        let mut command = project::command("cargo")?;
        command
            .args(["install", "--debug", "--config", "profile.dev.debug=false"])
            .args(["--locked", "--root"])
            .arg(self.root());
        match self.folder {
            Some(folder) => command
                .args(["--path", folder, "--target-dir"])
                .arg(project::target_dir().join("tools")),
            None => command.args([self.package, "--version", &self.version]),
        };
        Ok(command)
    }

    /// Returns the folder of its manifest and of the lock file that it was installed with. For a package of
    /// crates.io that is where cargo has unpacked it.
    pub fn source(&self) -> Result<PathBuf, Error> {
        if let Some(folder) = self.folder {
            return Ok(project::root().join(folder));
        }
        let sources = project::cargo_home().join("registry/src");
        let name = format!("{}-{}", self.package, self.version);
        let registries = fs::read_dir(&sources).into_iter().flatten().flatten();
        let mut folders = registries.map(|registry| registry.path().join(OsStr::new(&name)));
        folders
            .find(|folder| folder.join("Cargo.lock").is_file())
            .ok_or_else(|| {
                Error::other(
                    format!("the source of {name} is not in {}", sources.display()),
                    "remove its folder in .tools, so that it is installed again, then run again",
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_bindgen_command_has_the_version_of_the_crate() {
        let manifest = project::root().join(WASM_BINDGEN).join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap();
        let version = project::locked_version("wasm-bindgen").unwrap();
        let wanted = format!("wasm-bindgen-cli = {{ version = \"={version}\"");
        assert!(manifest.contains(&wanted), "{wanted} in {manifest}");
    }
}
