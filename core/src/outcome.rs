//! What became of a request's postings, as counted inside the transaction, and the answer.

use serde::{Deserialize, Serialize};

use crate::finding::Findings;
use crate::ingest::Prepared;

/// The numbers in the first row of one statement's result; which are there depends on the
/// statement (see [`crate::sql`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct ResultRow {
    pub max_id: Option<u64>,
    pub written: Option<u64>,
    pub inserted: Option<u64>,
    pub updated: Option<u64>,
}

/// Postings by what the upsert did, or in a dry run would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub n_inserted: u64,
    pub n_updated: u64,
    pub n_unchanged: u64,
}

/// The results are not those of the batch: a number is missing, or the sums do not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InconsistentResults;

impl std::fmt::Display for InconsistentResults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the counts of the batch do not fit together")
    }
}

impl Tally {
    /// Reads the results of [`crate::sql::ingest_batch`] for `n_rows` rows.
    pub fn from_results(
        results: &[ResultRow],
        n_rows: u64,
        dry_run: bool,
    ) -> Result<Self, InconsistentResults> {
        Self::read(results, n_rows, dry_run).ok_or(InconsistentResults)
    }

    fn read(results: &[ResultRow], n_rows: u64, dry_run: bool) -> Option<Self> {
        let (n_inserted, n_updated) = if dry_run {
            let inserted = results
                .iter()
                .map(|row| row.inserted)
                .sum::<Option<u64>>()?;
            (
                inserted,
                results.iter().map(|row| row.updated).sum::<Option<u64>>()?,
            )
        } else {
            let before = results.first()?.max_id?;
            let inserted = results.last()?.max_id?.checked_sub(before)?;
            let written: u64 = results.iter().filter_map(|row| row.written).sum();
            (inserted, written.checked_sub(inserted)?)
        };
        Some(Self {
            n_inserted,
            n_updated,
            n_unchanged: n_rows.checked_sub(n_inserted)?.checked_sub(n_updated)?,
        })
    }

    /// Postings that now stand in the table as sent.
    pub fn n_upserted(&self) -> u64 {
        self.n_inserted + self.n_updated + self.n_unchanged
    }
}

/// The body of a 200 or 207.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    success: bool,
    upserted: u64,
    received: usize,
    inserted: u64,
    updated: u64,
    unchanged: u64,
    duplicates: usize,
    rejected: usize,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    #[serde(flatten)]
    findings: ListedFindings<'a>,
}

/// Errors and warnings as both kinds of answer carry them.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ListedFindings<'a> {
    errors: &'a Findings,
    errors_omitted: usize,
    warnings: &'a Findings,
    warnings_omitted: usize,
}

impl<'a> ListedFindings<'a> {
    pub fn new(prepared: &'a Prepared) -> Self {
        Self {
            errors: &prepared.errors,
            errors_omitted: prepared.errors.n_omitted(),
            warnings: &prepared.warnings,
            warnings_omitted: prepared.warnings.n_omitted(),
        }
    }
}

impl<'a> Answer<'a> {
    pub fn new(prepared: &'a Prepared, tally: Tally, dry_run: bool) -> Self {
        Self {
            success: true,
            upserted: tally.n_upserted(),
            received: prepared.n_received,
            inserted: tally.n_inserted,
            updated: tally.n_updated,
            unchanged: tally.n_unchanged,
            duplicates: prepared.n_duplicates,
            rejected: prepared.n_rejected,
            dry_run,
            findings: ListedFindings::new(prepared),
        }
    }

    /// 207 when some postings were rejected, else 200.
    pub fn status(&self) -> u16 {
        match self.rejected {
            0 => 200,
            _ => 207,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn max_id(max_id: u64) -> ResultRow {
        ResultRow {
            max_id: Some(max_id),
            ..ResultRow::default()
        }
    }

    fn written(written: u64) -> ResultRow {
        ResultRow {
            written: Some(written),
            ..ResultRow::default()
        }
    }

    #[test]
    fn counts_come_from_ids_and_changes() {
        let upsert = ResultRow::default();
        let results = [
            max_id(7),
            upsert,
            written(5),
            upsert,
            written(2),
            max_id(10),
        ];
        let tally = Tally {
            n_inserted: 3,
            n_updated: 4,
            n_unchanged: 1,
        };
        assert_eq!(Tally::from_results(&results, 8, false), Ok(tally));
        assert_eq!(tally.n_upserted(), 8);
    }

    #[test]
    fn counts_that_do_not_fit_are_refused() {
        for (results, n_rows) in [
            (vec![], 0),
            (vec![max_id(3), written(1), max_id(2)], 1),
            (vec![max_id(0), written(1), max_id(2)], 2),
            (vec![max_id(0), written(3), max_id(1)], 2),
        ] {
            let tally = Tally::from_results(&results, n_rows, false);
            assert_eq!(tally, Err(InconsistentResults));
        }
    }
}
