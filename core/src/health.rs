//! Whether the database has the schema that this Worker was built for.

use serde::Serialize;

use crate::field::FIELDS;

/// The names in wrangler's ledger of applied migrations. Without the ledger it is "no such table".
pub const APPLIED_MIGRATIONS: &str = "SELECT name FROM d1_migrations ORDER BY id";

/// Reads no row, but fails unless every column is there.
pub fn probe_columns() -> String {
    let columns = FIELDS.map(|spec| spec.column).join(", ");
    format!("SELECT id, {columns}, ingested_at, created_at FROM jobs LIMIT 0")
}

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
