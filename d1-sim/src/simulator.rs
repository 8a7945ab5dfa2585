//! The simulator: runs statements in transactions, under D1's limits and refusals.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::hooks::{AuthContext, Authorization};
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, ErrorCode, Statement, params_from_iter};
use serde_json::{Map, Value};

use crate::limits;
use crate::refusals::{self, Denied, Rule};

/// A row of a result, as D1 returns it to JavaScript.
pub type Row = Map<String, Value>;

/// The step at which a transaction failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchStep {
    /// The statement with this index.
    Statement(usize),
    /// After the last statement: a foreign key was violated at the end of the transaction.
    Commit,
}

/// Why statements failed. The database is unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub step: BatchStep,
    /// SQLite's message, or what was refused.
    pub message: String,
    /// The rule of D1 that was broken, if it was one.
    pub rule: Option<Rule>,
    /// Offset in bytes at which SQLite reports the error.
    offset: Option<i32>,
    /// SQLite's name of the error, as D1 appends it to the message.
    code: String,
}

impl Failure {
    /// Byte of the statement that SQLite objects to, when it names one.
    pub fn offset(&self) -> Option<usize> {
        self.offset.and_then(|offset| usize::try_from(offset).ok())
    }
}

/// Formats the message of the exception that D1 throws.
impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            BatchStep::Statement(_) => {
                write!(out, "D1_ERROR: {}", self.message)?;
                if let Some(offset) = self.offset {
                    write!(out, " at offset {offset}")?;
                }
                write!(out, ": {}", self.code)
            }
            // D1 hides the cause.
            BatchStep::Commit => write!(out, "internal error; reference = d1-sim"),
        }
    }
}

impl std::error::Error for Failure {}
pub struct Simulator {
    connection: Connection,
    /// Whether D1's refusals are enforced; not for the caller's own statements on the connection.
    guarded: Arc<AtomicBool>,
    denied: Arc<Mutex<Option<Denied>>>,
}

impl Simulator {
    pub fn empty() -> rusqlite::Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "foreign_keys", true)?;
        for (limit, value) in limits::ENFORCED {
            connection.set_limit(*limit, i32::try_from(*value).unwrap_or(i32::MAX))?;
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
            refusals::check(&context).map_or(Authorization::Allow, |found| {
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

    /// Creates a database with the schema of these statements (`sqlite_master.sql`, in order).
    pub fn from_schema<'a>(sql: impl IntoIterator<Item = &'a str>) -> rusqlite::Result<Self> {
        let database = Self::empty()?;
        for one in sql {
            database.connection.execute_batch(one)?;
        }
        Ok(database)
    }

    /// Creates another database with the same content.
    pub fn copy(&self) -> rusqlite::Result<Self> {
        let mut copy = Self::empty()?;
        Backup::new(&self.connection, &mut copy.connection)?.run_to_completion(
            1_000,
            Duration::ZERO,
            None,
        )?;
        Ok(copy)
    }

    /// The connection, for the caller's own statements: limits apply to them, refusals do not.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs statements as one transaction, like a D1 batch.
    pub fn run<'a>(&self, statements: impl IntoIterator<Item = &'a str>) -> Result<(), Failure> {
        self.run_watched(statements, |_, _| {})
    }

    /// Like [`Self::run`], but calls `before` with each statement just before it runs.
    pub fn run_watched<'a>(
        &self,
        statements: impl IntoIterator<Item = &'a str>,
        mut before: impl FnMut(usize, &'a str),
    ) -> Result<(), Failure> {
        self.transaction(|| {
            for (index, sql) in statements.into_iter().enumerate() {
                before(index, sql);
                self.guarded(index, || drain(self.connection.prepare(sql)?))?;
            }
            Ok(())
        })
    }

    /// Runs the statements of a file as one transaction, as wrangler applies a migration.
    pub fn run_script(&self, text: &str) -> Result<(), Failure> {
        self.transaction(|| {
            let mut batch = Batch::new(&self.connection, text);
            let mut index = 0;
            while self.guarded(index, || match batch.next()? {
                Some(statement) => drain(statement).map(|()| true),
                None => Ok(false),
            })? {
                index += 1;
            }
            Ok(())
        })
    }

    /// Runs statements with bound texts as one transaction, and returns the rows of each.
    pub fn batch<'a, T: AsRef<str> + 'a>(
        &self,
        statements: impl IntoIterator<Item = (&'a str, &'a [T])>,
    ) -> Result<Vec<Vec<Row>>, Failure> {
        self.transaction(|| {
            let mut results = Vec::new();
            for (index, (sql, params)) in statements.into_iter().enumerate() {
                results.push(self.guarded(index, || self.rows(sql, params))?);
            }
            Ok(results)
        })
    }

    /// Returns the unknown name if `sql` compiles only because SQLite reads a name in double quotes
    /// as a string.
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

    fn transaction<T>(&self, work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        let at_commit = |error: rusqlite::Error| Failure {
            step: BatchStep::Commit,
            message: message_of(&error),
            rule: None,
            offset: None,
            code: code_of(&error),
        };
        self.connection.execute_batch("BEGIN").map_err(at_commit)?;
        let result = work().and_then(|value| {
            self.connection.execute_batch("COMMIT").map_err(at_commit)?;
            Ok(value)
        });
        if result.is_err() && !self.connection.is_autocommit() {
            // Some errors end the transaction by themselves; otherwise a rollback cannot fail.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        result
    }

    /// Runs `work`, the statement with this index, with D1's refusals enforced.
    fn guarded<T>(
        &self,
        index: usize,
        work: impl FnOnce() -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        let denied = || {
            self.denied
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take()
        };
        denied();
        self.guarded.store(true, Ordering::Relaxed);
        let result = work();
        self.guarded.store(false, Ordering::Relaxed);
        let denied = denied();
        result.map_err(|error| {
            let (message, rule) = denied.map_or_else(
                || (message_of(&error), rule_of(&error)),
                |denied| (denied.message, Some(denied.rule)),
            );
            Failure {
                step: BatchStep::Statement(index),
                message,
                rule,
                offset: offset_of(&error),
                code: code_of(&error),
            }
        })
    }

    fn rows<T: AsRef<str>>(&self, sql: &str, params: &[T]) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.connection.prepare(sql)?;
        let names: Vec<String> = statement.column_names().map(ToOwned::to_owned).collect();
        let mut rows = statement.query(params_from_iter(params.iter().map(AsRef::as_ref)))?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let mut found = Row::new();
            for (index, name) in names.iter().enumerate() {
                found.insert(name.clone(), json(row.get_ref(index)?));
            }
            out.push(found);
        }
        Ok(out)
    }
}

