//! Commits a request's postings together with its run, key and rejects, exactly once.

use std::cell::Cell;

use jobs_ingest_core::ingest::{Param, Prepared, with_escapes};
use jobs_ingest_core::list::{Closing, Rowids};
use jobs_ingest_core::options::Options;
use jobs_ingest_core::outcome::{InconsistentResults, Tally, status};
use jobs_ingest_core::problem::Problem;
use jobs_ingest_core::result_row::ResultRow;
use jobs_ingest_core::run::{NewRun, Run, Written};
use jobs_ingest_core::sql::{
    Each, FIND_CHANGED, Ingest, RowsParam, Statement, Upsert, dry_run_batch, ledger,
};

use super::closing::{Change, Closer};
use super::context::Context;
use super::idempotency::{Earlier, find_record, find_run};
use crate::call::Call;
use crate::db::{self, Interruption, Store};

/// Attempts with a rebuilt batch, after the database has changed between two steps of a request.
const MAX_ATTEMPTS: usize = 4;

thread_local! {
    /// How rows are read. Changes after the first refusal, for the lifetime of the isolate.
    static EACH: Cell<Each> = const { Cell::new(Each::Jsonb) };
}

/// The upsert that these options ask for.
fn upsert(options: Options) -> Upsert {
    Upsert {
        each: EACH.get(),
        ..Upsert::from(options)
    }
}

/// What a batch did.
#[derive(Debug)]
pub struct Done {
    pub tally: Tally,
    /// Of a request that closes postings.
    pub closing: Option<Closing>,
}

/// The result of a request's batch.
#[derive(Debug)]
pub enum Committed {
    Now(Done),
    /// An earlier request with the same idempotency key has committed.
    Before(Box<Earlier>),
}

/// The part of a request's rows that a batch carries.
struct Sent<T> {
    rows: Vec<RowsParam<T>>,
    n_rows: usize,
    /// Their stamps, by which unchanged ones get the hashes that they lack. None with `touch`, which writes every
    /// row, or if they would not fit into a parameter.
    stamps: Option<String>,
    /// The stamps of the rows that are left out.
    unchanged: T,
    n_unchanged: usize,
    /// What had been written when these were looked up.
    written: Option<Written>,
}

impl<T> Sent<T> {
    fn all<S: Store<Text = T>>(store: &S, prepared: &mut Prepared, options: Options) -> Self {
        Self {
            n_rows: prepared.n_rows,
            stamps: match options.touch {
                true => None,
                false => prepared.all_stamps(),
            },
            rows: bindable(store, std::mem::take(&mut prepared.params)),
            unchanged: store.text("[]".to_owned()),
            n_unchanged: 0,
            written: None,
        }
    }
}

/// Frees each text as soon as the store has its copy.
fn bindable<S: Store>(store: &S, params: Vec<Param>) -> Vec<RowsParam<S::Text>> {
    let rows = |param: Param| RowsParam {
        json: store.text(with_escapes(param.json)),
        n_fields: param.n_fields,
    };
    params.into_iter().map(rows).collect()
}

/// Asks which rows of a large request differ from the stored ones. Costs one round trip and about a tenth of the
/// bytes.
fn find_changed<S: Store>(store: &S, prepared: &Prepared) -> Option<Statement<S::Text>> {
    let stamps = prepared.stamps()?;
    let [sample, all] = [stamps.sample, stamps.all].map(|stamps| store.text(with_escapes(stamps)));
    let params = [sample, all, store.text(stamps.n_sample.to_string())];
    Some(Statement::new(FIND_CHANGED, params))
}

/// The rows that [`find_changed`] has found, if most are stored unchanged.
fn changed_rows<S: Store>(
    store: &S,
    prepared: &Prepared,
    found: &[ResultRow],
    call: &mut Call,
) -> Result<Option<Sent<S::Text>>, Problem> {
    let Some((row, changed)) = found
        .first()
        .and_then(|row| Some((row, row.text("changed")?)))
    else {
        return Ok(None);
    };
    let Some(rows) = prepared.only(changed) else {
        call.log
            .note("cause", "the positions of changed rows are not positions");
        return Err(Problem::Internal);
    };
    Ok(Some(Sent {
        n_rows: prepared.n_rows - rows.n_unchanged,
        rows: bindable(store, rows.params),
        stamps: Some(rows.sent),
        unchanged: store.text(with_escapes(rows.unchanged)),
        n_unchanged: rows.n_unchanged,
        written: Written::of_row(row),
    }))
}

