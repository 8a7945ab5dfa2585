//! A Worker for one test.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use tempfile::TempDir;
use xtask::project;

use crate::host::Instance;
use crate::http::{Client, Request};
use crate::logs::Logs;
use crate::raw;
use crate::sql::{Database, WriteLock};
use crate::template::{self, Migrations, Template};

/// The token that the Worker of [`Worker::start`] accepts.
pub const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// The name of [`TOKEN`], which is logged.
pub const TOKEN_NAME: &str = "tester";

const INGEST_TOKENS: &str = "INGEST_TOKENS";

/// workerd with the built Worker, its own D1 database and its own port.
///
/// Dropping it ends workerd and removes the database; if the test is failing, the log lines are
/// printed first.
pub struct Worker {
    instance: Instance,
    client: Client,
    database: Database,
    logs: Logs,
    // Last field: removed after workerd has ended.
    _folder: Option<TempDir>,
}

/// The differences from [`Worker::start`].
#[derive(Debug, Clone)]
pub struct Builder {
    code: PathBuf,
    /// Variables and secrets, which are the same to the Worker.
    variables: Map<String, Value>,
    migrations: Migrations,
    folder: Option<PathBuf>,
    rate_limit: Option<u32>,
    has_console: bool,
}

impl Builder {
    /// Runs another Worker: a folder with its index.js and the wasm that it imports.
    pub fn code(mut self, folder: &Path) -> Self {
        self.code = folder.to_owned();
        self
    }

    /// Sets the secret `INGEST_TOKENS`.
    pub fn ingest_tokens(self, value: &str) -> Self {
        self.variable(INGEST_TOKENS, value)
    }

    /// Adds a variable, as an operator would to wrangler.toml, of any type that TOML has.
    pub fn variable(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Leaves the secret `INGEST_TOKENS` unset.
    pub fn without_ingest_tokens(mut self) -> Self {
        self.variables.remove(INGEST_TOKENS);
        self
    }

    /// Sets which migrations are applied.
    pub fn migrations(mut self, migrations: Migrations) -> Self {
        self.migrations = migrations;
        self
    }

    /// Replaces all limits of wrangler.toml by this number of requests per period.
    pub fn rate_limit(mut self, limit: u32) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// Keeps the rate limits of wrangler.toml, but raises them beyond reach.
    pub fn without_rate_limits(self) -> Self {
        self.rate_limit(1_000_000_000)
    }

    /// Removes the bindings of the rate limits.
    pub fn without_rate_limiters(self) -> Self {
        self.rate_limit(0)
    }

    /// Removes the static files, as an operator does by removing `[assets]` from wrangler.toml.
    pub fn without_console(mut self) -> Self {
        self.has_console = false;
        self
    }

    /// Keeps the database in this folder, which is not removed. Creates the folder with the
    /// requested migrations if it does not exist; otherwise uses it unchanged.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Starts it; it accepts requests when this returns.
    pub fn start(self) -> Worker {
        let (folder, temporary) = match self.folder {
            Some(folder) => (folder, None),
            None => {
                let folder = TempDir::with_prefix("jobs-ingest-test-").expect("a temporary folder");
                (folder.path().to_owned(), Some(folder))
            }
        };
        if temporary.is_some() || !folder.exists() {
            Template::with(self.migrations, |template| template.copy_to(&folder));
        }
        let logs = Logs::default();
        let storage = template::storage(&folder);
        let instance = Instance::start(
            &self.code,
            &template::config(&folder),
            &storage,
            &self.variables,
            self.rate_limit,
            self.has_console,
            &logs,
        );
        Worker {
            client: Client::new(&instance.url),
            instance,
            database: Database::new(storage),
            logs,
            _folder: temporary,
        }
    }
}

impl Worker {
    /// Starts a Worker with [`TOKEN`] and all migrations applied.
    pub fn start() -> Self {
        Self::builder().start()
    }

    pub fn builder() -> Builder {
        let builder = Builder {
            code: project::root().join("build"),
            variables: Map::new(),
            migrations: Migrations::All,
            folder: None,
            rate_limit: None,
            has_console: true,
        };
        builder.ingest_tokens(&format!("{TOKEN_NAME}:{TOKEN}"))
    }

    /// Sends SIGKILL to workerd, whatever it is doing.
    pub fn kill(self) {
        self.instance.kill();
    }

    /// workerd's process id.
    pub fn workerd_id(&self) -> u32 {
        self.instance.workerd
    }

    /// `http://127.0.0.1:PORT`, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.instance.url
    }

    /// For requests from several threads, or with any method.
    pub fn http(&self) -> &Client {
        &self.client
    }

    pub fn get(&self, path: &str) -> Request {
        self.client.request("GET", path)
    }

    pub fn post(&self, path: &str) -> Request {
        self.client.request("POST", path)
    }

    pub fn put(&self, path: &str) -> Request {
        self.client.request("PUT", path)
    }

    /// Runs the scheduled handler to its end, as the cron trigger does. Returns workerd's outcome:
    /// `ok` or `exception`.
    pub fn run_scheduled(&self) -> String {
        let answer = self.get("/cdn-cgi/local/scheduled").send();
        assert_eq!(answer.status == 200, answer.body == "ok", "{}", answer.body);
        answer.body
    }

    /// A connection on which a test can write any bytes.
    pub fn raw(&self) -> raw::Connection {
        raw::Connection::open(self.url())
    }

    /// Like [`Self::raw`], but reset when dropped.
    pub fn raw_to_reset(&self) -> raw::Connection {
        raw::Connection::open_to_reset(self.url())
    }

    /// The rows of a query, each an object by column name; BLOBs as upper-case hexadecimal.
    ///
    /// Reads the instance's SQLite file next to workerd, so it sees committed data only.
    pub fn sql(&self, query: &str) -> Value {
        self.database.query(query)
    }

    /// Runs statements on the instance's SQLite file, to seed it or to break its schema.
    ///
    /// Only while no request is in progress: workerd does not wait for a lock of another process.
    pub fn execute(&self, statements: &str) {
        self.database.execute(statements);
    }

    /// Another writer's lock, held until this is dropped.
    pub fn lock_database(&self) -> WriteLock {
        self.database.lock()
    }

    /// The number of rows of `jobs`.
    pub fn n_rows(&self) -> u64 {
        self.sql("SELECT count(*) AS n FROM jobs")[0]["n"]
            .as_u64()
            .expect("count(*) is a number")
    }

    /// The SQLite file of the D1 database.
    pub fn database_path(&self) -> PathBuf {
        self.database.path()
    }

    pub fn logs(&self) -> &Logs {
        &self.logs
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of the Worker at {} ---", self.instance.url);
            for line in self.logs.lines() {
                eprintln!("{}: {}", line.level, line.message);
            }
            eprintln!("--- end of the log ---");
        }
    }
}