fn json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => bytes.into(),
    }
}

/// Runs a statement to its end. Fails if it has parameters, because none are bound.
fn drain(mut statement: Statement<'_>) -> rusqlite::Result<()> {
    let count = statement.parameter_count();
    if count > 0 {
        return Err(rusqlite::Error::InvalidParameterCount(0, count));
    }
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(())
}

/// SQLite's own message, without the statement that rusqlite adds.
fn message_of(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::InvalidParameterCount(0, count) => {
            format!("{count} parameters without a value")
        }
        other => other.to_string(),
    }
}

fn offset_of(error: &rusqlite::Error) -> Option<i32> {
    match error {
        rusqlite::Error::SqlInputError { offset, .. } => {
            Some(*offset).filter(|&offset| offset >= 0)
        }
        _ => None,
    }
}

/// SQLite's name of an error; for a constraint its extended name.
fn code_of(error: &rusqlite::Error) -> String {
    use rusqlite::ffi;
    let constraint = match error.sqlite_error().map(|one| one.extended_code) {
        Some(ffi::SQLITE_CONSTRAINT_CHECK) => "CHECK",
        Some(ffi::SQLITE_CONSTRAINT_DATATYPE) => "DATATYPE",
        Some(ffi::SQLITE_CONSTRAINT_FOREIGNKEY) => "FOREIGNKEY",
        Some(ffi::SQLITE_CONSTRAINT_NOTNULL) => "NOTNULL",
        Some(ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => "PRIMARYKEY",
        Some(ffi::SQLITE_CONSTRAINT_TRIGGER) => "TRIGGER",
        Some(ffi::SQLITE_CONSTRAINT_UNIQUE) => "UNIQUE",
        Some(ffi::SQLITE_AUTH) => return "SQLITE_AUTH".to_owned(),
        Some(ffi::SQLITE_MISMATCH) => return "SQLITE_MISMATCH".to_owned(),
        Some(ffi::SQLITE_TOOBIG) => return "SQLITE_TOOBIG".to_owned(),
        _ => return "SQLITE_ERROR".to_owned(),
    };
    format!("SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_{constraint})")
}

/// The rule behind an error that was not raised by the authorizer.
fn rule_of(error: &rusqlite::Error) -> Option<Rule> {
    const LIMITS: &[&str] = &[
        "too many terms in compound SELECT",
        "too many columns",
        "Expression tree is too large",
        "LIKE or GLOB pattern too complex",
        "too many SQL variables",
        "too many arguments on function",
        "too many values",
        "too many result columns",
        "triggers nested too deep",
        "statement too long",
        "string or blob too big",
        "parser stack overflow",
        "variable number must be between",
    ];
    let message = message_of(error);
    let too_big = error.sqlite_error_code() == Some(ErrorCode::TooBig)
        || matches!(error, rusqlite::Error::InvalidParameterCount(..));
    if too_big || LIMITS.iter().any(|text| message.contains(text)) {
        return Some(Rule::Limit);
    }
    if message.starts_with("no such module") || message.starts_with("cannot VACUUM") {
        return Some(Rule::Object);
    }
    (message.starts_with("no such function") || message.contains("REGEXP function"))
        .then_some(Rule::Function)
}
