//! Statements about runs, idempotency keys and rejected postings.

use super::unchanged::{count_unchanged, is_row_of_stamp};

/// The rows of the run `?1`, if those of the stamps `?2` are all there as they were sent; `?3` is the
/// default source. Else null, which is not allowed there and fails the whole batch.
macro_rules! rows_if_unchanged {
    () => {
        concat!(
            "CASE WHEN (",
            count_unchanged!("?2", "?3"),
            ") = json_array_length(?2) THEN ?1 ->> 'rows' END"
        )
    };
}

/// What the number of new rows is computed from. A new row's id is one above the largest and nothing else
/// runs in the transaction, so it is the difference of the largest ids: here minus the largest. Near
/// 2^63 - 1 SQLite takes free ids at random, so there, and below 0, it is the number of all rows, which
/// has to read them all.
macro_rules! inserted_before {
    () => {
        "(SELECT CASE WHEN largest BETWEEN 0 AND 9223372036853727232 THEN -largest ELSE (SELECT count(*) FROM jobs) END FROM (SELECT coalesce(max(id), 0) AS largest FROM jobs))"
    };
}

/// The number of new rows since `inserted` was what [`inserted_before`] says: above 0 it was all rows.
macro_rules! inserted_since {
    () => {
        "CASE WHEN inserted > 0 THEN (SELECT count(*) FROM jobs) - inserted ELSE inserted + (SELECT coalesce(max(id), 0) FROM jobs) END"
    };
}

/// `?1` JSON of `run::NewRun`, `?2` stamps of its rows that are not sent, `?3` default source. Until
/// [`FINISH_RUN`] the row holds
/// what the counts are computed from: `inserted` what was there before, `updated` the rows written so
/// far, `unchanged` all of them.
pub const BEGIN_RUN: &str = concat!("\
INSERT INTO ingest_runs (token_name, id, source, status, received, inserted, updated, unchanged, duplicates, rejected, body_bytes, duration_ms, started_at, finished_at)
SELECT ?1 ->> 'token_name', ?1 ->> 'id', ?1 ->> 'source', ?1 ->> 'status', ?1 ->> 'received',
  ", inserted_before!(), ", 0, ", rows_if_unchanged!(), ",
  ?1 ->> 'duplicates', ?1 ->> 'rejected', ?1 ->> 'body_bytes', 0, ?1 ->> 'started_at', ?1 ->> 'started_at'");

/// `?1` token name, `?2` id. Right after an upsert that is not the last: adds the rows that it
/// inserted or updated. Unlike the `changes` of D1's meta this leaves out what triggers of the
/// board write.
pub const COUNT_WRITTEN: &str = "\
UPDATE ingest_runs SET updated = updated + changes() WHERE token_name = ?1 AND id = ?2";

/// `?1` token name, `?2` id. Right after the last upsert. Counting the new rows by their keys would
/// read each row once more.
pub const FINISH_RUN: &str = concat!("\
UPDATE ingest_runs SET
  inserted = ", inserted_since!(), ",
  updated = updated + changes() - (", inserted_since!(), "),
  unchanged = unchanged - updated - changes(),
  duration_ms = max(0, CAST(round((julianday('now') - julianday(started_at)) * 86400000) AS INTEGER)),
  finished_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE token_name = ?1 AND id = ?2
RETURNING inserted, updated, unchanged");

/// `?1` JSON of `run::NewRun`, `?2` stamps of its rows, none of which is sent, `?3` default
/// source. A run that writes no posting.
pub const INSERT_EMPTY_RUN: &str = concat!("\
INSERT INTO ingest_runs (token_name, id, source, status, received, inserted, updated, unchanged, duplicates, rejected, body_bytes, duration_ms, started_at, finished_at)
SELECT ?1 ->> 'token_name', ?1 ->> 'id', ?1 ->> 'source', ?1 ->> 'status', ?1 ->> 'received', 0, 0, ", rows_if_unchanged!(), ",
  ?1 ->> 'duplicates', ?1 ->> 'rejected', ?1 ->> 'body_bytes',
  max(0, CAST(round((julianday('now') - julianday(?1 ->> 'started_at')) * 86400000) AS INTEGER)),
  ?1 ->> 'started_at', strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
RETURNING inserted, updated, unchanged");

/// `?1` token name, `?2` key, `?3` the time before which a key has expired.
pub const REMOVE_EXPIRED_KEY: &str = "\
DELETE FROM ingest_keys WHERE token_name = ?1 AND key = ?2 AND created_at < ?3";

/// `?1` token name, `?2` key, `?3` fingerprint, `?4` run, `?5` findings, `?6` now. Fails, and the
/// batch with it, when the key is there: whoever came first has it.
pub const INSERT_KEY: &str = "\
INSERT INTO ingest_keys (token_name, key, fingerprint, run_id, findings, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// `?1` token name, `?2` key, `?3` the time before which a key has expired.
pub const FIND_KEY: &str = "\
SELECT fingerprint, findings, run_id FROM ingest_keys
WHERE token_name = ?1 AND key = ?2 AND created_at >= ?3";

/// `?1` token name, `?2` run, `?3` JSON of the rejected postings.
pub const INSERT_REJECTS: &str = "\
INSERT INTO ingest_rejects (token_name, run_id, rejects) VALUES (?1, ?2, ?3)";

/// Fails always, and with SQLite's own word for it where there is no room. A small batch waits in
/// SQLite's cache until its commit, whose errors D1 hides; these 4 MB are more than the cache holds (2 MB),
/// so that the statement itself meets the disk. Its last row is refused and takes the others with it.
pub const PROBE_ROOM: &str = "\
INSERT INTO ingest_rejects (token_name, run_id, rejects)
SELECT '', value, CASE WHEN value < 5 THEN hex(zeroblob(500000)) END FROM json_each('[1,2,3,4,5]')";

/// `?1` token name, `?2` id.
pub const FIND_RUN: &str = "SELECT * FROM ingest_runs WHERE token_name = ?1 AND id = ?2";

/// `?1` token name, `?2` an id, `?3` how many: the runs before it, newest first.
pub const LIST_RUNS: &str = "\
SELECT * FROM ingest_runs WHERE token_name = ?1 AND id < ?2
ORDER BY id DESC LIMIT CAST(?3 AS INTEGER)";

/// `?1` token name, `?2` run.
pub const FIND_REJECTS: &str = "\
SELECT rejects FROM ingest_rejects WHERE token_name = ?1 AND run_id = ?2";

/// What the message of a failed batch holds when the key is there already.
pub const KEY_IS_TAKEN: &str = "UNIQUE constraint failed: ingest_keys.";

/// What it holds when the batch had landed before: a run's id is given once.
pub const RUN_IS_THERE: &str = "UNIQUE constraint failed: ingest_runs.";
