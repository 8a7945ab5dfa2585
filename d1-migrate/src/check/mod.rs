//! What a check of `validate` is, what it gets to see, and what it reports.
//!
//! The checks themselves are in [`crate::checks`], a file each.

mod evidence;
mod example;
mod finding;
mod rebuild;

pub use evidence::{Failed, Input, Lost, Step, WayBack};
pub use example::{Example, JOBS};
pub use finding::{Finding, Findings, Severity};
pub use rebuild::{RenameRebuild, rename_rebuilds};

use d1_sim::Simulator;

use crate::error::Error;
use crate::file::{Migration, Statement};
use crate::schema::Schema;

/// One rule of `validate`.
pub struct Check {
    /// A letter or two for the family, three digits for the rule.
    pub code: &'static str,
    pub severity: Severity,
    /// Why it matters, one sentence.
    pub why: &'static str,
    /// What to do instead, one sentence; `{program}` stands for what the user types for this program.
    pub instead: &'static str,
    pub(crate) logic: &'static [Logic],
    /// Migrations that the check reports.
    pub bad: &'static [Example],
    /// Migrations close to the bad ones, without a finding.
    pub good: &'static [Example],
}

impl Check {
    /// Where the findings of this check go: to those of all.
    pub(crate) fn findings<'a>(&self, all: &'a mut Vec<Finding>) -> Findings<'a> {
        Findings {
            code: self.code,
            severity: self.severity,
            why: self.why,
            instead: self.instead,
            all,
        }
    }
}

/// When a check looks, and at what.
pub(crate) enum Logic {
    /// Names, numbers and checksums of the folder.
    Folder(fn(&Input<'_>, &mut Findings<'_>)),
    /// The text of one file.
    File(fn(&Migration, &mut Findings<'_>)),
    /// Each statement of UP, DATA and VERIFY just before it runs on tables without rows: what is wrong with it.
    Statement(fn(&Simulator, &Statement) -> Option<String>),
    /// One migration between the schemas before and after it.
    Step(fn(&Step<'_>, &mut Findings<'_>)),
    /// A failure of UP, DATA or VERIFY: whether it is this check's. The first that says so reports it.
    Failure(fn(&Failed<'_>) -> bool),
    /// A failure that no [`Logic::Failure`] claims.
    OtherFailure(fn(&Failed<'_>) -> bool),
    /// Rows or references that are gone: the byte offset of the statement, when the loss is this check's.
    Loss(fn(&Lost<'_>) -> Option<usize>),
    /// A loss that no [`Logic::Loss`] claims.
    OtherLoss(fn(&Lost<'_>) -> usize),
    /// Each statement of BACKFILL on the rows that UP left: what is wrong with it.
    Backfill(fn(&Simulator, &Statement) -> Option<String>),
    /// DOWN, and UP after it: what is wrong with them.
    WayBack(fn(&WayBack<'_>) -> Option<String>),
    /// The schema that the whole folder builds.
    End(fn(&Input<'_>, &Schema, &mut Findings<'_>) -> Result<(), Error>),
}
