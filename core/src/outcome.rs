//! The outcome of a request's postings, as counted inside the transaction, and the response body.

use std::borrow::Cow;

use serde::Serialize;

use crate::ingest::Prepared;
use crate::json::with_members;
use crate::list::Closing;
use crate::result_row::{ResultRow, Results};
use crate::run::Run;

/// Numbers of postings by what the upsert did or, in a dry run, would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub n_inserted: u64,
    pub n_updated: u64,
    pub n_unchanged: u64,
    /// Of the updated ones.
    pub n_reopened: u64,
    /// Postings that a complete list closed.
    pub n_closed: u64,
}

/// The results do not belong to the batch: a number is missing, or the sums are wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InconsistentResults;

impl std::fmt::Display for InconsistentResults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the counts of the batch are inconsistent")
    }
}

impl Tally {
    /// Reads the results of [`crate::sql::Ingest::batch`] for `n_rows` rows.
    pub fn of_ingest(results: &Results, n_rows: u64) -> Result<Self, InconsistentResults> {
        let rows = || results.iter().flatten();
        // Each of these statements returns the sum so far.
        let last = |column| {
            let mut counts = rows().filter_map(|row| row.number(column));
            counts.next_back().unwrap_or_default()
        };
        let find = || {
            let row = rows().find(|row| row.number("unchanged").is_some())?;
            let tally = Self {
                n_inserted: row.number("inserted")?,
                n_updated: row.number("updated")?,
                n_unchanged: row.number("unchanged")?,
                n_reopened: last("reopened"),
                n_closed: last("closed"),
            };
            Some(tally).filter(|tally| tally.n_upserted() == n_rows)
        };
        find().ok_or(InconsistentResults)
    }

    /// Reads the results of [`crate::sql::dry_run_batch`] for `n_rows` rows.
    pub fn of_dry_run(
        results: &[Vec<ResultRow>],
        n_rows: u64,
    ) -> Result<Self, InconsistentResults> {
        let sum = |column| {
            let counts = results.iter().map(|rows| rows.first()?.number(column));
            counts.sum::<Option<u64>>()
        };
        let find = || {
            let n_inserted = sum("inserted")?;
            let n_updated = sum("updated")?;
            Some(Self {
                n_reopened: sum("reopened")?,
                n_closed: 0,
                n_inserted,
                n_updated,
                n_unchanged: n_rows.checked_sub(n_inserted)?.checked_sub(n_updated)?,
            })
        };
        find().ok_or(InconsistentResults)
    }

    /// Number of postings that are now stored as sent.
    pub fn n_upserted(&self) -> u64 {
        self.n_inserted + self.n_updated + self.n_unchanged
    }
}

impl From<&Run> for Tally {
    fn from(run: &Run) -> Self {
        Self {
            n_inserted: run.inserted,
            n_updated: run.updated,
            n_unchanged: run.unchanged,
            n_reopened: run.reopened,
            n_closed: run.closed,
        }
    }
}

/// The body of a 200 or 207.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    success: bool,
    upserted: u64,
    received: u64,
    inserted: u64,
    updated: u64,
    unchanged: u64,
    duplicates: u64,
    rejected: u64,
    reopened: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    /// `None` for a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
    /// Of a request that closes postings.
    #[serde(skip)]
    closing: Option<Closing>,
    /// JSON of [`crate::finding::ListedFindings`].
    #[serde(skip)]
    findings: Cow<'a, str>,
}

impl<'a> Answer<'a> {
    /// `run_id` is `None` for a dry run.
    pub fn new(prepared: &'a Prepared, tally: Tally, run_id: Option<&'a str>) -> Self {
        Self {
            success: true,
            upserted: tally.n_upserted(),
            received: prepared.n_received as u64,
            inserted: tally.n_inserted,
            updated: tally.n_updated,
            unchanged: tally.n_unchanged,
            duplicates: prepared.n_duplicates as u64,
            rejected: prepared.n_rejected as u64,
            reopened: tally.n_reopened,
            dry_run: run_id.is_none(),
            run_id,
            closing: None,
            findings: Cow::Owned(prepared.findings().to_json()),
        }
    }

    /// Adds what a complete list closed.
    pub fn with_closing(self, closing: Option<Closing>) -> Self {
        Self { closing, ..self }
    }

