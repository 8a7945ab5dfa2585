//! SQL texts and the statements of batches. A text never contains anything from a request: values
//! are passed as parameters.

pub mod expiry;
pub mod health;
pub mod ledger;
pub mod list;
pub mod purge;
pub mod quota;
mod statement;
mod unchanged;
mod upsert;

pub use statement::Statement;
pub use unchanged::{FIND_CHANGED, OVERTAKEN, REFRESH, STALE};
pub use upsert::{Each, JSONB_EACH, REOPENS, STATE_COLUMNS, Upsert};

/// A JSON array of rows, ready to bind.
#[derive(Debug, Clone)]
pub struct RowsParam<V> {
    pub json: V,
    /// Number of values of the longest row.
    pub n_fields: usize,
}

/// The input of a request's batch. Values are cloned into the statements, so long texts should be
/// passed as handles.
#[derive(Debug)]
pub struct Ingest<'v, V> {
    pub upsert: Upsert,
    pub rows: &'v [RowsParam<V>],
    /// The source of postings that name none.
    pub default_source: V,
    /// The timestamp of new and changed rows, ISO 8601 in UTC with milliseconds.
    pub now: V,
    /// JSON of `run::NewRun`.
    pub run: V,
    /// The stamps of the run's rows that are not in `rows`; the batch fails unless
    /// these are still stored as sent.
    pub unchanged: V,
    /// The stamps of `rows`, if those that are unchanged get the hashes that they lack.
    pub refresh: Option<V>,
    /// Token name, id.
    pub run_key: [V; 2],
    /// Parameters of [`ledger::REMOVE_EXPIRED_KEY`] and [`ledger::INSERT_KEY`].
    pub key: Option<([V; 3], [V; 6])>,
    /// JSON of the rejected postings to keep.
    pub rejects: Option<V>,
    /// Closed rows that the batch may reopen, and listed ones that may be marked missing: JSON arrays of
    /// rowids.
    pub reopen: Vec<V>,
    /// An empty JSON array.
    pub no_rowids: V,
    pub closing: Option<ClosingBatch<V>>,
}

/// The part of a batch that closes postings. Arrays are JSON arrays of rowids.
#[derive(Debug)]
pub struct ClosingBatch<V> {
    pub close: Vec<V>,
    /// `absent` or `requested`.
    pub reason: V,
    /// To be marked missing.
    pub mark: Vec<V>,
    /// Whether the rows of `reopen` are opened even if they are not among the upserted ones.
    pub opens: bool,
    /// Rows written after this time stay as they are, ISO 8601 in UTC with milliseconds.
    pub observed_at: V,
    /// Parameters of the statement.
    pub record: Option<RecordList<V>>,
}

/// How a complete list is recorded: parameters of [`list::RECORD_LIST`] or [`list::RECORD_WITHHELD`].
#[derive(Debug)]
pub enum RecordList<V> {
    Committed([V; 6]),
    Withheld([V; 2]),
}

impl<V: Clone> Ingest<'_, V> {
    /// The batch, a single transaction. The last statement before that of the rejects returns the
    /// counts.
    pub fn batch(self) -> Vec<Statement<V>> {
        let mut batch = Vec::with_capacity(2 * self.rows.len() + 4);
        if let Some((expired, key)) = self.key {
            batch.push(Statement::new(ledger::REMOVE_EXPIRED_KEY, expired));
            batch.push(Statement::new(ledger::INSERT_KEY, key));
        }
        let mut reopen = self.reopen.iter();
        let first = reopen.next().cloned().unwrap_or(self.no_rowids);
        let run = [self.run, self.unchanged, self.default_source.clone(), first];
        // A list of ids may reopen more than fit one parameter.
        let count_reopened = reopen.map(|rowids| {
            let [token_name, id] = self.run_key.clone();
            Statement::new(list::COUNT_REOPENED, [token_name, id, rowids.clone()])
        });
        match self.rows.split_last() {
            None => {
                batch.push(Statement::new(ledger::INSERT_EMPTY_RUN, run));
                batch.extend(count_reopened);
            }
            Some((last, others)) => {
                batch.push(Statement::new(ledger::BEGIN_RUN, run));
                batch.extend(count_reopened);
                // The rowids of a request's rows fit one parameter: a request has 50,000 at most.
                let expected = self.reopen.first();
                let reopens = expected.is_some();
                let upsert = |rows: &RowsParam<V>| {
                    let params = [&rows.json, &self.default_source, &self.now];
                    let params: Vec<V> = params.into_iter().chain(expected).cloned().collect();
                    let upsert = Upsert {
                        reopens,
                        ..self.upsert
                    };
                    Statement::new(upsert.sql(rows.n_fields), params)
                };
                for rows in others {
                    batch.push(upsert(rows));
                    batch.push(Statement::new(ledger::COUNT_WRITTEN, self.run_key.clone()));
                }
                batch.push(upsert(last));
                batch.push(Statement::new(ledger::FINISH_RUN, self.run_key.clone()));
            }
        }
        if let Some(stamps) = self.refresh {
            let params = [stamps, self.now.clone()];
            batch.push(Statement::new(REFRESH.as_str(), params));
        }
        if let Some(closing) = self.closing {
            closing.push_to(&mut batch, &self.now, &self.run_key, &self.reopen);
        }
        if let Some(rejects) = self.rejects {
            let [token_name, id] = self.run_key;
            let params = [token_name, id, rejects];
            batch.push(Statement::new(ledger::INSERT_REJECTS, params));
        }
        batch
    }
}

impl<V: Clone> ClosingBatch<V> {
    fn push_to(self, batch: &mut Vec<Statement<V>>, now: &V, run_key: &[V; 2], reopen: &[V]) {
        for rowids in self.close {
            let params = [
                rowids,
                now.clone(),
                self.reason.clone(),
                self.observed_at.clone(),
            ];
            batch.push(Statement::new(list::CLOSE, params));
            batch.push(Statement::new(list::COUNT_CLOSED, run_key.clone()));
        }
        for rowids in self.mark {
            let params = [rowids, self.observed_at.clone()];
            batch.push(Statement::new(list::MARK_MISSING, params));
        }
        for rowids in reopen.iter().filter(|_| self.opens) {
            batch.push(Statement::new(list::OPEN, [rowids.clone()]));
        }
        match self.record {
            Some(RecordList::Committed(params)) => {
                batch.push(Statement::new(list::RECORD_LIST, params));
            }
            Some(RecordList::Withheld(params)) => {
                batch.push(Statement::new(list::RECORD_WITHHELD, params));
            }
            None => {}
        }
    }
}

/// The batch of a dry run: counts what [`Ingest::batch`] would do, and writes nothing.
pub fn dry_run_batch<V: Clone>(
    upsert: Upsert,
    rows: &[RowsParam<V>],
    default_source: &V,
) -> Vec<Statement<V>> {
    let count = |rows: &RowsParam<V>| {
        let params = [rows.json.clone(), default_source.clone()];
        Statement::new(upsert.count_sql(rows.n_fields), params)
    };
    rows.iter().map(count).collect()
}
