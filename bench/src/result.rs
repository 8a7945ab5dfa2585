//! What a run found, as it stands in bench/results/last.json.

use serde::{Deserialize, Serialize};

use crate::cost::Cost;
use crate::machine::Machine;
use crate::peer::Peer;
use crate::stats::Summary;
use crate::table::Table;

/// A whole run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Run {
    pub machine: Machine,
    pub speeds: Vec<Speed>,
    pub clients: Vec<Speed>,
    pub encodings: Vec<Speed>,
    pub rows: Vec<Rows>,
    pub costs: Vec<Cost>,
    pub memory: Vec<Memory>,
    pub size: Size,
    pub native: Vec<Native>,
    pub stages: Vec<Stages>,
    pub seconds: f64,
}

/// What is done with the postings of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// All are new.
    Load,
    /// All are known and differ; in the large table they stand evenly spread.
    Change,
    /// The same in the large table, where they were put one after another.
    ChangeNeighbours,
    /// 97.4 % as they are in the table, 1.4 % changed, 1.2 % new.
    Repost,
}

impl Operation {
    pub fn title(self) -> &'static str {
        match self {
            Self::Load => "first load",
            Self::Change => "all changed",
            Self::ChangeNeighbours => "all changed, row beside row",
            Self::Repost => "re-post",
        }
    }
}

/// One peer at one workload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Speed {
    pub workload: String,
    /// Of all clients.
    pub n_postings: usize,
    pub table: Table,
    pub operation: Operation,
    pub encoding: String,
    pub n_clients: usize,
    pub peer: Peer,
    pub body_bytes: usize,
    pub ms: Summary,
    /// Of a Worker that says them.
    pub stages: Vec<StageMs>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StageMs {
    pub name: String,
    pub median_ms: f64,
}

/// What D1 reports of one request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rows {
    pub peer: Peer,
    pub operation: Operation,
    pub n_postings: usize,
    pub n_changed: usize,
    pub n_new: usize,
    pub rows_written: u64,
    pub rows_read: u64,
    pub n_statements: u64,
}

/// Wasm memory after one request in a fresh instance.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Memory {
    pub kind: String,
    pub body_bytes: usize,
    pub wasm_bytes: usize,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Size {
    pub wasm_bytes: usize,
    pub wasm_gzip_bytes: usize,
    pub js_bytes: usize,
    pub js_gzip_bytes: usize,
    /// CPU time of `wrangler check startup`.
    pub startup_ms: f64,
}

/// A body's bytes to the upsert's parameters, in a native process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Native {
    pub what: String,
    pub workload: String,
    /// Million bytes of body a second.
    pub mb_per_s: Summary,
}

/// Where the time of "all changed" goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stages {
    pub what: String,
    pub workload: String,
    pub ms: Summary,
}
