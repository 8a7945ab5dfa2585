//! A project folder of a test's own, the command run in it, and the real wrangler beside it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use d1_sim::rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// What help and documents must name.
pub const COMMANDS: [&str; 15] = [
    "squash",
    "fix",
    "init",
    "man",
    "generate",
    "migrate",
    "status",
    "list",
    "validate",
    "rollback",
    "pull",
    "push",
    "studio",
    "baseline",
    "completions",
];

/// A folder with wrangler.toml, an empty schema.sql, migrations/template and the repository's node_modules.
pub struct Folder {
    dir: TempDir,
}

/// What a run of the command gave.
pub struct Run {
    code: i32,
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

    /// Asserts that stderr says this.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "{text:?} is not in:\n{}",
            self.stderr
        );
        self
    }

    /// Asserts that stdout has this.
    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(
            self.stdout.contains(text),
            "{text:?} is not in:\n{}",
            self.stdout
        );
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.stdout, self.stderr))
    }
}

impl Folder {
    /// A project without migrations and with an empty schema.sql.
    pub fn empty() -> Self {
        let folder = Self {
            dir: TempDir::new().unwrap(),
        };
        fs::create_dir(folder.path("migrations")).unwrap();
        for file in ["wrangler.toml", "migrations/template"] {
            fs::copy(repository().join(file), folder.path(file)).unwrap();
        }
        folder.write("schema.sql", "");
        let modules = repository().join("node_modules");
        assert!(modules.is_dir(), "run: npm ci");
        std::os::unix::fs::symlink(modules, folder.path("node_modules")).unwrap();
        folder
    }

    /// A project whose migrations were generated, one for each of these versions of schema.sql.
    pub fn with_versions(versions: &[&str]) -> Self {
        let folder = Self::empty();
        for (index, schema) in versions.iter().enumerate() {
            folder.next(&format!("v{}", index + 1), schema);
        }
        folder
    }

    /// Writes schema.sql and generates the migration to it.
    #[track_caller]
    pub fn next(&self, name: &str, schema: &str) -> String {
        self.write("schema.sql", schema);
        let run = self.db(&["generate", name, "--rename", "none"]).exits(0);
        run.stdout.trim().to_owned()
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

    /// Puts a program in wrangler's place.
    pub fn fake_wrangler(&self, program: &str) {
        fs::remove_file(self.path("node_modules")).unwrap();
        fs::create_dir_all(self.path("node_modules/.bin")).unwrap();
        let path = "node_modules/.bin/wrangler";
        self.write(path, program);
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Changes a file.
    pub fn replace(&self, relative: &str, from: &str, to: &str) {
        let text = self.read(relative);
        assert!(
            text.contains(from),
            "{from:?} is not in {relative}:\n{text}"
        );
        self.write(relative, &text.replace(from, to));
    }

    /// The command, not yet run: not in CI, and without a terminal.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_d1-migrate"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env_remove("CI")
            .env("WRANGLER_SEND_METRICS", "false");
        command
    }

    /// Runs `d1-migrate …` here.
    pub fn db(&self, args: &[&str]) -> Run {
        Run::from(&self.command(args).output().unwrap())
    }

    /// Codes of the findings of `validate`, sorted, each once.
    pub fn codes(&self) -> Vec<String> {
        codes(&self.db(&["validate", "--json"]))
    }

    /// Runs plain wrangler here.
    pub fn wrangler(&self, args: &[&str]) -> Run {
        let bin = self.path("node_modules/.bin");
        let path = std::env::var("PATH").unwrap();
        let output = Command::new(bin.join("wrangler"))
            .args(args)
            .current_dir(self.dir.path())
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("CI", "1")
            .env("WRANGLER_SEND_METRICS", "false")
            .output()
            .unwrap();
        Run::from(&output)
    }

    /// The local dev database: the file that wrangler made, or makes now.
    fn database(&self) -> Connection {
        let dir = self.path(".wrangler/state/v3/d1/miniflare-D1DatabaseObject");
        // Seen with wrangler 4.164.0 for the database_id of dev in wrangler.toml.
        let file =
            dir.join("9ba2b04bf514d9facfd57ed57d849e77241a7adc99d1c1545d06688b43d84248.sqlite");
        if !file.exists() {
            self.wrangler(&["d1", "execute", "jobs", "--local", "--command", "SELECT 1"])
                .exits(0);
        }
        Connection::open(file).unwrap()
    }

    /// Runs SQL on the local dev database, foreign keys on as on D1.
    #[track_caller]
    pub fn sql(&self, sql: &str) {
        self.database()
            .execute_batch(&format!("PRAGMA foreign_keys = ON; {sql}"))
            .unwrap();
    }

    /// The one number that a SELECT gives.
    #[track_caller]
    pub fn number(&self, sql: &str) -> i64 {
        self.database()
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }
}

/// Codes of the findings that `validate --json` printed, sorted, each once.
pub fn codes(run: &Run) -> Vec<String> {
    let findings = run.json();
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
