//! The database of an environment: read it, run statements on it, apply migrations to it.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use d1_sim::rusqlite::types::ValueRef;
use d1_sim::rusqlite::{Connection, OpenFlags};
use serde::Deserialize;
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::config::{Env, local_file};
use super::error::Error;
use super::file::Migration;
use super::project::{Project, write};
use super::schema::{self, MASTER_QUERY, MasterRow, Schema};
use super::sql::name::{ident, literal};
use super::wrangler::{MAX_COMMAND_BYTES, Wrangler, shown};

/// A row of a result.
pub type Row = Map<String, Value>;

/// One line of wrangler's ledger.
#[derive(Debug, Clone, Deserialize)]
pub struct Applied {
    pub name: String,
    pub applied_at: String,
}

/// An environment's database, local or remote.
pub struct Target<'a> {
    pub project: &'a Project,
    pub is_remote: bool,
    /// Looked for when it is needed: a local database can be read without it.
    wrangler: OnceCell<Wrangler>,
    /// Where local databases are.
    state: StateDir,
}

/// A folder of local state.
enum StateDir {
    /// The one of `wrangler dev`.
    OfProject(PathBuf),
    /// Removed with this.
    Temporary(TempDir),
}

impl<'a> Target<'a> {
    /// The database that `--env`, `--local` and `--remote` mean.
    pub fn new(project: &'a Project, local: bool, remote: bool) -> Self {
        Self {
            project,
            is_remote: remote || (project.env != Env::TopLevel && !local),
            wrangler: OnceCell::new(),
            state: StateDir::OfProject(project.config.state_dir()),
        }
    }

    /// A new local database in a temporary folder.
    pub fn temporary(project: &'a Project) -> Result<Self, Error> {
        let dir = TempDir::new().map_err(|source| Error::Write {
            path: std::env::temp_dir(),
            source,
        })?;
        Ok(Self {
            project,
            is_remote: false,
            wrangler: OnceCell::new(),
            state: StateDir::Temporary(dir),
        })
    }

    fn state_dir(&self) -> &Path {
        match &self.state {
            StateDir::OfProject(dir) => dir,
            StateDir::Temporary(dir) => dir.path(),
        }
    }

    /// The file of the local database.
    fn local_file(&self) -> PathBuf {
        local_file(self.state_dir(), &self.project.database.local_id)
    }

