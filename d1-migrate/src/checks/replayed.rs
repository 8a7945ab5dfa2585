//! What only running shows: D1's refusals, failures with rows, lost rows, the way back, the end of the chain.

use super::{Finding, Input, Step, alter, foreign_keys, rename_rebuilds, wanted_schema};
use crate::codes::{self, Code};
use crate::diff::text_diff;
use crate::error::Error;
use crate::file::{Migration, Statement};
use crate::replay::rows::{Loss, Snapshot};
use crate::replay::{D1, Failure, Place, seed};
use crate::schema::{self, Schema, print};
use crate::sql::name::{mentions, same};
use crate::sql::shape::{Shape, changes_table};

/// Replays the folder: every migration on what the ones before build, without rows and with rows.
pub fn check(input: &Input<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let database = D1::empty()?;
    let mut before = Schema::default();
    for migration in input.migrations {
        let seeded = database.copy()?;
        let unseeded = seed::fill(seeded.connection(), &before)?;
        let failure = run_up(&database, migration, findings).err();
        let after = match failure {
            None => Some(schema::read(database.connection(), input.ledger)?),
            Some(_) => None,
        };
        let step = Step {
            migration,
            before: &before,
            after: after.as_ref(),
        };
        foreign_keys::check(&step, findings);
        alter::check(&step, findings);
        if let Some(failure) = failure {
            findings.push(failure_finding(&step, &failure, codes::S601));
            // What comes behind would fail for this reason too.
            return Ok(());
        }
        for (table, objection) in unseeded {
            let message = format!("no row of {table} could be invented: {objection}");
            findings.push(Finding::at(codes::S607, migration, 0, message));
        }
        with_rows(input, &step, &seeded, findings)?;
        before = after.unwrap_or_default();
    }
    ends_in_schema_file(input, &before, findings)
}

fn sql(statements: &[Statement]) -> impl Iterator<Item = &str> {
    statements.iter().map(|one| one.sql.as_str())
}

/// Runs a migration without rows, and asks of each statement whether it holds a misspelt name (A406).
fn run_up(
    database: &D1,
    migration: &Migration,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    database.run_watched(sql(&migration.statements), |index, one| {
        let start = migration.statements.get(index).map_or(0, |one| one.start);
        if let Some(message) = database.has_quoted_string(one) {
            let message = format!("{message}: taken for a string");
            findings.push(Finding::at(codes::A406, migration, start, message));
        }
    })
}

/// UP, DOWN and UP again on tables with rows.
fn with_rows(
    input: &Input<'_>,
    step: &Step<'_>,
    seeded: &D1,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let migration = step.migration;
    let rows_before = Snapshot::take(seeded.connection(), step.before)?;
    if let Err(failure) = seeded.run(sql(&migration.statements)) {
        findings.push(failure_finding(step, &failure, codes::S602));
        return Ok(());
    }
    let Some(after) = step.after else {
        return Ok(());
    };
    let rows_after = Snapshot::take(seeded.connection(), after)?;
    for loss in rows_before.losses(&rows_after) {
        let is_meant = loss.column.is_some()
            && migration
                .statements
                .iter()
                .any(|one| changes_table(&one.shape, &loss.table, &["update"]));
        if !is_meant {
            findings.push(loss_finding(step, &migration.statements, &loss, after));
        }
    }
    let Some(down) = &migration.down else {
        return Ok(());
    };
    let at_down = down.first().map_or(0, |one| one.start);
    let mut add = |message: String| {
        findings.push(Finding::at(codes::S604, migration, at_down, message));
    };
    if let Err(failure) = seeded.run(sql(down)) {
        add(format!("DOWN fails: {}", described(&failure, down)));
        return Ok(());
    }
    let restored = schema::read(seeded.connection(), input.ledger)?;
    if !restored.same_as(step.before) {
        let diff = text_diff(&print(step.before), &print(&restored));
        add(format!(
            "DOWN leads to another schema than before the migration:\n{diff}"
        ));
        return Ok(());
    }
    let rows_restored = Snapshot::take(seeded.connection(), &restored)?;
    let lost_by_down: Vec<Loss> = rows_after
        .losses(&rows_restored)
        .into_iter()
        .filter(|loss| {
            !down
                .iter()
                .any(|one| changes_table(&one.shape, &loss.table, &["delete", "update"]))
                || loss.is_child
        })
        .collect();
    if let Err(failure) = seeded.run(sql(&migration.statements)) {
        add(format!(
            "UP fails after DOWN: {}",
            described(&failure, &migration.statements)
        ));
    } else if !schema::read(seeded.connection(), input.ledger)?.same_as(after) {
        add("UP after DOWN leads to another schema than UP alone".to_owned());
    }
    for loss in lost_by_down {
        findings.push(loss_finding(step, down, &loss, step.before));
    }
    Ok(())
}

