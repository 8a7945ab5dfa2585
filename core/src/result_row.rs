//! Rows as the statements of a batch return them.

use serde::Deserialize;

/// A row of a statement's result. Which values it has depends on the statement (see
/// [`crate::sql`]).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ResultRow {
    pub inserted: Option<u64>,
    pub updated: Option<u64>,
    pub unchanged: Option<u64>,
    pub reopened: Option<u64>,
    pub closed: Option<u64>,
    pub changed: Option<String>,
    /// A kind of postings, their number and their ids ([`crate::sql::list`]).
    pub kind: Option<String>,
    pub n: Option<u64>,
    pub ids: Option<String>,
    /// The only column of some statements.
    pub text: Option<String>,
}

/// The rows of each statement of a batch.
pub type Results = Vec<Vec<ResultRow>>;
