//! SQL texts and the statements of batches. Nothing from a request is ever part of a text: values
//! travel as parameters.

pub mod ledger;
pub mod purge;
pub mod quota;
mod unchanged;
mod upsert;

pub use unchanged::{FIND_CHANGED, OVERTAKEN};
pub use upsert::{CONFLICTS, FOREIGN_ROW, Upsert};

/// One statement: its text and its parameters, `?1` first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<V> {
    pub sql: &'static str,
    pub params: Vec<V>,
}

impl<V> Statement<V> {
    pub fn new(sql: &'static str, params: impl Into<Vec<V>>) -> Self {
        Self {
            sql,
            params: params.into(),
        }
    }
}

/// What a request's batch is made of. The values are cloned into the statements, so they should be
/// handles where the texts are long.
#[derive(Debug)]
pub struct Ingest<'v, V> {
    pub upsert: Upsert,
    /// JSON arrays of rows.
    pub rows: &'v [V],
    /// The time that new and changed rows carry, ISO 8601 in UTC with milliseconds.
    pub now: V,
    /// For a limited token.
    pub limited: Option<Limited<V>>,
    /// JSON of `run::NewRun`.
    pub run: V,
    /// JSON array of the stamps of the run's rows that are not in `rows`; the batch fails unless they
    /// are still there as they were sent.
    pub unchanged: V,
    /// Token name, id.
    pub run_key: [V; 2],
    /// Parameters of [`ledger::REMOVE_EXPIRED_KEY`] and [`ledger::INSERT_KEY`].
    pub key: Option<([V; 3], [V; 6])>,
    /// JSON of what is kept of the rejected postings.
    pub rejects: Option<V>,
}

/// What confines an upsert to a token's sources.
#[derive(Debug, Clone)]
pub struct Limited<V> {
    /// JSON array of the sources.
    pub sources: V,
    /// For each of the rows' arrays, the JSON array of the positions in it that are left out.
    pub left_out: Vec<V>,
}

impl<V: Clone> Ingest<'_, V> {
    /// The batch: all of it lands or none of it. The last statement but the rejects' returns the
    /// counts.
    pub fn batch(self) -> Vec<Statement<V>> {
        let mut batch = Vec::with_capacity(2 * self.rows.len() + 4);
        if let Some((expired, key)) = self.key {
            batch.push(Statement::new(ledger::REMOVE_EXPIRED_KEY, expired));
            batch.push(Statement::new(ledger::INSERT_KEY, key));
        }
        match self.rows.split_last() {
            None => batch.push(Statement::new(
                ledger::INSERT_EMPTY_RUN,
                [self.run, self.unchanged],
            )),
            Some((last, others)) => {
                batch.push(Statement::new(
                    ledger::BEGIN_RUN,
                    [self.run, self.unchanged],
                ));
                let mut left_out = self.limited.iter().flat_map(|limited| &limited.left_out);
                let mut upsert = |rows: &V| {
                    let mut params = vec![rows.clone(), self.now.clone()];
                    if let Some(limited) = &self.limited {
                        params.push(limited.sources.clone());
                        params.extend(left_out.next().cloned());
                    }
                    Statement::new(self.upsert.sql(self.limited.is_some()), params)
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

/// The batch of a dry run: what [`Ingest::batch`] would count, and nothing written.
pub fn dry_run_batch<V: Clone>(upsert: Upsert, rows: &[V]) -> Vec<Statement<V>> {
    let count = |rows: &V| Statement::new(upsert.count_sql(), [rows.clone()]);
    rows.iter().map(count).collect()
}

/// The batch that finds the rows of other sources than a token's; one result for each parameter.
pub fn conflicts_batch<V: Clone>(rows: &[V], sources: &V) -> Vec<Statement<V>> {
    let find = |rows: &V| Statement::new(CONFLICTS, [rows.clone(), sources.clone()]);
    rows.iter().map(find).collect()
}
