//! A project folder of a test's own, and the command run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// A folder with wrangler.toml, schema.sql, migrations/template and the repository's node_modules.
pub struct Folder {
    dir: TempDir,
}

/// What a run of the command gave.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn from(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts the exit code, and shows everything when it is another one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl Folder {
    /// A project without migrations and with an empty schema.sql.
    pub fn empty() -> Self {
        let dir = TempDir::new().unwrap();
        let folder = Self { dir };
        fs::create_dir(folder.path("migrations")).unwrap();
        fs::copy(
            repository().join("wrangler.toml"),
            folder.path("wrangler.toml"),
        )
        .unwrap();
        folder.write("schema.sql", "");
        let template = repository().join("migrations").join("template");
        if template.exists() {
            fs::copy(template, folder.path("migrations/template")).unwrap();
        }
        std::os::unix::fs::symlink(
            repository().join("node_modules"),
            folder.path("node_modules"),
        )
        .unwrap();
        folder
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    pub fn write(&self, relative: &str, text: &str) {
        fs::write(self.path(relative), text).unwrap();
    }

    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    /// The command, not yet run.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jobs-ingest"));
        command
            .arg("db")
            .args(args)
            .current_dir(self.dir.path())
            .env_remove("CI")
            .env("WRANGLER_SEND_METRICS", "false");
        command
    }

    /// Runs `jobs-ingest db …` here, as on a developer's machine (not in CI) but without a terminal.
    pub fn db(&self, args: &[&str]) -> Run {
        let output = self.command(args).output().unwrap();
        Run::from(&output)
    }

    /// Codes of the findings of `validate`, sorted, each once.
    pub fn codes(&self) -> Vec<String> {
        let findings = self.db(&["validate", "--json"]).json();
        let mut codes: Vec<String> = findings["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["code"].as_str().unwrap().to_owned())
            .collect();
        codes.sort();
        codes.dedup();
        codes
    }
}
