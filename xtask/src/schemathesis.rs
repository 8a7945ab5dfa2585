//! schemathesis, in a Python environment of the project.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::process::Hints;
use crate::progress::{Log, step};
use crate::{lock, project};

/// Every Python package, with its version.
const REQUIREMENTS: &str = "tests/torture/requirements.txt";

/// The command, once [`setup`] has run.
pub fn program() -> PathBuf {
    environment().join("bin/schemathesis")
}

fn environment() -> PathBuf {
    project::tools_dir().join("schemathesis")
}

/// Installs it unless what is installed is what the requirements name.
pub fn setup() -> Result<(), Error> {
    let _lock = lock::acquire("schemathesis")?;
    let requirements = project::root().join(REQUIREMENTS);
    let wanted = std::fs::read(&requirements).map_err(Error::file("read", &requirements))?;
    // In the environment, so that both are removed together.
    let stamp = environment().join("installed-requirements.txt");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step(
        "installing schemathesis into .tools (pip; about 30 s)",
        |log| install(&requirements, log),
    )?;
    std::fs::write(&stamp, wanted).map_err(Error::file("write", stamp))
}

fn install(requirements: &Path, log: &Log) -> Result<(), Error> {
    log.run(
        project::command("python3")?
            .args(["-m", "venv", "--clear"])
            .arg(environment()),
        "python3 -m venv",
        Hints {
            missing: "install Python 3.10 or newer (https://www.python.org), then run again",
            failed: "install Python's venv module (Debian: apt install python3-venv), then run again",
        },
    )?;
    log.run(
        project::command(environment().join("bin/python"))?
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ])
            .args(["--no-deps", "--requirement"])
            .arg(requirements),
        "pip install",
        Hints {
            missing: "install Python 3.10 or newer (https://www.python.org), then run again",
            failed: "pip says above why; see that it reaches its registry and that Python is 3.10 \
                     or newer, then run again",
        },
    )
}
