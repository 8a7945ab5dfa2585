//! The two states of the table: empty, and with a million rows.

use std::fs;
use std::path::{Path, PathBuf};

use jobs_ingest_core::field::FIELDS;
use jobs_ingest_core::ingest::{Rules, prepare};
use jobs_ingest_core::media::BodyFormat;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use xtask::progress::timed;
use xtask::project;

use crate::workload::{Feed, Ids, Key, Kind, N_KNOWN};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Table {
    Empty,
    Million,
}

impl Table {
    pub fn n_rows(self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Million => N_KNOWN,
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Million => "1,000,000 rows",
        }
    }

    /// Brings the migrated, empty database at `path` to this state. Nothing may have it open.
    pub fn fill(self, path: &Path) {
        if self == Self::Million {
            let million = million(path);
            fs::copy(million, path).expect("copy the large database");
        }
    }
}

/// The file with a million rows, made once and kept in target/: about 1 GB.
fn million(migrated: &Path) -> PathBuf {
    let folder = project::target_dir().join("bench");
    fs::create_dir_all(&folder).expect("create target/bench");
    // A file of an earlier run can be used if it has the same schema.
    let schema = schema_of(migrated);
    let path = folder.join("million.sqlite");
    if path.is_file() && schema_of(&path) == schema {
        return path;
    }
    let unfinished = folder.join("million-unfinished.sqlite");
    fs::copy(migrated, &unfinished).expect("copy the database");
    timed("filling a table with 1,000,000 rows (about 30 s)", || {
        insert_known(&unfinished);
    });
    fs::rename(&unfinished, &path).expect("rename the large database");
    path
}

fn schema_of(path: &Path) -> String {
    let connection = Connection::open(path).expect("open the database");
    let sql = "SELECT coalesce(group_concat(sql), '') FROM sqlite_schema";
    connection
        .query_row(sql, [], |row| row.get(0))
        .expect("the schema")
}

fn insert_known(path: &Path) {
    /// Descriptions repeat after so many rows: generating a million would take too long.
    const N_TEXTS: usize = 1_000;
    let feed = Feed {
        kind: Kind::Small,
        n_postings: N_TEXTS,
        ids: Ids::Client(u64::MAX - 2),
        version: 0,
        is_repost: false,
    };
    let prepared = prepare(&feed.body(), BodyFormat::Json, Rules::default()).expect("a valid body");
    let mut connection = Connection::open(path).expect("open the database");
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA cache_size = -1000000;")
        .expect("settings");
    let transaction = connection.transaction().expect("a transaction");
    transaction
        .execute("CREATE TEMP TABLE texts (rows TEXT)", [])
        .expect("a table");
    for param in &prepared.params {
        transaction
            .execute("INSERT INTO temp.texts VALUES (?1)", [&param.json])
            .expect("a text");
    }
    transaction
        .execute_batch(
            "CREATE TEMP TABLE t AS SELECT value FROM temp.texts, json_each(temp.texts.rows);",
        )
        .expect("rows");
    {
        // The key is first; in a row the hash precedes the values.
        let columns = FIELDS.each_ref().map(|spec| spec.column).join(", ");
        let values: String = (2..FIELDS.len())
            .map(|index| format!(", value ->> {}", index + 1))
            .collect();
        let sql = format!(
            "INSERT INTO jobs ({columns}) SELECT ?1, ?2{values} FROM temp.t WHERE rowid = ?3"
        );
        let mut insert = transaction.prepare(&sql).expect("SQL");
        for number in 0..N_KNOWN {
            let key = Key::known(number);
            let text = (number % N_TEXTS + 1) as i64;
            insert
                .execute((key.source, key.external_id, text))
                .expect("a row");
        }
    }
    transaction.commit().expect("a commit");
    connection
        .execute_batch("DROP TABLE temp.t; DROP TABLE temp.texts; PRAGMA wal_checkpoint(TRUNCATE);")
        .expect("a checkpoint");
}