/// What to send and to close, by what is stored.
async fn look_up<S: Store>(
    store: &S,
    prepared: &mut Prepared,
    closer: Option<&Closer<S::Text>>,
    options: Options,
    call: &mut Call,
) -> Result<(Sent<S::Text>, Change), Problem> {
    let changed = match options.touch {
        true => None,
        false => find_changed(store, prepared),
    };
    let asks_changed = changed.is_some();
    let compared = closer.map(|closer| closer.question(store));
    let questions: Vec<_> = changed.into_iter().chain(compared).collect();
    let answers = db::read(store, &questions, call).await;
    if closer.is_some() {
        call.log.stage("compare");
    }
    let mut answers = answers?.into_iter();
    let mut sent = None;
    if asks_changed {
        let found = answers.next().unwrap_or_default();
        sent = changed_rows(store, prepared, &found, call)?;
    }
    let change = match closer {
        Some(closer) => closer.answer(&answers.next().unwrap_or_default())?,
        None => Change::default(),
    };
    let sent = sent.unwrap_or_else(|| Sent::all(store, prepared, options));
    Ok((sent, change))
}

/// The closed rows among those that are sent, which the batch reopens.
async fn find_closed<S: Store>(
    store: &S,
    sent: &Sent<S::Text>,
    default_source: &S::Text,
    call: &mut Call,
) -> Result<Change, Problem> {
    let mut reopen = Rowids::default();
    for rows in &sent.rows {
        let sql = EACH.get().find_closed_sql();
        let statement = Statement::new(sql, [rows.json.clone(), default_source.clone()]);
        for row in db::rows(store, statement, call).await? {
            let n = row.number("n").unwrap_or_default();
            reopen.add(n, row.text("ids").unwrap_or("[]"));
        }
    }
    Ok(Change::reopening(reopen))
}

/// Writes, or in a dry run counts, the postings, and closes others.
pub async fn postings<S: Store>(
    store: &S,
    prepared: &mut Prepared,
    closer: Option<&Closer<S::Text>>,
    context: &Context<'_>,
    call: &mut Call,
) -> Result<Committed, Problem> {
    if context.options.dry_run {
        return dry_run(store, prepared, closer, context, call).await;
    }
    let default_source = store.text(context.default_source.to_owned());
    let (mut sent, mut change) = look_up(store, prepared, closer, context.options, call).await?;
    let mut refreshes = false;
    for _ in 0..MAX_ATTEMPTS {
        let batch = batch(
            store,
            prepared,
            context,
            &sent,
            &change,
            refreshes,
            default_source.clone(),
        );
        call.log.note("statements", batch.len());
        call.log.note("rows_sent", sent.n_rows);
        match db::run(store, &batch, call).await {
            Ok(results) => {
                let n_rows = prepared.n_rows as u64 + n_updated_by_ids(prepared, &change);
                let tally = counted(Tally::of_ingest(&results, n_rows), call)?;
                let closing = change.closing(tally);
                return Ok(Committed::Now(Done { tally, closing }));
            }
            Err(Interruption::Failed(problem)) => return Err(problem),
            Err(Interruption::AlreadyLanded) => {
                let run = find_run(store, &context.caller.name, context.run_id, call).await?;
                if let Some(run) = run {
                    return Ok(Committed::Now(Done::from(&run)));
                }
            }
            Err(Interruption::KeyTaken) => {
                let Some(key) = context.key else { continue };
                match find_record(store, context.caller, key, call).await? {
                    Some(record) if record.run.id == context.run_id => {
                        return Ok(Committed::Now(Done::from(&record.run)));
                    }
                    Some(record) => return Ok(Committed::Before(Box::new(record))),
                    // The key expired between the two steps.
                    None => {}
                }
            }
            Err(Interruption::Overtaken) => {
                if sent.n_unchanged > 0 {
                    sent = Sent::all(store, prepared, context.options);
                }
                if let Some(closer) = closer {
                    change = closer.change(store, call).await?;
                }
            }
            Err(Interruption::Reopens) => {
                change = match closer {
                    Some(closer) => closer.change(store, call).await?,
                    None => find_closed(store, &sent, &default_source, call).await?,
                };
            }
            Err(Interruption::Stale) => refreshes = true,
            Err(Interruption::NoJsonbEach) => EACH.set(Each::Json),
        }
    }
    call.log
        .note("cause", "the database changed in every attempt");
    Err(Problem::DatabaseUnavailable)
}

impl From<&Run> for Done {
    fn from(run: &Run) -> Self {
        Self {
            tally: Tally::from(run),
            closing: run.closing(),
        }
    }
}

/// Records the run of a request whose invalid postings were refused, and why.
pub async fn refusal<S: Store>(
    store: &S,
    prepared: &Prepared,
    context: &Context<'_>,
    status: u16,
    call: &mut Call,
) -> Result<(), Problem> {
    let run = new_run(prepared, context, &Change::default(), status);
    let run = NewRun { rows: 0, ..run };
    let run = store.text(run.to_json());
    let text = |text: &str| store.text(text.to_owned());
    let params = [run, text("[]"), text(""), text("[]")];
    let mut batch = vec![Statement::new(ledger::INSERT_EMPTY_RUN, params)];
    if let Some(rejects) = prepared.rejects.to_json() {
        let run_key = [&context.caller.name, context.run_id].map(text);
        let params = run_key.into_iter().chain([store.text(rejects)]);
        let params: Vec<S::Text> = params.collect();
        batch.push(Statement::new(ledger::INSERT_REJECTS, params));
    }
    match db::run(store, &batch, call).await {
        Ok(_) | Err(Interruption::AlreadyLanded) => Ok(()),
        Err(interruption) => Err(failed(interruption)),
    }
}

