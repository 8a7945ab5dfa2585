//! Whether the database has the schema that this Worker was built for.

use std::sync::LazyLock;

use serde::Serialize;

use crate::content_hash::CONTENT_HASH_COLUMN;
use crate::field::FIELDS;

/// The names in wrangler's ledger of applied migrations. Without the ledger it is "no such table".
pub const APPLIED_MIGRATIONS: &str = "SELECT name FROM d1_migrations ORDER BY id";

/// Reads no row, but fails unless every table and column is there.
pub static PROBE_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    let columns = FIELDS.each_ref().map(|spec| spec.column).join(", ");
    format!(
        "SELECT 1 FROM (SELECT id, {columns}, {CONTENT_HASH_COLUMN}, ingested_at, created_at FROM jobs LIMIT 0), \
         (SELECT token_name, id, source, status, received, inserted, updated, unchanged, \
         duplicates, rejected, body_bytes, duration_ms, started_at, finished_at \
         FROM ingest_runs LIMIT 0), \
         (SELECT token_name, key, fingerprint, run_id, findings, created_at \
         FROM ingest_keys LIMIT 0), \
         (SELECT token_name, run_id, rejects FROM ingest_rejects LIMIT 0)"
    )
});

/// The body of `GET /health`.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct Health {
    pub status: &'static str,
    /// The newest migration that this Worker knows.
    pub schema: &'static str,
}

/// The migrations that this Worker was built with and the database lacks. More in the database is
/// fine: a schema is migrated before the Worker that needs it is deployed.
pub fn missing_migrations<'m>(built_with: &[&'m str], applied: &[String]) -> Vec<&'m str> {
    let is_missing = |name: &&&str| !applied.iter().any(|applied| applied == **name);
    built_with.iter().filter(is_missing).copied().collect()
}
