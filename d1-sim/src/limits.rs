//! Every limit of D1 that this repository relies on.
//!
//! "Documented" means <https://developers.cloudflare.com/d1/platform/limits/>; "workerd" means the
//! SQLite configuration of the runtime (`src/workerd/util/sqlite.c++`), which production D1 shares
//! with `wrangler dev`. `tests/real_d1.rs` tests both sides of each number on workerd.

use rusqlite::limits::Limit;

/// Bytes of a statement's text. Documented, and set by workerd.
pub const MAX_STATEMENT_BYTES: usize = 100_000;

/// Bytes of a string, BLOB or row. Documented. `wrangler dev` accepts larger ones, so a program
/// tested only there exceeds the limit in production first.
pub const MAX_VALUE_BYTES: usize = 2_000_000;

/// Columns of a table or a result. Documented, and set by workerd.
pub const MAX_COLUMNS: usize = 100;

/// Levels of an expression. Set by workerd.
pub const MAX_EXPRESSION_DEPTH: usize = 100;

/// Terms of a compound SELECT (UNION, EXCEPT, INTERSECT). Set by workerd. A VALUES list is exempt.
pub const MAX_COMPOUND_TERMS: usize = 5;

/// Arguments of a function. The documentation says 32, but workerd sets 127, and existing files
/// depend on it.
pub const MAX_FUNCTION_ARGUMENTS: usize = 127;

/// Bytes of a LIKE or GLOB pattern. Documented, and set by workerd.
pub const MAX_PATTERN_BYTES: usize = 50;

/// Bound parameters of a statement. Documented, and set by workerd.
pub const MAX_PARAMETERS: usize = 100;

/// Nesting of triggers, and length of a chain of foreign-key actions. Set by workerd.
pub const MAX_TRIGGER_DEPTH: usize = 10;

/// Queries per Worker invocation on the free plan (1,000 on the paid one). Documented. Whether a
/// batch counts as one query or as its statements is not, so stay below this number of statements.
/// [`crate::Simulator`] does not enforce it, because it has no invocations.
pub const MAX_QUERIES_PER_INVOCATION: usize = 50;

/// SQLite's run-time limits.
pub(crate) const ENFORCED: &[(Limit, usize)] = &[
    (Limit::SQLITE_LIMIT_SQL_LENGTH, MAX_STATEMENT_BYTES),
    (Limit::SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES),
    (Limit::SQLITE_LIMIT_COLUMN, MAX_COLUMNS),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, MAX_EXPRESSION_DEPTH),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, MAX_COMPOUND_TERMS),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, MAX_FUNCTION_ARGUMENTS),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, MAX_PATTERN_BYTES),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, MAX_PARAMETERS),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, MAX_TRIGGER_DEPTH),
];
