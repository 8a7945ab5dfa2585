//! Statements about runs, idempotency keys and rejected postings.

use super::unchanged::{count_unchanged, has_hash, rows_of_stamps, sent_hash, sent_id};

/// The number of rows of the run `?1` if all rows of the stamps `?2` are stored as sent and the last
/// complete list of the source is still `list_before`, where the run has one; `?3` is the default
/// source. Otherwise NULL, which the column does not allow, so the whole batch fails. The stored rows are read
/// only if anything has been written since they were looked up: see [`crate::run::Written`].
macro_rules! rows_if_unchanged {
    () => {
        concat!(
            "CASE WHEN CASE WHEN ?1 ->> '$.written.total_changes' = total_changes()\n    \
             AND ?1 ->> '$.written.last_rowid' = last_insert_rowid()\n    \
             THEN TRUE ELSE (",
            count_unchanged!("?2"),
            ") = ?1 ->> 'unsent' END\n    \
             AND (?1 -> 'list_before' = 'null' OR coalesce((SELECT run_id FROM ingest_sources WHERE source = ?3), '')\n    \
             = ?1 ->> 'list_before') THEN ?1 ->> 'rows' END"
        )
    };
}

/// The value from which the number of new rows is computed: minus the largest id. A new row's id is
/// one above the largest and nothing else runs in the transaction, so the difference of the largest
/// ids is the number of new rows. Near 2^63 - 1 SQLite picks free ids at random, so there, and
/// below 0, it is the number of all rows instead, which has to read them all.
macro_rules! inserted_before {
    () => {
        "(SELECT CASE WHEN largest BETWEEN 0 AND 9223372036853727232 THEN -largest ELSE (SELECT count(*) FROM jobs) END FROM (SELECT coalesce(max(id), 0) AS largest FROM jobs))"
    };
}

/// The number of new rows, given `inserted` as set by [`inserted_before`]; above 0 that is a number
/// of rows.
macro_rules! inserted_since {
    () => {
        "CASE WHEN inserted > 0 THEN (SELECT count(*) FROM jobs) - inserted ELSE inserted + (SELECT coalesce(max(id), 0) FROM jobs) END"
    };
}

/// The number of closed rows among the rowids `?4`, before the batch opens them.
macro_rules! reopened {
    () => {
        "(SELECT count(*) FROM jobs WHERE id IN (SELECT value FROM json_each(?4)) AND closed_at IS NOT NULL)"
    };
}

