//! Running a batch: bounded retries of what is worth retrying, and what a failure means.

use jobs_ingest_core::outcome::Results;
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::sql::Statement;
use jobs_ingest_core::sql::ledger::PROBE_ROOM;
use jobs_ingest_core::store_error::{BatchError, RETRY_WAITS_MS, classify};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What runs batches as one transaction each: D1, or a fake in a test.
pub trait Store {
    /// A handle of a text, so that a long one is held once.
    type Text: Clone;

    fn text(&self, text: String) -> Self::Text;

    /// The rows of each statement of a batch, or the message of what failed.
    async fn run(&self, batch: &[Statement<Self::Text>]) -> Result<Results, String>;

    /// The rows of a single statement.
    async fn query<T: DeserializeOwned>(
        &self,
        statement: Statement<Self::Text>,
    ) -> Result<Vec<T>, String>;

    async fn sleep_ms(&self, ms: u64);
}

/// Where a cause is noted for the log.
pub trait Notes {
    fn note(&mut self, name: &str, value: Value);

    /// Called before each turn to the database: the request is still there.
    fn renew(&mut self);
}

impl Notes for crate::call::Call {
    fn note(&mut self, name: &str, value: Value) {
        Self::note(self, name, value);
    }

    fn renew(&mut self) {
        Self::renew(self);
    }
}

/// Why a batch did not run.
#[derive(Debug)]
pub enum Stopped {
    /// The idempotency key is there already.
    KeyTaken,
    /// The run is there already: an earlier try had landed.
    AlreadyLanded,
    /// A row that was not sent has changed since it was asked for.
    Overtaken,
    /// The function that reads rows in their binary form is not allowed here.
    NoJsonbEach,
    /// The request cannot be served.
    Failed(Problem),
}

/// Runs the statements as one transaction; a passing fault is tried again. It may have come after
/// the batch had landed: what is in the batch tells the next try so.
pub async fn run<S: Store>(
    store: &S,
    batch: &[Statement<S::Text>],
    notes: &mut impl Notes,
) -> Result<Results, Stopped> {
    let mut waits_ms = RETRY_WAITS_MS.iter();
    let mut n_tries = 0;
    loop {
        n_tries += 1;
        notes.renew();
        let result = store.run(batch).await;
        if n_tries > 1 || result.is_err() {
            notes.note("tries", n_tries.into());
        }
        let cause = match result {
            Ok(results) => return Ok(results),
            Err(cause) => cause,
        };
        match classify(&cause) {
            BatchError::KeyTaken => return Err(Stopped::KeyTaken),
            BatchError::AlreadyLanded => return Err(Stopped::AlreadyLanded),
            BatchError::Overtaken => return Err(Stopped::Overtaken),
            BatchError::NoJsonbEach => return Err(Stopped::NoJsonbEach),
            BatchError::Passing => {
                if let Some(wait_ms) = waits_ms.next() {
                    store.sleep_ms(*wait_ms).await;
                    continue;
                }
            }
            BatchError::Unexplained => {
                if has_no_room(store, notes).await {
                    notes.note("cause", cause.into());
                    return Err(Stopped::Failed(Problem::DatabaseFull));
                }
            }
            BatchError::Unavailable
            | BatchError::Full
            | BatchError::NotReady
            | BatchError::Other => {}
        }
        return Err(Stopped::Failed(problem(cause, notes)));
    }
}

/// Whether a write fails for want of room.
async fn has_no_room<S: Store>(store: &S, notes: &mut impl Notes) -> bool {
    notes.renew();
    let probed = store.run(&[Statement::new(PROBE_ROOM, [])]).await;
    probed.is_err_and(|cause| classify(&cause) == BatchError::Full)
}

/// The rows of a single statement that reads; D1 retries these by itself.
pub async fn query<S: Store, T: DeserializeOwned>(
    store: &S,
    statement: Statement<S::Text>,
    notes: &mut impl Notes,
) -> Result<Vec<T>, Problem> {
    notes.renew();
    let rows = store.query(statement).await;
    rows.map_err(|cause| problem(cause, notes))
}

/// What the client is told of a cause, which goes to the log.
fn problem(cause: String, notes: &mut impl Notes) -> Problem {
    let problem = match classify(&cause) {
        BatchError::Passing | BatchError::Unavailable => Problem::DatabaseUnavailable,
        BatchError::Full => Problem::DatabaseFull,
        BatchError::NotReady => Problem::DatabaseNotReady {
            missing: Vec::new(),
            missing_objects: Vec::new(),
        },
        BatchError::KeyTaken
        | BatchError::AlreadyLanded
        | BatchError::Overtaken
        | BatchError::NoJsonbEach
        | BatchError::Unexplained
        | BatchError::Other => Problem::Internal,
    };
    notes.note("cause", cause.into());
    problem
}
