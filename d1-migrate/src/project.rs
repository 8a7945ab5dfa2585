//! The files of the project that a command works on.

use std::path::{Path, PathBuf};

use d1_sim::{BatchStep, Simulator};

use super::checksum::{self, Comparison, Seal};
use super::config::{Config, Database, Env};
use super::error::Error;
use super::file::{Migration, folder};
use super::schema::{self, Schema};

/// The schema that the project wants, beside the wrangler configuration.
pub const SCHEMA_FILE: &str = "schema.sql";

/// The wrangler configuration, migrations, checksums and schema.sql, read.
pub struct Project {
    pub config: Config,
    pub env: Env,
    pub database: Database,
    pub migrations: Vec<Migration>,
    pub checksums: Comparison,
    /// Names of files that were squashed, each with the file that stands for it.
    pub squashed: Vec<(String, String)>,
    /// The text of schema.sql; `None` when there is none.
    pub schema_sql: Option<String>,
}

impl Project {
    /// Reads the files for an environment and one of its databases.
    pub fn read(
        config: Option<&Path>,
        env: Option<&str>,
        binding: Option<&str>,
    ) -> Result<Self, Error> {
        let config = Config::find(config)?;
        let env = config.env(env)?;
        let database = config.database(&env, binding)?;
        let migrations = folder::read(&database.migrations_dir, database.pattern.as_deref())?;
        let lines = read_if_there(&database.migrations_dir.join(checksum::FILE_NAME))?;
        let lines = lines.unwrap_or_default();
        let squashed = checksum::squashed(&lines);
        let lines = checksum::parse(&lines)?;
        let checksums = checksum::compare(&lines, &migrations);
        let schema_sql = read_if_there(&config.root.join(SCHEMA_FILE))?;
        Ok(Self {
            config,
            env,
            database,
            migrations,
            checksums,
            squashed,
            schema_sql,
        })
    }

    /// How the checksum file sees the migrations now, after it was written.
    pub fn compared_again(&self) -> Result<Comparison, Error> {
        let text = read_if_there(&self.checksum_path())?.unwrap_or_default();
        Ok(checksum::compare(
            &checksum::parse(&text)?,
            &self.migrations,
        ))
    }

    /// The checksum file.
    pub fn checksum_path(&self) -> PathBuf {
        self.database.migrations_dir.join(checksum::FILE_NAME)
    }

    /// Writes lines for migrations that have none yet; never changes a line. Returns the new names.
    pub fn seal(&self) -> Result<Vec<String>, Error> {
        let seals = &self.checksums.seals;
        let is_whole = seals
            .iter()
            .all(|seal| matches!(seal, Seal::Sealed | Seal::New));
        if is_ci() || !is_whole || !self.checksums.missing.is_empty() {
            return Ok(Vec::new());
        }
        let new: Vec<String> = self
            .migrations
            .iter()
            .zip(seals)
            .filter(|(_, seal)| **seal == Seal::New)
            .map(|(migration, _)| migration.name.clone())
            .collect();
        if !new.is_empty() {
            let path = self.checksum_path();
            let squashed = checksum::squashed_lines(&self.squashed);
            write(&path, &(checksum::build(&self.migrations) + &squashed))?;
        }
        Ok(new)
    }

    /// Where schema.sql is, or would be.
    pub fn schema_path(&self) -> PathBuf {
        self.config.root.join(SCHEMA_FILE)
    }

    /// The text of schema.sql.
    pub fn schema_text(&self) -> Result<&str, Error> {
        self.schema_sql
            .as_deref()
            .ok_or_else(|| Error::NoSchemaFile {
                path: self.schema_path(),
            })
    }

    /// The schema of schema.sql.
    pub fn wanted(&self) -> Result<Schema, Error> {
        schema::of_file(self.schema_text()?, &self.database.ledger)
    }

    /// A database with the migrations that `want` selects.
    pub fn replay(&self, mut want: impl FnMut(&Migration) -> bool) -> Result<Simulator, Error> {
        let database = Simulator::empty()?;
        for migration in &self.migrations {
            if !want(migration) {
                continue;
            }
            database
                .run(migration.statements.iter().map(|one| one.sql.as_str()))
                .map_err(|failure| Error::Replay {
                    file: migration.name.clone(),
                    statement: match failure.step {
                        BatchStep::Statement(index) => (index + 1).to_string(),
                        BatchStep::Commit => "end".to_owned(),
                    },
                    message: failure.message,
                })?;
        }
        Ok(database)
    }

    /// The schema that the selected migrations build.
    pub fn built(&self, want: impl FnMut(&Migration) -> bool) -> Result<Schema, Error> {
        let database = self.replay(want)?;
        schema::read(database.connection(), &self.database.ledger)
    }

    /// The migration with this number.
    pub fn by_number(&self, number: u64) -> Result<&Migration, Error> {
        self.migrations
            .iter()
            .find(|one| one.number == Some(number))
            .ok_or_else(|| Error::NoSuchNumber {
                number,
                known: match self.migrations.iter().filter_map(|one| one.number).max() {
                    Some(last) => format!("numbers up to {last}"),
                    None => "none".to_owned(),
                },
            })
    }
}

/// Whether this runs in continuous integration.
pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// Writes a file of the project.
pub fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text).map_err(|source| Error::Write {
        path: path.to_owned(),
        source,
    })
}

/// The text of a file; `None` when there is none.
pub fn read_if_there(path: &Path) -> Result<Option<String>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read {
            path: path.to_owned(),
            source,
        }),
    }
}
