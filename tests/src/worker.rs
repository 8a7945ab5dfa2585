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

/// The token that a Worker of [`Worker::start`] accepts.
pub const TOKEN: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// The name of [`TOKEN`], which goes to the log.
pub const TOKEN_NAME: &str = "tester";

const INGEST_TOKENS: &str = "INGEST_TOKENS";

/// workerd with the built Worker, a D1 database of its own, a port of its own.
///
/// Dropping it ends workerd and removes the database; when the test is failing its log lines are
/// printed before.
pub struct Worker {
    instance: Instance,
    client: Client,
    database: Database,
    logs: Logs,
    // Last: removed after workerd has ended.
    _folder: Option<TempDir>,
}

/// What is different from [`Worker::start`].
#[derive(Debug, Clone)]
pub struct Builder {
    code: PathBuf,
    /// Variables and secrets: to the Worker they are the same.
    variables: Map<String, Value>,
    migrations: Migrations,
    folder: Option<PathBuf>,
    rate_limit: Option<u32>,
}

impl Builder {
    /// A folder with another Worker's index.js, and the wasm that it imports.
    pub fn code(mut self, folder: &Path) -> Self {
        self.code = folder.to_owned();
        self
    }

    /// The value of the secret `INGEST_TOKENS`.
    pub fn ingest_tokens(self, value: &str) -> Self {
        self.variable(INGEST_TOKENS, value)
    }

    /// A variable that an operator would add to wrangler.toml, of any type that TOML has.
    pub fn variable(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// The secret `INGEST_TOKENS` is not set.
    pub fn without_ingest_tokens(mut self) -> Self {
        self.variables.remove(INGEST_TOKENS);
        self
    }

    /// Which migrations the database has seen.
    pub fn migrations(mut self, migrations: Migrations) -> Self {
        self.migrations = migrations;
        self
    }

    /// Requests in a period, in place of each figure of wrangler.toml.
    pub fn rate_limit(mut self, limit: u32) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// The rate limits of wrangler.toml are there, but out of reach.
    pub fn without_rate_limits(self) -> Self {
        self.rate_limit(1_000_000_000)
    }

    /// The bindings of the rate limits are not there.
    pub fn without_rate_limiters(self) -> Self {
        self.rate_limit(0)
    }

    /// Keeps its database in this folder, whose content outlives it. A folder that is not there yet
    /// is made, with the migrations asked for; one that is there is used as it is.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Starts it; it answers when this returns.
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
    /// With [`TOKEN`] and all migrations applied.
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
        };
        builder.ingest_tokens(&format!("{TOKEN_NAME}:{TOKEN}"))
    }

    /// SIGKILL to workerd, whatever it is doing.
    pub fn kill(self) {
        self.instance.kill();
    }

    /// workerd's process id.
    pub fn workerd_id(&self) -> u32 {
        self.instance.workerd
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.instance.url
    }

    /// To send requests from several threads, or of any method.
    pub fn http(&self) -> &Client {
        &self.client
    }

    pub fn get(&self, path: &str) -> Request {
        self.client.request("GET", path)
    }

    pub fn post(&self, path: &str) -> Request {
        self.client.request("POST", path)
    }

    /// What the cron trigger does; it has ended when this returns. workerd's word for how: `ok`, or
    /// `exception`.
    pub fn run_scheduled(&self) -> String {
        let answer = self.get("/cdn-cgi/local/scheduled").send();
        assert_eq!(answer.status == 200, answer.body == "ok", "{}", answer.body);
        answer.body
    }

    /// A connection on which a test writes bytes as it likes.
    pub fn raw(&self) -> raw::Connection {
        raw::Connection::open(self.url())
    }

    /// The same, which is reset in the end.
    pub fn raw_to_reset(&self) -> raw::Connection {
        raw::Connection::open_to_reset(self.url())
    }

    /// The rows of a query, each an object by column name; BLOBs as upper-case hexadecimal digits.
    ///
    /// Reads the instance's SQLite file beside workerd, so it sees what is committed.
    pub fn sql(&self, query: &str) -> Value {
        self.database.query(query)
    }

    /// Runs statements on the instance's SQLite file: to seed it, or to break its schema.
    ///
    /// While no request is under way: workerd does not wait for a lock that somebody else has.
    pub fn execute(&self, statements: &str) {
        self.database.execute(statements);
    }

    /// Somebody else's write that is under way until this is dropped.
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
