//! Dollars at D1's prices.

use crate::result::Rows;

/// Of the paid plan, beyond what it includes (50 million rows written and 25 billion read a month).
const DOLLARS_PER_MILLION_ROWS_WRITTEN: f64 = 1.0;
const DOLLARS_PER_MILLION_ROWS_READ: f64 = 0.001;

/// What D1 bills for a million postings that are sent in such requests.
pub fn dollars_per_million_postings(rows: &Rows) -> f64 {
    let per_posting = |n: u64| n as f64 / rows.n_postings as f64;
    per_posting(rows.rows_written) * DOLLARS_PER_MILLION_ROWS_WRITTEN
        + per_posting(rows.rows_read) * DOLLARS_PER_MILLION_ROWS_READ
}
