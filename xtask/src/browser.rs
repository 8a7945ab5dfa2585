//! The browser of the console's tests: the machine's Chromium or Chrome.

use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;
use crate::process::Hints;
use crate::progress::step;

const PROGRAMS: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Where macOS has it, which is not in PATH.
const ON_MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/// Returns the browser's path, or nothing if there is none.
pub fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let in_path = PROGRAMS
        .iter()
        .flat_map(|program| folders.iter().map(move |folder| folder.join(program)));
    in_path
        .chain([PathBuf::from(ON_MAC)])
        .find(|file| file.is_file())
}

/// Installs Debian's Chromium, with a font, if there is no browser. Needs root.
pub fn install() -> Result<(), Error> {
    if find().is_some() {
        return Ok(());
    }
    step("installing Chromium (apt-get; about 1 min)", |log| {
        let hint = "the console's tests need Chromium or Chrome: install it (Debian, as root: apt-get install \
                    chromium), then run again";
        let hints = Hints {
            missing: hint,
            failed: hint,
        };
        let apt_get = |arguments: &[&str]| {
            let mut command = Command::new("apt-get");
            command
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(arguments);
            log.run(&mut command, "apt-get", hints)
        };
        apt_get(&["update"])?;
        let packages = ["chromium", "fonts-dejavu-core"];
        let install = ["install", "--yes", "--no-install-recommends"];
        apt_get(&[&install[..], &packages].concat())
    })?;
    match find() {
        Some(_) => Ok(()),
        // Ubuntu's package is a snap.
        None => Err(Error::other(
            "apt-get has installed no chromium",
            "install Chromium or Chrome so that it is in PATH, then run again",
        )),
    }
}
