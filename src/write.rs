//! Writing a request's postings with everything that is recorded beside them, once.

use std::cell::Cell;

use jobs_ingest_core::auth::Caller;
use jobs_ingest_core::idempotency::Record;
use jobs_ingest_core::ingest::{Param, Prepared, default_source, with_escapes};
use jobs_ingest_core::options::Options;
use jobs_ingest_core::outcome::{Tally, status};
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::run::{NewRun, Run};
use jobs_ingest_core::sql::{
    Each, FIND_CHANGED, Ingest, Rows, Statement, Upsert, dry_run_batch, ledger,
};

use crate::store::{self, Notes, Stopped, Store};

/// Times that a batch is put together anew because what it met was not there a moment before.
const MAX_ROUNDS: usize = 3;

thread_local! {
    /// How rows are read; the other way from the first refusal on, for as long as the isolate lives.
    static EACH: Cell<Each> = const { Cell::new(Each::Jsonb) };
}

/// The upsert that these options ask for.
fn upsert(options: Options) -> Upsert {
    Upsert {
        each: EACH.get(),
        ..Upsert::from(options)
    }
}

/// A request beside its postings.
pub struct Write<'a> {
    pub caller: &'a Caller,
    pub options: Options,
    pub run_id: &'a str,
    pub body_bytes: usize,
    /// When it came in, ISO 8601 in UTC with milliseconds.
    pub now: &'a str,
    pub key: Option<Key>,
}

/// An idempotency key and what it stands for.
pub struct Key {
    pub key: String,
    pub fingerprint: String,
    /// Keys from before have expired.
    pub oldest: String,
}

/// What became of a request.
#[derive(Debug)]
pub enum Written {
    Now(Tally),
    /// It was written before, under the same idempotency key.
    Before(Box<Earlier>),
}

/// An outcome that was recorded under a key.
#[derive(Debug)]
pub struct Earlier {
    pub run: Run,
    /// JSON of [`jobs_ingest_core::idempotency::KeptFindings`].
    pub findings: String,
}

/// What was recorded under a key, if this request is a repeat; an error when it is another one.
pub async fn find_record<S: Store>(
    store: &S,
    caller: &Caller,
    key: &Key,
    notes: &mut impl Notes,
) -> Result<Option<Earlier>, Problem> {
    let params = [&caller.name, &key.key, &key.oldest].map(|text| store.text(text.clone()));
    let statement = Statement::new(ledger::FIND_KEY, params);
    let records: Vec<Record> = store::query(store, statement, notes).await?;
    let Some(record) = records.into_iter().next() else {
        return Ok(None);
    };
    if record.fingerprint != key.fingerprint {
        return Err(Problem::IdempotencyKeyReused);
    }
    let run = find_run(store, &caller.name, &record.run_id, notes).await?;
    Ok(run.map(|run| Earlier {
        run,
        findings: record.findings,
    }))
}

/// What a batch carries of a request's rows.
struct Sent<T> {
    rows: Vec<Rows<T>>,
    n_rows: usize,
    /// JSON array of the stamps of the rows that are left out.
    unchanged: T,
}

impl<T> Sent<T> {
    fn all<S: Store<Text = T>>(store: &S, prepared: &mut Prepared) -> Self {
        Self {
            n_rows: prepared.n_rows,
            rows: bindable(store, std::mem::take(&mut prepared.params)),
            unchanged: store.text("[]".to_owned()),
        }
    }
}

/// Each text is freed here as soon as the store has its own.
fn bindable<S: Store>(store: &S, params: Vec<Param>) -> Vec<Rows<S::Text>> {
    let rows = |param: Param| Rows {
        json: store.text(with_escapes(param.json)),
        n_fields: param.n_fields,
    };
    params.into_iter().map(rows).collect()
}

/// The rows of a large request that the database does not have as they are, if it has most. Asking
/// costs a round trip and about a tenth of the bytes.
async fn changed_rows<S: Store>(
    store: &S,
    prepared: &Prepared,
    default_source: &S::Text,
    notes: &mut impl Notes,
) -> Result<Option<Sent<S::Text>>, Problem> {
    let Some(stamps) = prepared.stamps() else {
        return Ok(None);
    };
    let [sample, all] = [stamps.sample, stamps.all].map(|stamps| store.text(with_escapes(stamps)));
    let params = [sample, all, default_source.clone()];
    let question = [Statement::new(FIND_CHANGED, params)];
    let found = store::run(store, &question, notes).await.map_err(failed)?;
    let Some(changed) = found.into_iter().flatten().find_map(|row| row.changed) else {
        return Ok(None);
    };
    let positions = serde_json::from_str::<Vec<usize>>(&changed).ok();
    let rows = positions.and_then(|changed| {
        let n_rows = changed.len();
        prepared.only(&changed).map(|rows| (rows, n_rows))
    });
    let Some((rows, n_rows)) = rows else {
        notes.note("cause", "the positions of changed rows are none".into());
        return Err(Problem::Internal);
    };
    Ok(Some(Sent {
        rows: bindable(store, rows.params),
        n_rows,
        unchanged: store.text(with_escapes(rows.unchanged)),
    }))
}

