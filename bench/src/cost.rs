//! Dollars at D1's prices.

use serde::{Deserialize, Serialize};

use crate::peer::Peer;
use crate::result::{Operation, Rows};

/// Of the paid plan, past what is included (50 million rows written and 25 billion read a month).
const DOLLARS_A_MILLION_ROWS_WRITTEN: f64 = 1.0;
const DOLLARS_A_MILLION_ROWS_READ: f64 = 0.001;

/// What D1 bills for a million postings.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Cost {
    pub peer: Peer,
    pub operation: Operation,
    pub rows_written: f64,
    pub rows_read: f64,
    pub dollars: f64,
}

impl Cost {
    pub fn of(rows: &Rows) -> Self {
        let a_posting = |n: u64| n as f64 / rows.n_postings as f64;
        let (rows_written, rows_read) = (a_posting(rows.rows_written), a_posting(rows.rows_read));
        Self {
            peer: rows.peer,
            operation: rows.operation,
            rows_written,
            rows_read,
            dollars: rows_written * DOLLARS_A_MILLION_ROWS_WRITTEN
                + rows_read * DOLLARS_A_MILLION_ROWS_READ,
        }
    }
}
