//! schema.sql.

use d1_sim::D1;

use super::{Schema, read};
use crate::error::Error;
use crate::sql::split;

/// The schema that the text of schema.sql describes.
pub fn of_file(schema_sql: &str, ledger: &str) -> Result<Schema, Error> {
    let database = D1::empty()?;
    let statements = split::statements(schema_sql);
    database
        .run(statements.iter().map(|one| one.sql.as_str()))
        .map_err(|failure| Error::SchemaFile {
            message: failure.message,
        })?;
    read(database.connection(), ledger)
}