async fn dry_run<S: Store>(
    store: &S,
    prepared: &mut Prepared,
    closer: Option<&Closer<S::Text>>,
    context: &Context<'_>,
    call: &mut Call,
) -> Result<Committed, Problem> {
    let closing = match closer {
        Some(closer) => closer.dry_run(store, call).await?,
        None => None,
    };
    let rows = bindable(store, std::mem::take(&mut prepared.params));
    if rows.is_empty() {
        let tally = Tally::default();
        return Ok(Committed::Now(Done { tally, closing }));
    }
    let default_source = store.text(context.default_source.to_owned());
    let counts = loop {
        let batch = dry_run_batch(upsert(context.options), &rows, &default_source);
        call.log.note("statements", batch.len());
        match db::run(store, &batch, call).await {
            Err(Interruption::NoJsonbEach) if EACH.get() == Each::Jsonb => EACH.set(Each::Json),
            counts => break counts.map_err(failed)?,
        }
    };
    let tally = Tally::of_dry_run(&counts, prepared.n_rows as u64);
    let tally = counted(tally, call)?;
    Ok(Committed::Now(Done { tally, closing }))
}

fn batch<S: Store>(
    store: &S,
    prepared: &Prepared,
    context: &Context<'_>,
    sent: &Sent<S::Text>,
    change: &Change,
    refreshes: bool,
    default_source: S::Text,
) -> Vec<Statement<S::Text>> {
    let text = |text: &str| store.text(text.to_owned());
    let token_name = text(&context.caller.name);
    let run_id = text(context.run_id);
    let now = text(context.now);
    let key = context.key.map(|key| {
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
    let status = status(prepared.n_rejected as u64, change.is_withheld());
    // The batch writes the key before the run. If it has removed an expired one as well, the rows are looked up.
    let of_key = u64::from(context.key.is_some());
    let written = sent.written.map(|written| Written {
        total_changes: written.total_changes + of_key,
        ..written
    });
    let run = NewRun {
        unsent: sent.n_unchanged as u64,
        written,
        ..new_run(prepared, context, change, status)
    };
    let stamps = sent.stamps.as_ref().filter(|_| refreshes);
    Ingest {
        upsert: Upsert {
            finds_stale: !refreshes && sent.stamps.is_some(),
            ..upsert(context.options)
        },
        rows: &sent.rows,
        default_source,
        now,
        run: store.text(run.to_json()),
        reopen: change.reopen_params(store),
        no_rowids: text("[]"),
        closing: change.batch(store, context),
        unchanged: sent.unchanged.clone(),
        refresh: stamps.map(|stamps| store.text(with_escapes(stamps.clone()))),
        run_key: [token_name, run_id],
        key,
        rejects: prepared.rejects.to_json().map(|json| store.text(json)),
    }
    .batch()
}

fn new_run<'a>(
    prepared: &'a Prepared,
    context: &'a Context<'_>,
    change: &Change,
    status: u16,
) -> NewRun<'a> {
    NewRun {
        token_name: &context.caller.name,
        id: context.run_id,
        source: prepared.source.as_deref(),
        status,
        received: prepared.n_received,
        duplicates: prepared.n_duplicates,
        rejected: prepared.n_rejected,
        body_bytes: context.body_bytes,
        started_at: context.now,
        rows: prepared.n_rows as u64,
        updated: n_updated_by_ids(prepared, change),
        unsent: 0,
        written: None,
        closing: change.remainder_json(),
        list_before: change.list_before(),
    }
}

/// Of a list of ids nothing is upserted, and what it reopens is updated.
fn n_updated_by_ids(prepared: &Prepared, change: &Change) -> u64 {
    match prepared.is_ids {
        true => change.n_reopened(),
        false => 0,
    }
}

fn counted(tally: Result<Tally, InconsistentResults>, call: &mut Call) -> Result<Tally, Problem> {
    tally.map_err(|error| {
        call.log.note("cause", error.to_string());
        Problem::Internal
    })
}

fn failed(interruption: Interruption) -> Problem {
    match interruption {
        Interruption::Failed(problem) => problem,
        // Reading and recording a refusal cannot cause these.
        Interruption::KeyTaken
        | Interruption::AlreadyLanded
        | Interruption::Overtaken
        | Interruption::Reopens
        | Interruption::Stale
        | Interruption::NoJsonbEach => Problem::Internal,
    }
}