    /// Rebuilds the response that was given before. `findings` are those that were stored with the key.
    pub fn replayed(run: &'a Run, findings: &'a str) -> Self {
        Self {
            success: true,
            upserted: Tally::from(run).n_upserted(),
            received: run.received,
            inserted: run.inserted,
            updated: run.updated,
            unchanged: run.unchanged,
            duplicates: run.duplicates,
            rejected: run.rejected,
            reopened: run.reopened,
            dry_run: false,
            run_id: Some(&run.id),
            closing: run.closing(),
            findings: Cow::Borrowed(findings),
        }
    }

    /// The response body.
    pub fn to_json(&self) -> String {
        // A plain struct: serialisation cannot fail.
        let members = serde_json::to_string(self).unwrap_or_default();
        let members = match &self.closing {
            Some(closing) => with_closing(members, closing),
            None => members,
        };
        with_members(members, &self.findings)
    }

    pub fn status(&self) -> u16 {
        let closing = self.closing.as_ref();
        let is_withheld = closing.is_some_and(|closing| closing.is_withheld());
        status(self.rejected, is_withheld)
    }
}

/// The body of a 200 or 207 to a request that lists ids.
#[derive(Debug, Serialize)]
pub struct IdsAnswer<'a> {
    success: bool,
    received: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    /// `None` for a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<&'a str>,
    #[serde(skip)]
    closing: Closing,
}

impl<'a> IdsAnswer<'a> {
    /// `run_id` is `None` for a dry run.
    pub fn new(received: u64, closing: Closing, run_id: Option<&'a str>) -> Self {
        Self {
            success: true,
            received,
            dry_run: run_id.is_none(),
            run_id,
            closing,
        }
    }

    pub fn status(&self) -> u16 {
        status(0, self.closing.is_withheld())
    }

    /// The response body.
    pub fn to_json(&self) -> String {
        // A plain struct: serialisation cannot fail.
        let members = serde_json::to_string(self).unwrap_or_default();
        with_closing(members, &self.closing)
    }
}

fn with_closing(members: String, closing: &Closing) -> String {
    with_members(members, &format!(r#"{{"closing":{}}}"#, closing.to_json()))
}

/// The body of an answer to `POST /jobs/compare`.
#[derive(Debug)]
pub struct Difference {
    pub received: usize,
    /// Number of ids that are not stored, or not with the stated hash.
    pub different: u64,
    /// JSON array of their positions in the request.
    pub positions: String,
}

impl Difference {
    pub fn to_json(&self) -> String {
        let Self {
            received,
            different,
            positions,
        } = self;
        format!(
            r#"{{"success":true,"received":{received},"different":{different},"positions":{positions}}}"#
        )
    }
}

/// 207 if some postings were rejected or closing was withheld, 200 otherwise.
pub fn status(n_rejected: u64, is_withheld: bool) -> u16 {
    match (n_rejected, is_withheld) {
        (0, false) => 200,
        _ => 207,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result_row::ColumnValue;

    fn counts(inserted: u64, updated: u64, unchanged: Option<u64>) -> Vec<ResultRow> {
        let unchanged = unchanged.map_or(ColumnValue::Null, ColumnValue::Number);
        let cells = [
            ("inserted", ColumnValue::Number(inserted)),
            ("updated", ColumnValue::Number(updated)),
            ("unchanged", unchanged),
            ("reopened", ColumnValue::Number(0)),
        ];
        vec![
            cells
                .map(|(name, cell)| (name.to_owned(), cell))
                .into_iter()
                .collect(),
        ]
    }

    fn tally(n_inserted: u64, n_updated: u64, n_unchanged: u64) -> Tally {
        Tally {
            n_inserted,
            n_updated,
            n_unchanged,
            ..Tally::default()
        }
    }

    #[test]
    fn ingest_counts_come_from_its_run() {
        let results = vec![vec![], vec![], counts(3, 4, Some(1)), vec![]];
        assert_eq!(Tally::of_ingest(&results, 8), Ok(tally(3, 4, 1)));
        assert_eq!(Tally::of_ingest(&results, 9), Err(InconsistentResults));
        assert_eq!(Tally::of_ingest(&vec![vec![]], 0), Err(InconsistentResults));
    }

    #[test]
    fn dry_run_counts_are_sums() {
        let results = [counts(1, 2, None), counts(3, 4, None)];
        assert_eq!(Tally::of_dry_run(&results, 11), Ok(tally(4, 6, 1)));
        assert_eq!(Tally::of_dry_run(&results, 9), Err(InconsistentResults));
        assert_eq!(Tally::of_dry_run(&[vec![]], 1), Err(InconsistentResults));
    }
}
