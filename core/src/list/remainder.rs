//! What a request that closes postings left as it was, as stored with its run, and its answer.

use serde::{Deserialize, Serialize};

use super::plan::Withheld;

/// The counts of a request that closes postings, besides those of its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Remainder {
    /// Of a complete list.
    List {
        /// Postings of the source that are marked missing now.
        missing: u64,
        withheld: Option<Withheld>,
    },
    /// Of a request to close some.
    Close { already_closed: u64, unknown: u64 },
}

impl Remainder {
    pub fn is_withheld(&self) -> bool {
        matches!(
            self,
            Self::List {
                withheld: Some(_),
                ..
            }
        )
    }

    pub fn to_json(&self) -> String {
        // A plain enum: serialisation cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The `closing` of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closing {
    pub closed: u64,
    pub reopened: u64,
    #[serde(flatten)]
    pub remainder: Remainder,
    /// Ids of postings that a dry run would close: the first
    /// [`crate::limits::MAX_SHOWN_CLOSINGS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would_close: Option<Vec<String>>,
}