/// `?1` JSON of `run::NewRun`, `?2` stamps of its rows that are not sent, `?3` default source, `?4` rowids
/// that the batch may reopen. Until [`FINISH_RUN`] the row holds intermediate values: `inserted` the value of
/// [`inserted_before`], `updated` the rows written so far, `unchanged` the number of all rows.
pub const BEGIN_RUN: &str = concat!("\
INSERT INTO ingest_runs (token_name, id, source, status, received, inserted, updated, unchanged, duplicates, rejected, body_bytes, duration_ms, started_at, finished_at, closed, reopened, closing)
SELECT ?1 ->> 'token_name', ?1 ->> 'id', ?1 ->> 'source', ?1 ->> 'status', ?1 ->> 'received',
  ", inserted_before!(), ", 0, ", rows_if_unchanged!(), ",
  ?1 ->> 'duplicates', ?1 ->> 'rejected', ?1 ->> 'body_bytes', 0, ?1 ->> 'started_at', ?1 ->> 'started_at',
  0, ", reopened!(), ", ?1 ->> 'closing'");

/// `?1` token name, `?2` id. Runs directly after every upsert but the last, and adds the rows that
/// it inserted or updated. Unlike the `changes` of D1's meta, this excludes writes of the board's
/// triggers.
pub const COUNT_WRITTEN: &str = "\
UPDATE ingest_runs SET updated = updated + changes() WHERE token_name = ?1 AND id = ?2";

/// `?1` token name, `?2` id. Runs directly after the last upsert. Counting the new rows by their
/// keys would read each row again.
pub const FINISH_RUN: &str = concat!("\
UPDATE ingest_runs SET
  inserted = ", inserted_since!(), ",
  updated = updated + changes() - (", inserted_since!(), "),
  unchanged = unchanged - updated - changes(),
  duration_ms = max(0, CAST(round((julianday('now') - julianday(started_at)) * 86400000) AS INTEGER)),
  finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE token_name = ?1 AND id = ?2
RETURNING inserted, updated, unchanged, reopened");

/// `?1` JSON of `run::NewRun`, `?2` stamps of its rows, none of which is sent, `?3` default source, `?4`
/// rowids that the batch may reopen. A run that writes no posting.
pub const INSERT_EMPTY_RUN: &str = concat!("\
INSERT INTO ingest_runs (token_name, id, source, status, received, inserted, updated, unchanged, duplicates, rejected, body_bytes, duration_ms, started_at, finished_at, closed, reopened, closing)
SELECT ?1 ->> 'token_name', ?1 ->> 'id', ?1 ->> 'source', ?1 ->> 'status', ?1 ->> 'received', 0, coalesce(?1 ->> 'updated', 0), ", rows_if_unchanged!(), ",
  ?1 ->> 'duplicates', ?1 ->> 'rejected', ?1 ->> 'body_bytes',
  max(0, CAST(round((julianday('now') - julianday(?1 ->> 'started_at')) * 86400000) AS INTEGER)),
  ?1 ->> 'started_at', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 0, ", reopened!(), ", ?1 ->> 'closing'
RETURNING inserted, updated, unchanged, reopened");

/// `?1` token name, `?2` key, `?3` the time before which keys have expired.
pub const REMOVE_EXPIRED_KEY: &str = "\
DELETE FROM ingest_keys WHERE token_name = ?1 AND key = ?2 AND created_at < ?3";

/// `?1` token name, `?2` key, `?3` fingerprint, `?4` run, `?5` findings, `?6` now. Fails the batch
/// if the key exists: the first request owns it.
pub const INSERT_KEY: &str = "\
INSERT INTO ingest_keys (token_name, key, fingerprint, run_id, findings, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// `?1` token name, `?2` key, `?3` the time before which keys have expired: the record of the key with its run.
pub const FIND_KEY: &str = "\
SELECT ingest_keys.fingerprint, ingest_keys.findings, ingest_runs.*
FROM ingest_keys LEFT JOIN ingest_runs
  ON ingest_runs.token_name = ingest_keys.token_name AND ingest_runs.id = ingest_keys.run_id
WHERE ingest_keys.token_name = ?1 AND ingest_keys.key = ?2 AND ingest_keys.created_at >= ?3";

/// `?1` token name, `?2` run, `?3` JSON of the rejected postings.
pub const INSERT_REJECTS: &str = "\
INSERT INTO ingest_rejects (token_name, run_id, rejects) VALUES (?1, ?2, ?3)";

/// Always fails, and reports a full disk as SQLite does. A small batch stays in SQLite's cache
/// until its commit, whose errors D1 hides. These 4 MB exceed the cache (2 MB), so the statement
/// itself writes to the disk. Its last row violates a constraint, which rolls back the others.
pub const PROBE_ROOM: &str = "\
INSERT INTO ingest_rejects (token_name, run_id, rejects)
SELECT '', value, CASE WHEN value < 5 THEN hex(zeroblob(500000)) END FROM json_each('[1,2,3,4,5]')";

/// `?1` token name, `?2` id.
pub const FIND_RUN: &str = "SELECT * FROM ingest_runs WHERE token_name = ?1 AND id = ?2";

/// `?1` token name, `?2` an id, `?3` a number, `?4` a source, `?5` a status: that many runs before the id, newest
/// first; of all sources, or with all statuses, if empty. No index has them: it reads the name's runs until it
/// has found enough.
pub const LIST_RUNS: &str = "\
SELECT * FROM ingest_runs WHERE token_name = ?1 AND id < ?2
  AND (?4 = '' OR source = ?4) AND (?5 = '' OR status = CAST(?5 AS INTEGER))
ORDER BY id DESC LIMIT CAST(?3 AS INTEGER)";

/// `?1` token name, `?2` run.
pub const FIND_REJECTS: &str = "\
SELECT rejects AS text FROM ingest_rejects WHERE token_name = ?1 AND run_id = ?2";

/// Part of the message of a batch that failed because the key exists.
pub const KEY_EXISTS: &str = "UNIQUE constraint failed: ingest_keys.";

/// Part of the message of a batch that had already been committed: run ids are unique.
pub const RUN_EXISTS: &str = "UNIQUE constraint failed: ingest_runs.";
