//! What a run found.

use serde::{Deserialize, Serialize};

use super::mapping::Mapping;
use super::million::Million;
use super::repost::Repost;
use crate::machine::Machine;

/// As it is stored in bench/results/push.json.
#[derive(Debug, Serialize, Deserialize)]
pub struct Run {
    pub machine: Machine,
    pub repost: Option<Repost>,
    pub million: Option<Million>,
    pub mapping: Vec<Mapping>,
}
