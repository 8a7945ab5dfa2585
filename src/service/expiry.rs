//! Closes postings whose dates are over, and deletes those that have been closed long enough.

use jobs_ingest_core::sql::{Statement, expiry};

use crate::db::Store;

/// How many postings were closed and deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    pub n_closed: usize,
    pub n_deleted: usize,
}

/// Looks through the ids of this night. Returns the message of the database's error.
pub async fn expire<S: Store>(
    store: &S,
    closed_retention_days: Option<u64>,
    now_ms: f64,
) -> Result<Expired, String> {
    let bounds = store.run(&[Statement::new(expiry::BOUNDS, [])]).await?;
    let bounds = bounds
        .into_iter()
        .flatten()
        .find_map(|row| row.string("text"));
    let mut expired = Expired::default();
    for range in expiry::ranges(&bounds.unwrap_or_default(), now_ms) {
        let bind = |text| store.text(text);
        let step = expiry::step(range.map(bind), closed_retention_days, now_ms, bind);
        let results = store.run(&step).await?;
        let mut n_rows = results.iter().map(Vec::len);
        expired.n_closed += n_rows.next().unwrap_or_default();
        expired.n_deleted += n_rows.next().unwrap_or_default();
    }
    Ok(expired)
}
