//! Backfills: changes of rows that are too many for one transaction, batch by batch when their file is applied.
//!
//! What is left to do is what the condition of the statement still finds. So an interrupted backfill goes on where it
//! stopped, and there is nothing to record.

use crate::error::Error;
use crate::file::Migration;
use crate::program;
use crate::report;
use crate::schema::Schema;
use crate::sql::batch::{self, Batched};
use crate::target::{Applied, Target};

/// Runs what is left of the backfills of applied migrations.
pub fn run(target: &Target<'_>, applied: &[Applied]) -> Result<(), Error> {
    let migrations: Vec<&Migration> = target
        .project
        .migrations
        .iter()
        .filter(|one| !one.backfill.is_empty() && Target::is_applied(applied, one))
        .collect();
    if migrations.is_empty() {
        return Ok(());
    }
    let schema = target.schema()?;
    for migration in migrations {
        for statement in &migration.backfill {
            // A later migration may have dropped what it fills.
            if let Some(batched) = batch::of(&statement.sql)
                && target.count(&batched.is_left()).is_ok_and(|n| n > 0)
            {
                fill(target, migration, &batched, &schema)?;
            }
        }
    }
    Ok(())
}

fn fill(
    target: &Target<'_>,
    migration: &Migration,
    batched: &Batched,
    schema: &Schema,
) -> Result<(), Error> {
    let table = schema.table(&batched.table);
    let key = table.map(|table| {
        table
            .rowid_name()
            .map_or_else(|| table.key(), |one| vec![one])
    });
    let key = key.unwrap_or_else(|| vec!["rowid".to_owned()]);
    let n_rows = target.count(&batched.count())?;
    let per_batch = migration.rows_per_batch();
    let n_batches = n_rows.div_ceil(per_batch);
    report::talk(&format!(
        "backfill of {}: {n_rows} rows of {} in {n_batches} batches; it may be interrupted, {} goes on",
        migration.name,
        batched.table,
        program::call("migrate")
    ));
    let sql = batched.batch(&key, per_batch);
    // Rows may come meanwhile; twice as many batches are a condition that never becomes false.
    for index in 0..n_batches * 2 + 1 {
        let what = format!("batch {} of {n_batches}", index + 1);
        report::progress(&what, || target.execute(&sql))?;
        if target.count(&batched.is_left())? == 0 {
            report::talk(&format!("backfill of {}: done", migration.name));
            return Ok(());
        }
    }
    Err(Error::Refused(format!(
        "the backfill of {} does not end: its condition still holds for rows that it has changed",
        migration.name
    )))
}
