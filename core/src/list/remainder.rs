//! What a request that closes postings left as it was, as stored with its run, and its answer.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::plan::Withheld;
use crate::json::{Raw, member, with_members};

/// The counts of a request that closes postings, besides those of its run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remainder {
    /// Of a complete list: postings of the source that are marked missing now.
    pub missing: Option<u64>,
    /// Of a complete list.
    pub withheld: Option<Withheld>,
    /// Of a request to close some.
    pub already_closed: Option<u64>,
    pub unknown: Option<u64>,
}

/// A list has the first two members, even if nothing was withheld; a request to close some the others.
impl Serialize for Remainder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Remainder", 2)?;
        match self.missing {
            Some(missing) => {
                object.serialize_field("missing", &missing)?;
                object.serialize_field("withheld", &self.withheld)?;
            }
            None => {
                object.serialize_field("already_closed", &self.already_closed)?;
                object.serialize_field("unknown", &self.unknown)?;
            }
        }
        object.end()
    }
}

impl Remainder {
    pub fn of_list(missing: u64, withheld: Option<Withheld>) -> Self {
        Self {
            missing: Some(missing),
            withheld,
            ..Self::default()
        }
    }

    pub fn of_close(already_closed: u64, unknown: u64) -> Self {
        Self {
            already_closed: Some(already_closed),
            unknown: Some(unknown),
            ..Self::default()
        }
    }

    pub fn is_withheld(&self) -> bool {
        self.withheld.is_some()
    }

    pub fn to_json(&self) -> String {
        // A plain struct: serialisation cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The `closing` of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    pub closed: u64,
    pub reopened: u64,
    /// JSON of a [`Remainder`].
    remainder: String,
    /// Ids of postings that a dry run would close: the first
    /// [`crate::limits::MAX_SHOWN_CLOSINGS`].
    pub would_close: Option<Vec<String>>,
}

impl Closing {
    /// `remainder` is the JSON of a [`Remainder`].
    pub fn new(closed: u64, reopened: u64, remainder: String) -> Self {
        Self {
            closed,
            reopened,
            remainder,
            would_close: None,
        }
    }

    pub fn is_withheld(&self) -> bool {
        matches!(member(&self.remainder, "withheld"), Some(Raw::Object(_)))
    }

    pub fn to_json(&self) -> String {
        let (closed, reopened) = (self.closed, self.reopened);
        let counts = format!(r#"{{"closed":{closed},"reopened":{reopened}}}"#);
        let counts = with_members(counts, &self.remainder);
        match &self.would_close {
            Some(ids) => {
                // Texts: serialisation cannot fail.
                let ids = serde_json::to_string(ids).unwrap_or_default();
                with_members(counts, &format!(r#"{{"would_close":{ids}}}"#))
            }
            None => counts,
        }
    }
}
