//! Migrations that show what a check finds and what it does not. Tests run all of them, on real D1, too.

/// A table for examples.
pub const JOBS: &str = "CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);";

/// One migration, with what is there before it.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// Statements of the migration before it.
    pub base: &'static str,
    /// The name of its file.
    pub name: &'static str,
    /// The text of its file.
    pub file: &'static str,
    /// Codes of other checks that report it, too. F503 need not be named: most examples have no DOWN.
    pub also: &'static [&'static str],
    /// The text of the file when the checksum file was written, when it was edited since.
    pub sealed: Option<&'static str>,
    /// schema.sql, when the example is about it.
    pub schema_sql: Option<&'static str>,
}

impl Example {
    /// A migration of an empty database.
    pub const fn new(file: &'static str) -> Self {
        Self::after("", file)
    }

    /// A migration after one with these statements.
    pub const fn after(base: &'static str, file: &'static str) -> Self {
        Self {
            base,
            name: "0002_example.sql",
            file,
            also: &[],
            sealed: None,
            schema_sql: None,
        }
    }

    /// The same, with findings of other checks.
    pub const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    /// The same, in a file of this name.
    pub const fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// The same, edited since the checksum file was written over `sealed`.
    pub const fn edited_from(self, sealed: &'static str) -> Self {
        Self {
            sealed: Some(sealed),
            ..self
        }
    }

    /// The same, beside this schema.sql.
    pub const fn beside(self, schema_sql: &'static str) -> Self {
        Self {
            schema_sql: Some(schema_sql),
            ..self
        }
    }
}
