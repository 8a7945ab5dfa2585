//! What an error of D1 means for the request. D1 has no error codes, so its texts are told apart
//! here and nowhere else.

use crate::sql::ledger::{KEY_IS_TAKEN, RUN_IS_THERE};
use crate::sql::{JSONB_EACH, OVERTAKEN};

/// What to do about a failed batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A passing fault; the same batch is worth sending again at once. It may have landed, which
    /// an upsert of the same values does no harm to.
    Passing,
    /// D1 has too much to do or is not there; sending again at once would make it worse.
    Unavailable,
    /// The database has reached its size limit. Reads and deletions still work.
    Full,
    /// The table is not there or not as this Worker expects it: a migration is missing.
    NotReady,
    /// The commit failed and D1 does not say why: no room left, or a deferred constraint of the board's.
    /// Nothing has landed. [`PROBE_ROOM`](crate::sql::ledger::PROBE_ROOM) tells the two apart.
    Unexplained,
    /// The idempotency key is there already.
    KeyTaken,
    /// The run is there already: the batch had landed when its answer was lost.
    AlreadyLanded,
    /// A row that was not sent, because it was there already, has changed since.
    Overtaken,
    /// The function that reads rows in their binary form is not allowed here.
    NoJsonbEach,
    /// Anything else.
    Other,
}

/// Parts of D1's messages and what they mean, from Cloudflare's list of D1 errors and SQLite's
/// own texts. The first that is found counts.
const MEANINGS: [(&str, Failure); 26] = [
    (JSONB_EACH, Failure::NoJsonbEach),
    (KEY_IS_TAKEN, Failure::KeyTaken),
    (RUN_IS_THERE, Failure::AlreadyLanded),
    (OVERTAKEN, Failure::Overtaken),
    ("Network connection lost", Failure::Passing),
    ("storage caused object to be reset", Failure::Passing),
    ("reset because its code was updated", Failure::Passing),
    (
        "Internal error while starting up D1 DB storage",
        Failure::Passing,
    ),
    (
        "Cannot resolve D1 DB due to transient issue",
        Failure::Passing,
    ),
    // Another connection holds the lock for the moment: nothing of the batch has landed.
    ("SQLITE_BUSY", Failure::Passing),
    ("database is locked", Failure::Passing),
    ("Exceeded maximum DB size", Failure::Full),
    ("Exceeded maximum account storage", Failure::Full),
    ("SQLITE_FULL", Failure::Full),
    ("database or disk is full", Failure::Full),
    ("internal error; reference", Failure::Unexplained),
    ("D1 DB is overloaded", Failure::Unavailable),
    ("exceeded its CPU time limit", Failure::Unavailable),
    ("exceeded its memory limit", Failure::Unavailable),
    ("exceeded timeout", Failure::Unavailable),
    ("timed out", Failure::Unavailable),
    ("Too many requests queued", Failure::Unavailable),
    ("no such table", Failure::NotReady),
    ("no such column", Failure::NotReady),
    ("has no column named", Failure::NotReady),
    // The unique key is not there.
    ("ON CONFLICT clause does not match", Failure::NotReady),
];

/// What this message of D1 means.
pub fn failure(message: &str) -> Failure {
    MEANINGS
        .iter()
        .find(|(part, _)| message.contains(part))
        .map_or(Failure::Other, |(_, failure)| *failure)
}

/// Milliseconds to wait before each further try after a passing fault. Two tries more: a client
/// waits 0.4 s longer at the most.
pub const RETRY_WAITS_MS: [u64; 2] = [100, 300];

/// Seconds that a client is asked to wait when D1 is not available.
pub const RETRY_AFTER_SECONDS: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_d1_are_told_apart() {
        for (message, expected) in [
            ("D1_ERROR: Network connection lost.", Failure::Passing),
            (
                "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.",
                Failure::Unavailable,
            ),
            (
                "D1_ERROR: Internal error in D1 DB storage caused object to be reset.",
                Failure::Passing,
            ),
            (
                "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
                Failure::Unavailable,
            ),
            (
                "D1_ERROR: no such table: jobs: SQLITE_ERROR",
                Failure::NotReady,
            ),
            (
                "D1_ERROR: database is locked: SQLITE_BUSY",
                Failure::Passing,
            ),
            (
                "D1_ERROR: database is locked: SQLITE_BUSY (extended: SQLITE_BUSY_SNAPSHOT)",
                Failure::Passing,
            ),
            ("D1_ERROR: Exceeded maximum DB size.", Failure::Full),
            (
                "D1_ERROR: Exceeded maximum account storage limit.",
                Failure::Full,
            ),
            (
                "D1_ERROR: database or disk is full: SQLITE_FULL",
                Failure::Full,
            ),
            ("D1_ERROR: CHECK constraint failed", Failure::Other),
            ("internal error; reference = abc", Failure::Unexplained),
        ] {
            assert_eq!(failure(message), expected, "{message}");
        }
    }
}
