//! Deletes expired rows, a bounded number at a time.

use super::statement::Statement;
use crate::limits::{PURGE_STATEMENTS, PURGE_STEP_ROWS};

/// Statements with one parameter: the oldest id, or time, to keep. Each deletes at most
/// [`PURGE_STEP_ROWS`] rows.
const RUNS: &str = "\
DELETE FROM ingest_runs WHERE (token_name, id) IN (
  SELECT token_name, id FROM ingest_runs WHERE started_at < ?1 LIMIT 625)
RETURNING 1 AS removed";
const REJECTS: &str = "\
DELETE FROM ingest_rejects WHERE (token_name, run_id) IN (
  SELECT token_name, run_id FROM ingest_rejects
  WHERE NOT EXISTS (SELECT 1 FROM ingest_runs
    WHERE ingest_runs.token_name = ingest_rejects.token_name AND ingest_runs.id = ingest_rejects.run_id)
  LIMIT 625)
RETURNING 1 AS removed";
const KEYS: &str = "\
DELETE FROM ingest_keys WHERE (token_name, key) IN (
  SELECT token_name, key FROM ingest_keys WHERE created_at < ?1 LIMIT 625)
RETURNING 1 AS removed";

/// One step of a purge. Rejects expire with their runs, keys independently. The results are the
/// deleted rows.
pub fn step<V>(oldest_run: V, oldest_key: V) -> [Statement<V>; PURGE_STATEMENTS] {
    [
        Statement::new(RUNS, [oldest_run]),
        Statement::new(REJECTS, []),
        Statement::new(KEYS, [oldest_key]),
    ]
}

/// Whether another step may find something: any statement deleted as many rows as it may.
pub fn is_unfinished(n_removed: impl IntoIterator<Item = usize>) -> bool {
    n_removed.into_iter().any(|n| n >= PURGE_STEP_ROWS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_contain_the_limit() {
        for sql in [RUNS, REJECTS, KEYS] {
            assert!(sql.contains(&format!("LIMIT {PURGE_STEP_ROWS})")), "{sql}");
        }
    }

    #[test]
    fn full_step_is_followed_by_another() {
        assert!(!is_unfinished([0, PURGE_STEP_ROWS - 1, 0]));
        assert!(is_unfinished([0, PURGE_STEP_ROWS, 0]));
    }
}