fn described(failure: &Failure, statements: &[Statement]) -> String {
    match failure.place {
        Place::Commit => format!("{} at the end of the transaction", failure.message),
        Place::Statement(index) => {
            let sql = statements.get(index).map_or("", |one| one.sql.as_str());
            let first = sql.lines().next().unwrap_or_default();
            format!("{} in `{first}`", failure.message)
        }
    }
}

/// A loss: FK301 when the table is a child of one that is dropped, otherwise S603.
fn loss_finding(
    step: &Step<'_>,
    statements: &[Statement],
    loss: &Loss,
    schema: &Schema,
) -> Finding {
    let drops_ancestor = statements.iter().find(|one| {
        matches!(&one.shape, Shape::DropTable { table }
            if step.before.children(table).any(|(child, _)| same(&child.name, &loss.table))
                || schema.children(table).any(|(child, _)| same(&child.name, &loss.table)))
    });
    let any_drop = || {
        statements.iter().find(|one| {
            loss.is_child
                && matches!(&one.shape, Shape::DropTable { table } if !same(table, &loss.table))
        })
    };
    match drops_ancestor.or_else(any_drop) {
        Some(drop) => Finding::at(codes::FK301, step.migration, drop.start, &loss.message),
        None => {
            let named = statements
                .iter()
                .find(|one| mentions(&one.sql, &loss.table));
            let start = named.map_or(0, |one| one.start);
            Finding::at(codes::S603, step.migration, start, &loss.message)
        }
    }
}

/// The most telling code for a failure of UP, DATA or VERIFY.
fn failure_finding(step: &Step<'_>, failure: &Failure, otherwise: Code) -> Finding {
    let statements = &step.migration.statements;
    let rebuilds = rename_rebuilds(step.migration);
    let (statement, message) = match failure.place {
        Place::Statement(index) => (statements.get(index), failure.message.clone()),
        Place::Commit => (
            rebuilds.first().map(|one| one.drop).or(statements.first()),
            format!("{} at the end of the transaction", failure.message),
        ),
    };
    let in_dependent = message.contains("error in view") || message.contains("error in trigger");
    let code = match statement.map(|one| &one.shape) {
        Some(Shape::NewerAlter) => codes::R204,
        _ if failure.rule.is_some() => failure.rule.map_or(otherwise, codes::of_rule),
        _ if failure.place == Place::Commit => {
            if rebuilds.is_empty() {
                otherwise
            } else {
                codes::FK302
            }
        }
        Some(Shape::AddColumn)
            if message.contains("NOT NULL column") || message.contains("non-constant default") =>
        {
            codes::A401
        }
        Some(Shape::AddColumn) => codes::A402,
        Some(Shape::DropColumn) => codes::A403,
        Some(Shape::RenameTable { to, .. })
            if in_dependent && rebuilds.iter().any(|one| same(one.table, to)) =>
        {
            codes::FK306
        }
        Some(Shape::RenameTable { .. } | Shape::RenameColumn { .. }) if in_dependent => codes::A404,
        Some(Shape::CreateUniqueIndex { .. }) if message.contains("UNIQUE constraint failed") => {
            codes::A407
        }
        Some(Shape::Transaction) => codes::T107,
        _ => otherwise,
    };
    let start = statement.map_or(0, |one| one.start);
    Finding::at(code, step.migration, start, message)
}

fn ends_in_schema_file(
    input: &Input<'_>,
    end: &Schema,
    findings: &mut Vec<Finding>,
) -> Result<(), Error> {
    let wanted = match wanted_schema(input.schema_sql, input.ledger) {
        Ok(wanted) => wanted,
        Err(Error::SchemaFile { message }) => {
            let message = format!("schema.sql does not run: {message}");
            findings.push(Finding::of_file(codes::S605, "schema.sql", 1, "", message));
            return Ok(());
        }
        Err(other) => return Err(other),
    };
    if !wanted.same_as(end) {
        let diff = text_diff(&print(end), &print(&wanted));
        let message = format!(
            "schema.sql is not what the migrations build (- migrations, + schema.sql):\n{diff}"
        );
        findings.push(Finding::of_file(codes::S605, "schema.sql", 1, "", message));
    }
    Ok(())
}