    /// Where it is, in a word.
    pub fn location(&self) -> &'static str {
        if self.is_remote { "remote" } else { "local" }
    }

    /// Which database, in words.
    pub fn label(&self) -> String {
        let env = match &self.project.env {
            Env::TopLevel if self.is_remote => "top level",
            env => env.label(),
        };
        format!(
            "{} ({env}, {})",
            self.project.database.name,
            self.location()
        )
    }

    /// Changes here need the database's name.
    pub fn is_production(&self) -> bool {
        self.is_remote && self.project.env.is_production()
    }

    /// Whether there is a database to read: a local one is made by the first that writes to it.
    pub fn exists(&self) -> bool {
        self.is_remote || self.local_file().is_file()
    }

    /// Rows of a SELECT. Never writes, and makes no database where there is none.
    pub fn query(&self, sql: &str) -> Result<Vec<Row>, Error> {
        if self.is_remote {
            self.query_remote(sql)
        } else if self.exists() {
            self.query_local(sql)
        } else {
            Ok(Vec::new())
        }
    }

    fn query_local(&self, sql: &str) -> Result<Vec<Row>, Error> {
        let connection =
            Connection::open_with_flags(self.local_file(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        let mut statement = connection.prepare(sql)?;
        let names: Vec<String> = statement.column_names().map(ToOwned::to_owned).collect();
        let mut rows = statement.query([])?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let mut found = Row::new();
            for (index, name) in names.iter().enumerate() {
                let value = match row.get_ref(index)? {
                    ValueRef::Integer(n) => Value::from(n),
                    ValueRef::Real(n) => Value::from(n),
                    ValueRef::Text(text) => Value::from(String::from_utf8_lossy(text)),
                    ValueRef::Null | ValueRef::Blob(_) => Value::Null,
                };
                found.insert(name.clone(), value);
            }
            out.push(found);
        }
        Ok(out)
    }

    fn query_remote(&self, sql: &str) -> Result<Vec<Row>, Error> {
        #[derive(Deserialize)]
        struct Answer {
            results: Vec<Row>,
        }
        let mut args = self.args(&["d1", "execute"]);
        args.extend(["--json".to_owned(), format!("--command={sql}")]);
        let text = self.wrangler()?.run(&self.configured(args.clone()))?;
        let answers: Vec<Answer> = parse_json(&text, &args)?;
        Ok(answers
            .into_iter()
            .next()
            .map(|one| one.results)
            .unwrap_or_default())
    }

    /// The database's name and the options that choose it.
    fn args(&self, words: &[&str]) -> Vec<String> {
        let mut args: Vec<String> = words.iter().map(ToString::to_string).collect();
        args.push(self.project.database.name.clone());
        args.extend(self.env_args());
        if self.is_remote {
            args.push("--remote".to_owned());
        } else {
            args.push("--local".to_owned());
            args.push("--persist-to".to_owned());
            args.push(self.state_dir().display().to_string());
        }
        args
    }

    /// The option that chooses the environment.
    pub fn env_args(&self) -> Vec<String> {
        match &self.project.env {
            Env::TopLevel => Vec::new(),
            Env::Named(name) => vec!["--env".to_owned(), name.clone()],
        }
    }

    /// Arguments with the project's configuration: wrangler alone might find another one.
    fn configured(&self, mut args: Vec<String>) -> Vec<String> {
        args.push("--config".to_owned());
        args.push(self.project.config.path.display().to_string());
        args
    }

    /// The rows of `sqlite_master`.
    fn master(&self) -> Result<Vec<MasterRow>, Error> {
        let rows = self.query(MASTER_QUERY)?;
        rows.into_iter().map(from_row).collect()
    }

    /// The schema, without what belongs to D1 and wrangler.
    pub fn schema(&self) -> Result<Schema, Error> {
        schema::read_rows(&self.master()?, &self.project.database.ledger)
    }

    /// Wrangler's ledger in the order of application; empty without one. Makes none.
    pub fn applied(&self) -> Result<Vec<Applied>, Error> {
        let ledger = &self.project.database.ledger;
        let tables = self.query(&format!(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name = {}",
            literal(ledger)
        ))?;
        if tables.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.query(&format!(
            "SELECT name, applied_at FROM {} ORDER BY id",
            ident(ledger)
        ))?;
        rows.into_iter().map(from_row).collect()
    }

    /// The number that a SELECT of one number gives.
    pub fn count(&self, sql: &str) -> Result<u64, Error> {
        let rows = self.query(sql)?;
        let first = rows.first().and_then(|row| row.values().next());
        // Not 0 for want of an answer: people decide by this number what may be lost.
        first
            .and_then(Value::as_u64)
            .ok_or_else(|| Error::WranglerAnswer {
                command: "the database".to_owned(),
                message: format!("no number for {sql}"),
            })
    }

    /// Runs statements as one transaction: wrangler hands them to D1 as one batch.
    pub fn execute(&self, sql: &str) -> Result<(), Error> {
        if sql.len() > MAX_COMMAND_BYTES {
            return Err(Error::CommandTooLong {
                bytes: sql.len(),
                limit: MAX_COMMAND_BYTES,
            });
        }
        let mut args = self.args(&["d1", "execute"]);
        args.extend(["--yes".to_owned(), format!("--command={sql}")]);
        self.wrangler()?.run(&self.configured(args))?;
        Ok(())
    }

    /// Lets wrangler apply these files, and nothing behind them: it is shown a folder in which there is nothing behind.
    pub fn apply(&self, migrations: &[&Migration]) -> Result<(), Error> {
        let stage = stage(self.project, migrations)?;
        let mut args = self.args(&["d1", "migrations", "apply"]);
        args.push("--config".to_owned());
        args.push(stage.path().join(STAGED_CONFIG).display().to_string());
        self.wrangler()?.run(&args)?;
        Ok(())
    }

    /// A Time Travel bookmark of now.
    pub fn bookmark(&self) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Answer {
            bookmark: String,
        }
        let mut args: Vec<String> = ["d1", "time-travel", "info"]
            .map(ToOwned::to_owned)
            .to_vec();
        args.push(self.project.database.name.clone());
        args.extend(self.env_args());
        args.push("--json".to_owned());
        let text = self.wrangler()?.run(&self.configured(args.clone()))?;
        let answer: Answer = parse_json(&text, &args)?;
        Ok(answer.bookmark)
    }

    /// The command that restores a bookmark.
    pub fn restore_command(&self, bookmark: &str) -> String {
        let env = self.env_args().join(" ");
        format!(
            "npx wrangler d1 time-travel restore {} {env} --bookmark={bookmark}",
            self.project.database.name
        )
    }

    /// Wrangler itself, for what runs on.
    pub fn wrangler(&self) -> Result<&Wrangler, Error> {
        if let Some(found) = self.wrangler.get() {
            return Ok(found);
        }
        let found = Wrangler::find(&self.project.config.root)?;
        Ok(self.wrangler.get_or_init(|| found))
    }

    /// Whether the ledger has this migration. Names are compared to the letter, as wrangler does.
    pub fn is_applied(applied: &[Applied], migration: &Migration) -> bool {
        applied.iter().any(|one| one.name == migration.name)
    }
}

/// The configuration in a [`stage`].
pub const STAGED_CONFIG: &str = "wrangler.json";

/// A folder with a configuration of this database only and these migrations. It is removed when dropped.
pub fn stage(project: &Project, migrations: &[&Migration]) -> Result<TempDir, Error> {
    let parent = project.config.root.join(".wrangler");
    let failed = |source| Error::Write {
        path: parent.clone(),
        source,
    };
    std::fs::create_dir_all(&parent).map_err(failed)?;
    let stage = tempfile::Builder::new()
        .prefix("migrate-")
        .tempdir_in(&parent)
        .map_err(failed)?;
    let config = project.config.minimal(&project.env, &project.database);
    write(&stage.path().join(STAGED_CONFIG), &config)?;
    let dir = stage.path().join("migrations");
    std::fs::create_dir(&dir).map_err(failed)?;
    for migration in migrations {
        let path = dir.join(&migration.name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        write(&path, &migration.text)?;
    }
    Ok(stage)
}

fn from_row<T: for<'de> Deserialize<'de>>(row: Row) -> Result<T, Error> {
    serde_json::from_value(Value::Object(row)).map_err(|error| Error::WranglerAnswer {
        command: "the database".to_owned(),
        message: error.to_string(),
    })
}

/// JSON from wrangler's stdout, which may have lines of talk before it.
fn parse_json<T: for<'de> Deserialize<'de>>(text: &str, args: &[String]) -> Result<T, Error> {
    let start = text.find(['[', '{']).unwrap_or(0);
    serde_json::from_str(text.get(start..).unwrap_or(text)).map_err(|error| Error::WranglerAnswer {
        command: shown(args),
        message: error.to_string(),
    })
}
