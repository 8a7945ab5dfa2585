//! F5xx: the form of the file itself.

use super::{Finding, is_code};
use crate::codes;
use crate::file::{Migration, Section};
use crate::sql::shape::is_assertion;

/// F501 to F504.
pub fn check(migration: &Migration, findings: &mut Vec<Finding>) {
    let mut add = |code, offset, message: String| {
        findings.push(Finding::at(code, migration, offset, message));
    };
    let mut last: Option<Section> = None;
    for mark in &migration.marks {
        match mark.section {
            None => add(codes::F501, mark.start, "this section is unknown".into()),
            Some(section) if last.is_some_and(|last| last >= section) => {
                let label = section.label();
                let message = format!("{label} is here a second time or behind a later section");
                add(codes::F501, mark.start, message);
            }
            Some(section) => last = Some(section),
        }
    }
    for statement in &migration.statements {
        if statement.section == Section::Verify && !is_assertion(&statement.sql) {
            add(
                codes::F502,
                statement.start,
                "this statement in VERIFY cannot fail, or it changes something".into(),
            );
        }
    }
    if migration.down.is_none() && migration.uncommented_down.is_none() {
        add(
            codes::F503,
            migration.text.len(),
            "the file has no DOWN".into(),
        );
    }
    for allow in &migration.allows {
        if !is_code(&allow.code) {
            add(
                codes::F504,
                allow.start,
                format!("there is no code {}", allow.code),
            );
        } else if allow.reason.is_empty() {
            add(
                codes::F504,
                allow.start,
                format!("{} is silenced without a reason", allow.code),
            );
        }
    }
}
