//! A405 and A407: changes that work and still do something to the rows.

use super::{Finding, Step};
use crate::codes;
use crate::schema::Table;
use crate::sql::name::{mentions, same};
use crate::sql::shape::{Shape, changes_table};

/// Looks at one migration between two schemas.
pub fn check(step: &Step<'_>, findings: &mut Vec<Finding>) {
    unique_index(step, findings);
    if let Some(after) = step.after {
        for table in after.tables() {
            match step.before.table(&table.name) {
                Some(before) => affinity(step, before, table, findings),
                None => null_in_key(step, table, findings),
            }
            dangling(step, table, findings);
        }
    }
}

/// The first statement that names a table, to show the finding at.
fn place(step: &Step<'_>, table: &str) -> usize {
    step.migration
        .statements
        .iter()
        .find(|one| mentions(&one.sql, table))
        .map_or(0, |one| one.start)
}

fn unique_index(step: &Step<'_>, findings: &mut Vec<Finding>) {
    for (index, statement) in step.migration.statements.iter().enumerate() {
        let Shape::CreateUniqueIndex { table } = &statement.shape else {
            continue;
        };
        let is_cleaned = step
            .migration
            .statements
            .iter()
            .take(index)
            .any(|one| changes_table(&one.shape, table, &["delete", "update"]));
        if step.before.table(table).is_some() && !is_cleaned && !had_it(step, &statement.sql) {
            let message = format!("this fails when {table} has duplicates");
            findings.push(Finding::at(
                codes::A407,
                step.migration,
                statement.start,
                message,
            ));
        }
    }
}

/// The same index was there before: a rebuild puts it back.
fn had_it(step: &Step<'_>, sql: &str) -> bool {
    let spelling = crate::sql::name::spelling(sql);
    step.before
        .objects
        .iter()
        .any(|one| one.spelling == spelling)
}

fn affinity(step: &Step<'_>, before: &Table, after: &Table, findings: &mut Vec<Finding>) {
    for column in &after.columns {
        let Some(old) = before.column(&column.name) else {
            continue;
        };
        let (from, to) = (
            old.affinity(before.is_strict()),
            column.affinity(after.is_strict()),
        );
        if from != to {
            let message = format!(
                "{}.{} goes from {} to {}",
                after.name,
                column.name,
                shown(&old.declared),
                shown(&column.declared)
            );
            let offset = place(step, &after.name);
            findings.push(Finding::at(codes::A405, step.migration, offset, message));
        }
    }
}

fn shown(declared: &str) -> &str {
    if declared.is_empty() {
        "no type"
    } else {
        declared
    }
}

fn null_in_key(step: &Step<'_>, table: &Table, findings: &mut Vec<Finding>) {
    if table.is_strict() || table.is_without_rowid() {
        return;
    }
    let n_key_columns = table.columns.iter().filter(|one| one.key_place > 0).count();
    for column in table.columns.iter().filter(|one| one.key_place > 0) {
        let is_rowid = n_key_columns == 1 && same(&column.declared, "integer");
        if !column.not_null && !is_rowid {
            let message = format!(
                "the primary key {}.{} accepts NULL",
                table.name, column.name
            );
            let offset = place(step, &table.name);
            findings.push(Finding::at(codes::A407, step.migration, offset, message));
        }
    }
}

fn dangling(step: &Step<'_>, table: &Table, findings: &mut Vec<Finding>) {
    let Some(after) = step.after else { return };
    // Told of the migration that leaves it so, and not of all behind that one.
    let was_dangling = |parent: &str| {
        let before = step.before.table(&table.name);
        before.is_some_and(|one| one.foreign_keys.iter().any(|key| same(&key.parent, parent)))
            && step.before.table(parent).is_none()
    };
    for key in &table.foreign_keys {
        if after.table(&key.parent).is_none() && !was_dangling(&key.parent) {
            let message = format!(
                "{} refers to {}, which is not there",
                table.name, key.parent
            );
            let offset = place(step, &key.parent);
            findings.push(Finding::at(codes::A407, step.migration, offset, message));
        }
    }
}
