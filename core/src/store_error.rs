//! What a D1 error means for the request. D1 has no error codes, so errors are classified by their
//! messages, only here.

use crate::sql::ledger::{KEY_EXISTS, RUN_EXISTS};
use crate::sql::{JSONB_EACH, OVERTAKEN, REOPENS, STALE};

/// What a failed batch means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchError {
    /// A transient fault: retry the batch immediately. It may have been committed, which is
    /// harmless because the upsert is idempotent.
    Passing,
    /// D1 is overloaded or unreachable; an immediate retry would make it worse.
    Unavailable,
    /// The database has reached its size limit. Reads and deletions still work.
    Full,
    /// A table or column does not exist or is not as this Worker expects: a migration is missing.
    NotReady,
    /// The commit failed and D1 does not report why: no space left, or a deferred constraint of the
    /// board's tables. Nothing was committed. [`PROBE_ROOM`](crate::sql::ledger::PROBE_ROOM)
    /// distinguishes the two.
    Unexplained,
    /// The idempotency key already exists.
    KeyTaken,
    /// The run already exists: the batch was committed, but its response was lost.
    AlreadyLanded,
    /// A row that was not sent, because it was unchanged, has changed since.
    Overtaken,
    /// The batch would reopen a closed row that it does not expect.
    Reopens,
    /// An unchanged row lacks the hash of what is sent.
    Stale,
    /// `jsonb_each` is not allowed here.
    NoJsonbEach,
    Other,
}

/// Parts of D1's messages and their meanings, from Cloudflare's list of D1 errors and SQLite's own
/// texts. The first match counts.
const MEANINGS: [(&str, BatchError); 28] = [
    (JSONB_EACH, BatchError::NoJsonbEach),
    (KEY_EXISTS, BatchError::KeyTaken),
    (RUN_EXISTS, BatchError::AlreadyLanded),
    (OVERTAKEN, BatchError::Overtaken),
    (REOPENS, BatchError::Reopens),
    (STALE, BatchError::Stale),
    ("Network connection lost", BatchError::Passing),
    ("storage caused object to be reset", BatchError::Passing),
    ("reset because its code was updated", BatchError::Passing),
    (
        "Internal error while starting up D1 DB storage",
        BatchError::Passing,
    ),
    (
        "Cannot resolve D1 DB due to transient issue",
        BatchError::Passing,
    ),
    // Another connection holds the lock; nothing was committed.
    ("SQLITE_BUSY", BatchError::Passing),
    ("database is locked", BatchError::Passing),
    ("Exceeded maximum DB size", BatchError::Full),
    ("Exceeded maximum account storage", BatchError::Full),
    ("SQLITE_FULL", BatchError::Full),
    ("database or disk is full", BatchError::Full),
    ("internal error; reference", BatchError::Unexplained),
    ("D1 DB is overloaded", BatchError::Unavailable),
    ("exceeded its CPU time limit", BatchError::Unavailable),
    ("exceeded its memory limit", BatchError::Unavailable),
    ("exceeded timeout", BatchError::Unavailable),
    ("timed out", BatchError::Unavailable),
    ("Too many requests queued", BatchError::Unavailable),
    ("no such table", BatchError::NotReady),
    ("no such column", BatchError::NotReady),
    ("has no column named", BatchError::NotReady),
    // The unique key does not exist.
    ("ON CONFLICT clause does not match", BatchError::NotReady),
];

/// Classifies an error message of D1.
pub fn classify(message: &str) -> BatchError {
    MEANINGS
        .iter()
        .find(|(part, _)| message.contains(part))
        .map_or(BatchError::Other, |(_, error)| *error)
}

/// Milliseconds to wait before each retry after a transient fault. Two retries add at most 0.4 s.
pub const RETRY_WAITS_MS: [u64; 2] = [100, 300];

/// Seconds that a client is asked to wait if D1 is not available.
pub const RETRY_AFTER_SECONDS: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classifies_messages_of_d1() {
        for (message, expected) in [
            ("D1_ERROR: Network connection lost.", BatchError::Passing),
            (
                "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
                BatchError::Unavailable,
            ),
            (
                "D1_ERROR: Internal error in D1 DB storage caused object to be reset.",
                BatchError::Passing,
            ),
            (
                "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
                BatchError::Unavailable,
            ),
            (
                "D1_ERROR: no such table: jobs: SQLITE_ERROR",
                BatchError::NotReady,
            ),
            (
                "D1_ERROR: database is locked: SQLITE_BUSY",
                BatchError::Passing,
            ),
            (
                "D1_ERROR: database is locked: SQLITE_BUSY (extended: SQLITE_BUSY_SNAPSHOT)",
                BatchError::Passing,
            ),
            ("D1_ERROR: Exceeded maximum DB size.", BatchError::Full),
            (
                "D1_ERROR: Exceeded maximum account storage limit.",
                BatchError::Full,
            ),
            (
                "D1_ERROR: database or disk is full: SQLITE_FULL",
                BatchError::Full,
            ),
            ("D1_ERROR: CHECK constraint failed", BatchError::Other),
            ("internal error; reference = abc", BatchError::Unexplained),
        ] {
            assert_eq!(classify(message), expected, "{message}");
        }
    }
}
