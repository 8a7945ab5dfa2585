//! SQL texts and the statements of batches. A text never contains anything from a request: values
//! are passed as parameters.

pub mod ledger;
pub mod purge;
pub mod quota;
mod unchanged;
mod upsert;

use std::borrow::Cow;

pub use unchanged::{FIND_CHANGED, OVERTAKEN};
pub use upsert::{Each, JSONB_EACH, Upsert};

/// One statement: its text and its parameters, `?1` first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<V> {
    pub sql: Cow<'static, str>,
    pub params: Vec<V>,
}

impl<V> Statement<V> {
    pub fn new(sql: impl Into<Cow<'static, str>>, params: impl Into<Vec<V>>) -> Self {
        Self {
            sql: sql.into(),
            params: params.into(),
        }
    }
}

/// A JSON array of rows, ready to bind.
#[derive(Debug, Clone)]
pub struct Rows<V> {
    pub json: V,
    /// Number of values of the longest row.
    pub n_fields: usize,
}

/// The input of a request's batch. Values are cloned into the statements, so long texts should be
/// passed as handles.
#[derive(Debug)]
pub struct Ingest<'v, V> {
    pub upsert: Upsert,
    pub rows: &'v [Rows<V>],
    /// The source of postings that name none.
    pub default_source: V,
    /// The timestamp of new and changed rows, ISO 8601 in UTC with milliseconds.
    pub now: V,
    /// JSON of `run::NewRun`.
    pub run: V,
    /// JSON array of the stamps of the run's rows that are not in `rows`; the batch fails unless
    /// these are still stored as sent.
    pub unchanged: V,
    /// Token name, id.
    pub run_key: [V; 2],
    /// Parameters of [`ledger::REMOVE_EXPIRED_KEY`] and [`ledger::INSERT_KEY`].
    pub key: Option<([V; 3], [V; 6])>,
    /// JSON of the rejected postings to keep.
    pub rejects: Option<V>,
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
        let run = [self.run, self.unchanged, self.default_source.clone()];
        match self.rows.split_last() {
            None => batch.push(Statement::new(ledger::INSERT_EMPTY_RUN, run)),
            Some((last, others)) => {
                batch.push(Statement::new(ledger::BEGIN_RUN, run));
                let upsert = |rows: &Rows<V>| {
                    let params = [&rows.json, &self.default_source, &self.now].map(V::clone);
                    Statement::new(self.upsert.sql(rows.n_fields), params)
                };
                for rows in others {
                    batch.push(upsert(rows));
                    batch.push(Statement::new(ledger::COUNT_WRITTEN, self.run_key.clone()));
                }
                batch.push(upsert(last));
                batch.push(Statement::new(ledger::FINISH_RUN, self.run_key.clone()));
            }
        }
        if let Some(rejects) = self.rejects {
            let [token_name, id] = self.run_key;
            let params = [token_name, id, rejects];
            batch.push(Statement::new(ledger::INSERT_REJECTS, params));
        }
        batch
    }
}

/// The batch of a dry run: counts what [`Ingest::batch`] would do, and writes nothing.
pub fn dry_run_batch<V: Clone>(
    upsert: Upsert,
    rows: &[Rows<V>],
    default_source: &V,
) -> Vec<Statement<V>> {
    let count = |rows: &Rows<V>| {
        let params = [rows.json.clone(), default_source.clone()];
        Statement::new(upsert.count_sql(rows.n_fields), params)
    };
    rows.iter().map(count).collect()
}
