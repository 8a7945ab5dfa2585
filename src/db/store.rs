//! Running a batch: bounded retries of transient faults, and the answer to each kind of failure.

use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::result_row::{ResultRow, Results};
use jobs_ingest_core::sql::Statement;
use jobs_ingest_core::sql::ledger::PROBE_ROOM;
use jobs_ingest_core::store_error::{BatchError, RETRY_WAITS_MS, classify};

use crate::call::Call;

/// A database that runs each batch as one transaction: D1, or a fake in a test.
pub trait Store {
    /// A handle to a text, so that a long one is held once.
    type Text: Clone;

    fn text(&self, text: String) -> Self::Text;

    /// The rows of each statement of a batch, or the message of the error.
    async fn run(&self, batch: &[Statement<Self::Text>]) -> Result<Results, String>;

    async fn sleep_ms(&self, ms: u64);
}

/// Why a batch did not commit.
#[derive(Debug)]
pub enum Interruption {
    /// The idempotency key is already recorded.
    KeyTaken,
    /// The run is already recorded: an earlier attempt had committed.
    AlreadyLanded,
    /// A row that was left out as unchanged has changed in the meantime.
    Overtaken,
    /// A closed row would be reopened that the batch does not expect.
    Reopens,
    /// An unchanged row lacks the hash of what is sent.
    Stale,
    /// This database does not allow `jsonb_each`.
    NoJsonbEach,
    /// The request cannot be served.
    Failed(Problem),
}

/// Runs the statements as one transaction and retries transient faults. A fault may occur after the
/// batch has committed: the keys in the batch then fail the next attempt.
pub async fn run<S: Store>(
    store: &S,
    batch: &[Statement<S::Text>],
    call: &mut Call,
) -> Result<Results, Interruption> {
    let mut waits_ms = RETRY_WAITS_MS.iter();
    let mut n_attempts = 0_usize;
    loop {
        n_attempts += 1;
        call.renew();
        let result = store.run(batch).await;
        if n_attempts > 1 {
            call.log.note("tries", n_attempts);
        }
        let cause = match result {
            Ok(results) => return Ok(results),
            Err(cause) => cause,
        };
        let mut is_full = false;
        match classify(&cause) {
            BatchError::KeyTaken => return Err(Interruption::KeyTaken),
            BatchError::AlreadyLanded => return Err(Interruption::AlreadyLanded),
            BatchError::Overtaken => return Err(Interruption::Overtaken),
            BatchError::Reopens => return Err(Interruption::Reopens),
            BatchError::Stale => return Err(Interruption::Stale),
            BatchError::NoJsonbEach => return Err(Interruption::NoJsonbEach),
            BatchError::Passing => {
                if let Some(wait_ms) = waits_ms.next() {
                    store.sleep_ms(*wait_ms).await;
                    continue;
                }
            }
            BatchError::Unexplained => is_full = has_no_room(store, call).await,
            BatchError::Unavailable
            | BatchError::Full
            | BatchError::NotReady
            | BatchError::Other => {}
        }
        call.log.note("tries", n_attempts);
        let problem = match is_full {
            true => Problem::DatabaseFull,
            false => problem(&cause),
        };
        call.log.note("cause", cause);
        return Err(Interruption::Failed(problem));
    }
}

/// Whether writes fail because the database is full.
async fn has_no_room<S: Store>(store: &S, call: &mut Call) -> bool {
    call.renew();
    let probed = store.run(&[Statement::new(PROBE_ROOM, [])]).await;
    probed.is_err_and(|cause| classify(&cause) == BatchError::Full)
}

/// The rows of statements that only read, with bounded retries. A single round trip, none if there are no statements.
pub async fn read<S: Store>(
    store: &S,
    statements: &[Statement<S::Text>],
    call: &mut Call,
) -> Result<Results, Problem> {
    if statements.is_empty() {
        return Ok(Results::default());
    }
    let results = run(store, statements, call).await;
    results.map_err(|interruption| match interruption {
        Interruption::Failed(problem) => problem,
        // Statements that read cannot cause the others.
        _ => Problem::Internal,
    })
}

/// The rows of a single statement that reads.
pub async fn rows<S: Store>(
    store: &S,
    statement: Statement<S::Text>,
    call: &mut Call,
) -> Result<Vec<ResultRow>, Problem> {
    let results = read(store, &[statement], call).await?;
    Ok(results.into_iter().next().unwrap_or_default())
}

/// The client's answer to a cause.
fn problem(cause: &str) -> Problem {
    match classify(cause) {
        BatchError::Passing | BatchError::Unavailable => Problem::DatabaseUnavailable,
        BatchError::Full => Problem::DatabaseFull,
        BatchError::NotReady => Problem::DatabaseNotReady {
            missing: Vec::new(),
            missing_objects: Vec::new(),
        },
        BatchError::KeyTaken
        | BatchError::AlreadyLanded
        | BatchError::Overtaken
        | BatchError::Reopens
        | BatchError::Stale
        | BatchError::NoJsonbEach
        | BatchError::Unexplained
        | BatchError::Other => Problem::Internal,
    }
}
