//! Python packages in environments of the project, pinned.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::process::Hints;
use crate::progress::{Log, step};
use crate::{lock, project};

/// An environment in `.tools`.
#[derive(Debug)]
pub struct Environment {
    name: &'static str,
    /// The file that has every package with its version.
    requirements: &'static str,
    /// How long it takes to install.
    takes: &'static str,
}

/// Makes requests from openapi.json.
pub const SCHEMATHESIS: Environment = Environment {
    name: "schemathesis",
    requirements: "tests/torture/requirements.txt",
    takes: "30 s",
};

/// The packages that the recipes of docs/PUSH.md import.
pub const RECIPES: Environment = Environment {
    name: "recipes",
    requirements: "tests/http/requirements.txt",
    takes: "30 s, 90 MB",
};

impl Environment {
    /// The folder of its commands, `python` among them.
    pub fn bin(&self) -> PathBuf {
        self.folder().join("bin")
    }

    fn folder(&self) -> PathBuf {
        project::tools_dir().join(self.name)
    }

    /// Installs it unless what is installed is what the requirements name.
    pub fn setup(&self) -> Result<(), Error> {
        let _lock = lock::acquire("setup")?;
        let requirements = project::root().join(self.requirements);
        let wanted = std::fs::read(&requirements).map_err(Error::file("read", &requirements))?;
        // In the environment, so that both are removed together.
        let stamp = self.folder().join("installed-requirements.txt");
        if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        let what = format!(
            "installing {} into .tools (pip; about {})",
            self.name, self.takes
        );
        step(&what, |log| self.install(&requirements, log))?;
        std::fs::write(&stamp, wanted).map_err(Error::file("write", stamp))
    }

    fn install(&self, requirements: &Path, log: &Log) -> Result<(), Error> {
        let mut create = project::command("python3")?;
        create.args(["-m", "venv", "--clear"]).arg(self.folder());
        log.run(&mut create, "python3 -m venv", hints(NO_VENV))?;
        let mut install = project::command(self.bin().join("python"))?;
        install
            .args(["-m", "pip", "install", "--quiet", "--no-deps"])
            .args(["--disable-pip-version-check", "--requirement"])
            .arg(requirements);
        log.run(&mut install, "pip install", hints(PIP_FAILED))
    }
}

const NO_VENV: &str =
    "install Python's venv module (Debian: apt install python3-venv), then run again";
const PIP_FAILED: &str = "pip says above why; see that it reaches its registry and that Python is \
                          3.10 or newer, then run again";

fn hints(failed: &str) -> Hints<'_> {
    Hints {
        missing: "install Python 3.10 or newer (https://www.python.org), then run again",
        failed,
    }
}
