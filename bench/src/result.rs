//! What a run found, as it is stored in bench/results/last.json.

use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::machine::Machine;
use crate::peer::Peer;
use crate::stats::Summary;
use crate::table::Table;

/// A whole run.
#[derive(Debug, Serialize, Deserialize)]
pub struct Run {
    pub machine: Machine,
    #[serde(deserialize_with = "of_known_peers")]
    pub speeds: Vec<Speed>,
    #[serde(deserialize_with = "of_known_peers")]
    pub rows: Vec<Rows>,
    pub memory: Vec<Memory>,
    pub size: Size,
    pub stages: Vec<Stages>,
    /// Empty in files of earlier versions.
    #[serde(default)]
    pub lists: Vec<ListTime>,
    pub seconds: f64,
}

/// How long a request with a complete list takes.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListTime {
    pub what: String,
    pub ms: Summary,
}

/// Leaves out the peers that an earlier version measured and this one does not.
fn of_known_peers<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let mut entries = Vec::<Value>::deserialize(deserializer)?;
    entries.retain(|entry| Peer::deserialize(&entry["peer"]).is_ok());
    let entries = entries.into_iter().map(serde_json::from_value);
    entries.collect::<Result<_, _>>().map_err(D::Error::custom)
}

/// What is done with the postings of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// All are new.
    Load,
    /// All are stored and differ; in the large table they are evenly spread.
    Change,
    /// The same in the large table, where the load has put them side by side.
    ChangeNeighbours,
    /// 97.4 % equal the stored rows, 1.4 % are changed, 1.2 % new.
    Repost,
}

impl Operation {
    pub fn title(self) -> &'static str {
        match self {
            Self::Load => "first load",
            Self::Change => "all changed",
            Self::ChangeNeighbours => "all changed, adjacent rows",
            Self::Repost => "re-post",
        }
    }
}

/// One peer at one workload.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Speed {
    pub workload: String,
    pub n_postings: usize,
    pub table: Table,
    pub operation: Operation,
    pub peer: Peer,
    pub body_bytes: usize,
    pub ms: Summary,
    /// Of a Worker that reports them.
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

/// Where the time of "all changed" goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stages {
    pub what: String,
    pub workload: String,
    pub ms: Summary,
}
