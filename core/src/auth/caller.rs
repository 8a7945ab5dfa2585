//! What the holder of a token may do.

use crate::quota::Quota;

/// The holder of a token and what the token permits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    pub name: String,
    /// The sources that it may post and whose rows it may change; `None` allows all.
    pub sources: Option<Vec<String>>,
    /// The values of `companyId` that it may post; `None` allows all.
    pub companies: Option<Vec<u64>>,
    pub rights: Rights,
    /// Quotas that override the Worker's variables.
    pub quota: Quota,
}

impl Caller {
    /// Whether the token permits requests about a source.
    pub fn may_see(&self, source: &str) -> bool {
        let sources = self.sources.as_deref();
        sources.is_none_or(|sources| sources.iter().any(|own| own == source))
    }

    /// Whether the token may close postings. A source may have postings of other companies than those
    /// that a token is limited to.
    pub fn may_close(&self) -> bool {
        self.companies.is_none()
    }
}

/// Which kinds of request a token permits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Rights {
    #[default]
    ReadAndWrite,
    Read,
    Write,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// Reads what is stored: `GET /runs`.
    Read,
    /// Changes what is stored: `POST /jobs/ingest`, dry runs included.
    Write,
}

impl Rights {
    pub fn include(self, right: Right) -> bool {
        match self {
            Self::ReadAndWrite => true,
            Self::Read => right == Right::Read,
            Self::Write => right == Right::Write,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Right, Rights};

    #[test]
    fn a_limited_token_has_one_right() {
        for (rights, reads, writes) in [
            (Rights::ReadAndWrite, true, true),
            (Rights::Read, true, false),
            (Rights::Write, false, true),
        ] {
            assert_eq!(rights.include(Right::Read), reads, "{rights:?}");
            assert_eq!(rights.include(Right::Write), writes, "{rights:?}");
        }
    }
}
