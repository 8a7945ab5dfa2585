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

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::VecDeque;

    use super::*;

    /// Answers from a list, and remembers what was asked.
    #[derive(Default)]
    struct Scripted {
        answers: RefCell<VecDeque<Result<Vec<ResultRow>, String>>>,
        n_runs: Cell<usize>,
        waits_ms: RefCell<Vec<u64>>,
    }

    impl Scripted {
        fn answering(answers: impl IntoIterator<Item = Result<(), &'static str>>) -> Self {
            let answer = |answer: Result<(), &str>| match answer {
                Ok(()) => Ok(vec![ResultRow::default()]),
                Err(message) => Err(message.to_owned()),
            };
            Self {
                answers: RefCell::new(answers.into_iter().map(answer).collect()),
                ..Self::default()
            }
        }
    }

    impl Store for Scripted {
        type Batch = usize;

        fn prepare(&self, statements: Vec<Statement>) -> Result<usize, String> {
            Ok(statements.len())
        }

        async fn run(&self, n_statements: &usize) -> Result<Vec<ResultRow>, String> {
            assert_eq!(*n_statements, 1);
            self.n_runs.set(self.n_runs.get() + 1);
            let next = self.answers.borrow_mut().pop_front();
            next.unwrap_or_else(|| Err("nothing is left in the script".to_owned()))
        }

        async fn sleep_ms(&self, ms: u64) {
            self.waits_ms.borrow_mut().push(ms);
        }
    }

    #[derive(Default)]
    struct Noted(Vec<(String, Value)>);

    impl Notes for Noted {
        fn note(&mut self, name: &str, value: Value) {
            self.0.push((name.to_owned(), value));
        }
    }

    fn run_on(store: &Scripted) -> (Result<(), &'static str>, Noted) {
        let mut noted = Noted::default();
        let statements = vec![Statement {
            sql: "SELECT 1",
            params: Vec::new(),
        }];
        let result = pollster::block_on(run(store, statements, &mut noted));
        (result.map(|_| ()).map_err(|problem| problem.code()), noted)
    }

    #[test]
    fn a_passing_fault_is_retried_after_growing_waits() {
        let lost = Err("D1_ERROR: Network connection lost.");
        let store = Scripted::answering([lost, lost, Ok(())]);
        let (result, noted) = run_on(&store);
        assert_eq!(result, Ok(()));
        assert_eq!(*store.waits_ms.borrow(), RETRY_WAITS_MS);
        assert!(noted.0.is_empty());
    }

    #[test]
    fn retries_are_bounded() {
        let lost = Err("D1_ERROR: Network connection lost.");
        let store = Scripted::answering([lost, lost, lost, Ok(())]);
        let (result, noted) = run_on(&store);
        assert_eq!(result, Err("database_unavailable"));
        assert_eq!(store.n_runs.get(), 1 + RETRY_WAITS_MS.len());
        assert_eq!(noted.0[0].1, "D1_ERROR: Network connection lost.");
        assert_eq!(noted.0[1], ("tries".to_owned(), 3.into()));
    }

    #[test]
    fn what_a_retry_would_make_worse_is_not_retried() {
        for (message, code) in [
            ("D1_ERROR: D1 DB is overloaded.", "database_unavailable"),
            (
                "D1_ERROR: no such table: jobs: SQLITE_ERROR",
                "database_not_ready",
            ),
            ("D1_ERROR: something new", "internal"),
        ] {
            let store = Scripted::answering([Err(message), Ok(())]);
            assert_eq!(run_on(&store).0, Err(code), "{message}");
            assert_eq!(store.n_runs.get(), 1);
        }
    }
}
