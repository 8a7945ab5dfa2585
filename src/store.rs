//! Running a batch: bounded retries of what is worth retrying, and what a failure means.

use jobs_ingest_core::outcome::ResultRow;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::sql::Statement;
use jobs_ingest_core::store_error::{Failure, RETRY_WAITS_MS, failure};
use serde_json::Value;

/// What runs batches as one transaction each: D1, or a fake in a test.
pub trait Store {
    /// A batch that can be run more than once.
    type Batch;

    /// Takes the statements over, so that their parameters are held once.
    fn prepare(&self, statements: Vec<Statement>) -> Result<Self::Batch, String>;

    /// The first row of each statement's result, or the message of what failed.
    async fn run(&self, batch: &Self::Batch) -> Result<Vec<ResultRow>, String>;

    async fn sleep_ms(&self, ms: u64);
}

/// Where a cause is noted for the log.
pub trait Notes {
    fn note(&mut self, name: &str, value: Value);
}

impl Notes for crate::call::Call {
    fn note(&mut self, name: &str, value: Value) {
        Self::note(self, name, value);
    }
}

/// Runs the statements as one transaction.
///
/// A passing fault is retried: it may have come after the batch had landed, and the same values
/// upserted once more change nothing (they are then counted as unchanged).
pub async fn run<S: Store>(
    store: &S,
    statements: Vec<Statement>,
    notes: &mut impl Notes,
) -> Result<Vec<ResultRow>, Problem> {
    let batch = match store.prepare(statements) {
        Ok(batch) => batch,
        Err(cause) => {
            notes.note("cause", cause.into());
            return Err(Problem::Internal);
        }
    };
    let mut waits_ms = RETRY_WAITS_MS.iter();
    let mut n_tries = 1;
    loop {
        let cause = match store.run(&batch).await {
            Ok(results) => return Ok(results),
            Err(cause) => cause,
        };
        let problem = match (failure(&cause), waits_ms.next()) {
            (Failure::Passing, Some(wait_ms)) => {
                store.sleep_ms(*wait_ms).await;
                n_tries += 1;
                continue;
            }
            (Failure::Passing, None) | (Failure::Unavailable, _) => Problem::DatabaseUnavailable,
            (Failure::NotReady, _) => Problem::DatabaseNotReady {
                missing: Vec::new(),
            },
            (Failure::Other, _) => Problem::Internal,
        };
        notes.note("cause", cause.into());
        notes.note("tries", n_tries.into());
        return Err(problem);
    }
}