/// Writes, or in a dry run counts, the postings.
pub async fn write<S: Store>(
    store: &S,
    prepared: &mut Prepared,
    write: &Write<'_>,
    notes: &mut impl Notes,
) -> Result<Written, Problem> {
    if write.options.dry_run {
        return dry_run(store, prepared, write, notes).await;
    }
    let default_source = store.text(default_source(write.caller.sources.as_deref()).to_owned());
    let changed = match write.options.touch {
        true => None,
        false => changed_rows(store, prepared, &default_source, notes).await?,
    };
    let mut sent = match changed {
        Some(changed) => changed,
        None => Sent::all(store, prepared),
    };
    for _ in 0..MAX_ROUNDS {
        let batch = batch(store, prepared, write, &sent, default_source.clone());
        notes.note("statements", batch.len().into());
        notes.note("rows_sent", sent.n_rows.into());
        match store::run(store, &batch, notes).await {
            Ok(results) => {
                let tally = Tally::of_ingest(&results, prepared.n_rows as u64);
                return tally.map(Written::Now).map_err(|error| {
                    notes.note("cause", error.to_string().into());
                    Problem::Internal
                });
            }
            Err(Stopped::Failed(problem)) => return Err(problem),
            Err(Stopped::AlreadyLanded) => {
                let run = find_run(store, &write.caller.name, write.run_id, notes).await?;
                if let Some(run) = run {
                    return Ok(Written::Now(Tally::from(&run)));
                }
            }
            Err(Stopped::KeyTaken) => {
                let Some(key) = &write.key else { continue };
                match find_record(store, write.caller, key, notes).await? {
                    Some(record) if record.run.id == write.run_id => {
                        return Ok(Written::Now(Tally::from(&record.run)));
                    }
                    Some(record) => return Ok(Written::Before(Box::new(record))),
                    // It expired between the two.
                    None => {}
                }
            }
            Err(Stopped::Overtaken) => sent = Sent::all(store, prepared),
            Err(Stopped::NoJsonbEach) => EACH.set(Each::Json),
        }
    }
    notes.note("cause", "the database changed in every round".into());
    Err(Problem::DatabaseUnavailable)
}

/// Records a request that would have written, had its postings been valid.
pub async fn record_refused<S: Store>(
    store: &S,
    prepared: &Prepared,
    write: &Write<'_>,
    status: u16,
    notes: &mut impl Notes,
) -> Result<(), Problem> {
    let run = store.text(new_run(prepared, write, status, 0).to_json());
    let (no_stamps, no_source) = (store.text("[]".to_owned()), store.text(String::new()));
    let params = [run, no_stamps, no_source];
    let batch = [Statement::new(ledger::INSERT_EMPTY_RUN, params)];
    match store::run(store, &batch, notes).await {
        Ok(_) | Err(Stopped::AlreadyLanded) => Ok(()),
        Err(stopped) => Err(failed(stopped)),
    }
}

async fn dry_run<S: Store>(
    store: &S,
    prepared: &mut Prepared,
    write: &Write<'_>,
    notes: &mut impl Notes,
) -> Result<Written, Problem> {
    let sent = Sent::all(store, prepared);
    if sent.rows.is_empty() {
        return Ok(Written::Now(Tally::default()));
    }
    let default_source = store.text(default_source(write.caller.sources.as_deref()).to_owned());
    let counts = loop {
        let batch = dry_run_batch(upsert(write.options), &sent.rows, &default_source);
        notes.note("statements", batch.len().into());
        match store::run(store, &batch, notes).await {
            Err(Stopped::NoJsonbEach) if EACH.get() == Each::Jsonb => EACH.set(Each::Json),
            counts => break counts.map_err(failed)?,
        }
    };
    let tally = Tally::of_dry_run(&counts, prepared.n_rows as u64);
    tally.map(Written::Now).map_err(|error| {
        notes.note("cause", error.to_string().into());
        Problem::Internal
    })
}

fn batch<S: Store>(
    store: &S,
    prepared: &Prepared,
    write: &Write<'_>,
    sent: &Sent<S::Text>,
    default_source: S::Text,
) -> Vec<Statement<S::Text>> {
    let text = |text: &str| store.text(text.to_owned());
    let token_name = text(&write.caller.name);
    let run_id = text(write.run_id);
    let now = text(write.now);
    let key = write.key.as_ref().map(|key| {
        let name = text(&key.key);
        (
            [token_name.clone(), name.clone(), text(&key.oldest)],
            [
                token_name.clone(),
                name,
                text(&key.fingerprint),
                run_id.clone(),
                store.text(prepared.findings().to_json()),
                now.clone(),
            ],
        )
    });
    let status = status(prepared.n_rejected as u64);
    Ingest {
        upsert: upsert(write.options),
        rows: &sent.rows,
        default_source,
        now,
        run: store.text(new_run(prepared, write, status, prepared.n_rows).to_json()),
        unchanged: sent.unchanged.clone(),
        run_key: [token_name, run_id],
        key,
        rejects: prepared.rejects.to_json().map(|json| store.text(json)),
    }
    .batch()
}

fn new_run<'a>(
    prepared: &'a Prepared,
    write: &'a Write<'_>,
    status: u16,
    n_rows: usize,
) -> NewRun<'a> {
    NewRun {
        token_name: &write.caller.name,
        id: write.run_id,
        source: prepared.source.as_deref(),
        status,
        received: prepared.n_received,
        duplicates: prepared.n_duplicates,
        rejected: prepared.n_rejected,
        body_bytes: write.body_bytes,
        started_at: write.now,
        rows: n_rows as u64,
    }
}

async fn find_run<S: Store>(
    store: &S,
    token_name: &str,
    id: &str,
    notes: &mut impl Notes,
) -> Result<Option<Run>, Problem> {
    let params = [token_name, id].map(|text| store.text(text.to_owned()));
    let statement = Statement::new(ledger::FIND_RUN, params);
    let runs: Vec<Run> = store::query(store, statement, notes).await?;
    Ok(runs.into_iter().next())
}

fn failed(stopped: Stopped) -> Problem {
    match stopped {
        Stopped::Failed(problem) => problem,
        // Reading and recording a refusal meet none of these.
        Stopped::KeyTaken | Stopped::AlreadyLanded | Stopped::Overtaken | Stopped::NoJsonbEach => {
            Problem::Internal
        }
    }
}
