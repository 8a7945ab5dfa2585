//! A row that is being written.

use std::borrow::Cow;

use super::violation::Violation;
use crate::field::Field;
use crate::finding::{Findings, ItemPosition};

/// The findings about the postings of a request.
#[derive(Debug, Default)]
pub struct Report {
    pub errors: Findings,
    pub warnings: Findings,
}

/// The row of a posting while it is written, and where its findings go.
pub struct Writer<'r> {
    pub row: &'r mut String,
    pub position: ItemPosition,
    pub external_id: Option<&'r str>,
    pub report: &'r mut Report,
    pub is_valid: bool,
}

impl Writer<'_> {
    pub fn error(&mut self, field: Field, violation: &Violation<'_>) {
        self.is_valid = false;
        let (position, id) = (self.position, self.external_id);
        let name = field.spec().json_name;
        self.report.errors.add(violation.code(), || {
            violation.finding(Cow::Borrowed(name), position, id)
        });
    }

    pub fn warning(&mut self, field: Field, violation: &Violation<'_>) {
        let (position, id) = (self.position, self.external_id);
        let name = field.spec().json_name;
        self.report.warnings.add(violation.code(), || {
            violation.finding(Cow::Borrowed(name), position, id)
        });
    }
}
