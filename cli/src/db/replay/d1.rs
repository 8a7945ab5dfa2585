//! An in-memory database with D1's refusals and limits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode};

use super::authorizer::{self, Denied};
use crate::db::codes::{self, Code};
use crate::db::error::Error;

/// D1's limits, from <https://developers.cloudflare.com/d1/platform/limits/> and workerd's `sqlite.c++`.
const LIMITS: &[(Limit, i32)] = &[
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_LENGTH, 2_000_000),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 32),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    // Also bounds how deep ON DELETE CASCADE may go through rows.
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 10),
];

/// Where a run failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The statement with this index.
    Statement(usize),
    /// After the last statement: a foreign key was violated at the end of the transaction.
    Commit,
}

/// Why statements did not run. The database is as it was before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub place: Place,
    pub message: String,
    /// The rule of D1 behind it, when it is one.
    pub code: Option<Code>,
}

/// The database.
pub struct D1 {
    connection: Connection,
    /// Whether D1's refusals are in force: they are not for this program's own statements.
    guarded: Arc<AtomicBool>,
    denied: Arc<Mutex<Option<Denied>>>,
}

impl D1 {
    /// An empty database.
    pub fn empty() -> Result<Self, Error> {
        let mut connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "foreign_keys", true)?;
        for (limit, value) in LIMITS {
            connection.set_limit(*limit, *value)?;
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, true)?;
        let guarded = Arc::new(AtomicBool::new(false));
        let denied = Arc::new(Mutex::new(None));
        let (guard, note) = (Arc::clone(&guarded), Arc::clone(&denied));
        connection.authorizer(Some(move |context: AuthContext<'_>| {
            if !guard.load(Ordering::Relaxed) {
                return Authorization::Allow;
            }
            authorizer::check(&context).map_or(Authorization::Allow, |found| {
                *note.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
                Authorization::Deny
            })
        }))?;
        Ok(Self {
            connection,
            guarded,
            denied,
        })
    }

    /// A database with the schema of these statements (`sqlite_master.sql`, in order).
    pub fn from_schema<'a>(sql: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let database = Self::empty()?;
        for one in sql {
            database.connection.execute_batch(one)?;
        }
        Ok(database)
    }

    /// Another database with the same content.
    pub fn copy(&self) -> Result<Self, Error> {
        let mut copy = Self::empty()?;
        Backup::new(&self.connection, &mut copy.connection)?.run_to_completion(
            1_000,
            Duration::ZERO,
            None,
        )?;
        Ok(copy)
    }

    /// The connection, for reading and for this program's own statements.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs statements as one transaction, as D1 does: all of them or none.
    pub fn run<'a>(&self, statements: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
        self.run_watched(statements, |_, _| {})
    }

    /// [`Self::run`], with a look at each statement just before it runs.
    pub fn run_watched<'a>(
        &self,
        statements: impl IntoIterator<Item = &'a str>,
        mut before: impl FnMut(usize, &'a str),
    ) -> Result<(), Failure> {
        let at_commit = |error: rusqlite::Error| Failure {
            place: Place::Commit,
            message: error.to_string(),
            code: None,
        };
        self.connection.execute_batch("BEGIN").map_err(at_commit)?;
        let mut result = Ok(());
        for (index, sql) in statements.into_iter().enumerate() {
            before(index, sql);
            result = self.guarded_run(sql).map_err(|(message, code)| Failure {
                place: Place::Statement(index),
                message,
                code,
            });
            if result.is_err() {
                break;
            }
        }
        let result =
            result.and_then(|()| self.connection.execute_batch("COMMIT").map_err(at_commit));
        if result.is_err() && !self.connection.is_autocommit() {
            // Some errors end the transaction by themselves; otherwise a rollback cannot fail.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        result
    }

    /// Whether `sql` only compiles because `SQLite` takes an unknown name in double quotes for a string.
    pub fn has_quoted_string(&self, sql: &str) -> Option<String> {
        let compile = || self.connection.prepare(sql).map(|_| ());
        if compile().is_err() {
            return None;
        }
        let both = [
            DbConfig::SQLITE_DBCONFIG_DQS_DDL,
            DbConfig::SQLITE_DBCONFIG_DQS_DML,
        ];
        for config in both {
            self.connection.set_db_config(config, false).ok()?;
        }
        let strict = compile();
        for config in both {
            self.connection.set_db_config(config, true).ok()?;
        }
        strict.err().map(|error| message_of(&error))
    }

    fn guarded_run(&self, sql: &str) -> Result<(), (String, Option<Code>)> {
        *self.denied.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.guarded.store(true, Ordering::Relaxed);
        let result = self.run_one(sql);
        self.guarded.store(false, Ordering::Relaxed);
        let denied = self
            .denied
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        result.map_err(|error| {
            denied.map_or_else(
                || (message_of(&error), code_of(&error)),
                |denied| (denied.message, Some(denied.code)),
            )
        })
    }

    fn run_one(&self, sql: &str) -> Result<(), rusqlite::Error> {
        let mut statement = self.connection.prepare(sql)?;
        if statement.parameter_count() > 0 {
            return Err(rusqlite::Error::InvalidParameterCount(
                0,
                statement.parameter_count(),
            ));
        }
        let mut rows = statement.raw_query();
        while rows.next()?.is_some() {}
        Ok(())
    }
}

/// `SQLite`'s own words, without the statement that rusqlite puts around them.
fn message_of(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::InvalidParameterCount(_, count) => {
            format!("{count} parameters without a value")
        }
        other => other.to_string(),
    }
}

/// The rule behind an error that is no refusal of the authorizer.
fn code_of(error: &rusqlite::Error) -> Option<Code> {
    const LIMITS: &[&str] = &[
        "too many terms in compound SELECT",
        "too many columns",
        "Expression tree is too large",
        "LIKE or GLOB pattern too complex",
        "too many SQL variables",
        "too many arguments on function",
        "too many values",
        "too many result columns",
        "statement too long",
        "string or blob too big",
        "parser stack overflow",
        "variable number must be between",
    ];
    let message = message_of(error);
    let too_big = error.sqlite_error_code() == Some(ErrorCode::TooBig)
        || matches!(error, rusqlite::Error::InvalidParameterCount(..));
    if too_big || LIMITS.iter().any(|text| message.contains(text)) {
        return Some(codes::R205);
    }
    if message.starts_with("no such module") || message.starts_with("cannot VACUUM") {
        return Some(codes::R201);
    }
    (message.starts_with("no such function") || message.contains("REGEXP function"))
        .then_some(codes::R203)
}
