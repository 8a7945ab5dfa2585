//! schemathesis, in a Python environment of the project.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::process::{Hints, run};
use crate::progress::step;
use crate::{lock, project};

/// Every package and its version.
const REQUIREMENTS: &str = "tests/torture/requirements.txt";

/// The command, once [`setup`] has run.
pub fn program() -> PathBuf {
    environment().join("bin/schemathesis")
}

fn environment() -> PathBuf {
    project::tools_dir().join("schemathesis")
}

/// Installs it when what is installed is not what the requirements say.
pub fn setup() -> Result<(), Error> {
    let _lock = lock::acquire("schemathesis")?;
    let requirements = project::root().join(REQUIREMENTS);
    let wanted = std::fs::read(&requirements).map_err(Error::file("read", &requirements))?;
    // In the environment, so that it goes when the environment goes.
    let stamp = environment().join("installed-requirements.txt");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step(
        "installing schemathesis into .tools (pip; about 30 s)",
        || install(&requirements),
    )?;
    std::fs::write(&stamp, wanted).map_err(Error::file("write", stamp))
}

fn install(requirements: &Path) -> Result<(), Error> {
    run(
        project::command("python3")?
            .args(["-m", "venv", "--clear"])
            .arg(environment()),
        "python3 -m venv",
        Hints {
            missing: "install Python 3.10 or newer (https://www.python.org), then run again",
            failed: "install Python's venv module (Debian: apt install python3-venv), then run again",
        },
    )?;
    run(
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
