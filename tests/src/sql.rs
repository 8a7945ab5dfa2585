//! The D1 database of an instance, accessed as the SQLite file that it is.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};

pub struct Database {
    storage: PathBuf,
}

impl Database {
    pub fn new(storage: PathBuf) -> Self {
        Self { storage }
    }

    /// Miniflare derives the file's name from a hash of the database id; there is only one
    /// database.
    pub fn path(&self) -> PathBuf {
        let folder = self.storage.join("d1/miniflare-D1DatabaseObject");
        let mut files: Vec<PathBuf> = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .map(|entry| entry.expect("read the storage").path())
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "sqlite")
            })
            .filter(|path| path.file_stem().is_some_and(|name| name != "metadata"))
            .collect();
        assert_eq!(files.len(), 1, "databases in {}", folder.display());
        files.remove(0)
    }

    pub fn query(&self, query: &str) -> Value {
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_ONLY);
        let mut statement = connection
            .prepare(query)
            .unwrap_or_else(|error| panic!("{error}: {query}"));
        let names: Vec<String> = statement.column_names().map(Into::into).collect();
        let rows = statement.query_map([], |row| {
            let mut object = Map::new();
            for (index, name) in names.iter().enumerate() {
                object.insert(name.clone(), to_json(row.get_ref(index)?));
            }
            Ok(Value::Object(object))
        });
        rows.and_then(Iterator::collect)
            .unwrap_or_else(|error| panic!("{error}: {query}"))
    }

    pub fn execute(&self, statements: &str) {
        self.open(OpenFlags::SQLITE_OPEN_READ_WRITE)
            .execute_batch(statements)
            .unwrap_or_else(|error| panic!("{error}: {statements}"));
    }

    /// Holds the write lock until it is dropped.
    pub fn lock(&self) -> WriteLock {
        let connection = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE);
        connection
            .execute_batch("BEGIN IMMEDIATE")
            .expect("the lock of a writer");
        WriteLock {
            _connection: connection,
        }
    }

    fn open(&self, flags: OpenFlags) -> Connection {
        let connection =
            Connection::open_with_flags(self.path(), flags).expect("open the database");
        connection
            .busy_timeout(Duration::from_secs(10))
            .expect("set the time to wait for a lock");
        connection
    }
}

/// Another writer's transaction, which is rolled back when this is dropped.
pub struct WriteLock {
    _connection: Connection,
}

fn to_json(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => integer.into(),
        ValueRef::Real(real) => real.into(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
    }
}
