//! Whether the database has the schema that this Worker was built for.

use serde::Serialize;

/// The body of `GET /health`.
#[derive(Debug, Serialize, PartialEq, Eq)]
pub struct Health {
    pub status: &'static str,
    /// The newest migration that this Worker knows.
    pub schema: &'static str,
}

/// Returns the migrations that this Worker was built with and the database lacks. Additional ones
/// in the database are fine: a schema is migrated before the Worker that needs it is deployed.
pub fn missing_migrations<'m>(built_with: &[&'m str], applied: &[String]) -> Vec<&'m str> {
    let is_missing = |name: &&&str| !applied.iter().any(|applied| applied == **name);
    built_with.iter().filter(is_missing).copied().collect()
}
