//! What is compared, each started with a database of its own.

use std::path::{Path, PathBuf};
use std::time::Instant;

use jobs_ingest_core::field::FIELDS;
use jobs_ingest_tests::{Migrations, TOKEN, Worker};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::floor;
use crate::peers_code;
use crate::table::Table;

/// One of the compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Peer {
    JobsIngest,
    JsonEach,
    Drizzle,
    Floor,
}

impl Peer {
    pub const ALL: [Self; 4] = [Self::JobsIngest, Self::JsonEach, Self::Drizzle, Self::Floor];

    /// The peers that are Workers.
    pub const WORKERS: [Self; 3] = [Self::JobsIngest, Self::JsonEach, Self::Drizzle];

    pub fn title(self) -> &'static str {
        match self {
            Self::JobsIngest => "jobs-ingest",
            Self::JsonEach => "best JS",
            Self::Drizzle => "Drizzle",
            Self::Floor => "native floor",
        }
    }

    /// The name of its file in bench/peers/src.
    pub fn file_name(self) -> Option<&'static str> {
        match self {
            Self::JsonEach => Some("json-each"),
            Self::Drizzle => Some("drizzle"),
            Self::JobsIngest | Self::Floor => None,
        }
    }

    pub fn code(self) -> PathBuf {
        self.file_name()
            .map_or_else(peers_code::product, peers_code::of)
    }
}

/// A running peer.
pub struct Contestant {
    pub peer: Peer,
    engine: Engine,
}

enum Engine {
    Worker(Worker),
    Native {
        connection: Connection,
        _folder: TempDir,
    },
}

/// What one request took.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    pub ms: f64,
    /// Milliseconds by stage, of a Worker that reports them in `Server-Timing`.
    pub stages: Vec<(String, f64)>,
}

impl Contestant {
    pub fn start(peer: Peer, table: Table) -> Self {
        let engine = match peer {
            Peer::Floor => native(table),
            _ => Engine::Worker(start_worker(peer.code(), table)),
        };
        Self { peer, engine }
    }

    /// The product of another commit, with its build/ and its number of migrations.
    pub fn of_commit(code: &Path, n_migrations: usize) -> Self {
        let builder = Worker::builder()
            .code(code)
            .migrations(Migrations::First(n_migrations))
            .without_rate_limiters()
            .without_console();
        Self {
            peer: Peer::JobsIngest,
            engine: Engine::Worker(builder.start()),
        }
    }

    /// Sends one body and waits for the answer, which must be a success.
    pub fn post(&mut self, body: &[u8]) -> Taken {
        match &mut self.engine {
            Engine::Worker(worker) => post(worker, body),
            Engine::Native { connection, .. } => {
                let since = Instant::now();
                floor::ingest(connection, body);
                Taken {
                    ms: since.elapsed().as_secs_f64() * 1e3,
                    stages: Vec::new(),
                }
            }
        }
    }

    /// Resets the table to its state at the start, and empties its write-ahead log.
    pub fn reset(&mut self, table: Table) {
        let statements = format!(
            "DELETE FROM jobs WHERE id > {}; DELETE FROM ingest_runs; \
             PRAGMA wal_checkpoint(TRUNCATE);",
            table.n_rows()
        );
        match &mut self.engine {
            Engine::Worker(worker) => worker.execute(&statements),
            Engine::Native { connection, .. } => {
                connection.execute_batch(&statements).expect("a reset");
            }
        }
    }

    /// A few numbers that are almost certainly equal only if these columns of the tables are.
    pub fn digest(&mut self, columns: &[String]) -> String {
        let of_column = |column: &String| {
            format!(
                " || ', {column} ' || count({column}) || ' ' || ifnull(sum(length({column})), 0) \
                 || ' ' || ifnull(sum(company_id * unicode({column})), 0) \
                 || ' ' || ifnull(sum(company_id * unicode(substr({column}, -1))), 0)"
            )
        };
        let parts: String = columns.iter().map(of_column).collect();
        self.text(&format!("SELECT count(*) || ' rows'{parts} FROM jobs"))
    }

    /// The columns of its table that a posting sets.
    pub fn columns(&mut self) -> Vec<String> {
        let names = self.text("SELECT group_concat(name) FROM pragma_table_info('jobs')");
        let is_set = |name: &&str| FIELDS.iter().any(|spec| spec.column == *name);
        names.split(',').filter(is_set).map(Into::into).collect()
    }

    /// The text that a query returns.
    fn text(&mut self, query: &str) -> String {
        match &mut self.engine {
            Engine::Worker(worker) => {
                let rows = worker.sql(&format!("SELECT ({query}) AS found"));
                rows[0]["found"].as_str().expect("a text").to_owned()
            }
            Engine::Native { connection, .. } => {
                let found = connection.query_row(query, [], |row| row.get(0));
                found.expect("a text")
            }
        }
    }
}

/// A Worker whose database holds `table`. None has rate limiters: no peer asks one, and Miniflare
/// simulates with a Durable Object what on Cloudflare is a counter on the same machine. None has the
/// console, for which Miniflare puts two more Workers in front.
pub fn start_worker(code: PathBuf, table: Table) -> Worker {
    let worker = Worker::builder()
        .code(&code)
        .without_rate_limiters()
        .without_console()
        .start();
    // Before the first request, which opens the file.
    table.fill(&worker.database_path());
    worker
}

fn native(table: Table) -> Engine {
    let folder = TempDir::with_prefix("jobs-ingest-bench-").expect("a temporary folder");
    let path = folder.path().join("jobs.sqlite");
    let template = Worker::start();
    // What the migrations wrote may be only in the write-ahead log.
    template.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    std::fs::copy(template.database_path(), &path).expect("copy the database");
    drop(template);
    table.fill(&path);
    Engine::Native {
        connection: floor::open(&path),
        _folder: folder,
    }
}

/// Posts to a Worker; the time is from the first byte sent to the last received.
pub fn post(worker: &Worker, body: &[u8]) -> Taken {
    let request = worker.post("/jobs/ingest").token(TOKEN).json(body);
    let since = Instant::now();
    let answer = request.send();
    let ms = since.elapsed().as_secs_f64() * 1e3;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let stages = answer
        .header("server-timing")
        .into_iter()
        .flat_map(|timings| timings.split(", "))
        .filter_map(|timing| {
            let (name, ms) = timing.split_once(";dur=")?;
            Some((name.to_owned(), ms.parse().ok()?))
        })
        .collect();
    Taken { ms, stages }
}
