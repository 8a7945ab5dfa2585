//! A407: rows that can break a change: duplicates, NULL in a key, dangling children.

use crate::check::{Check, Example, Failed, Findings, JOBS, Logic, Step};
use crate::schema::Table;
use crate::sql::name::{same, spelling};
use crate::sql::shape::{Shape, changes_table};

/// A407.
pub static CHECK: Check = Check {
    code: "A407",
    why: "rows that are there can break it: duplicates under a new UNIQUE index, NULL in a primary key, children of a dropped table",
    instead: "remove duplicates in UP before the index, write NOT NULL in the key, drop the reference with the table",
    logic: &[Logic::Step(check), Logic::Failure(explains)],
    bad: &[
        Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE NO ACTION);"#,
            r#"-- migrate:up
PRAGMA defer_foreign_keys = ON;
UPDATE child SET parent_id = NULL;
DROP TABLE parent;
"#,
        ),
        Example::after(
            JOBS,
            r#"-- migrate:up
CREATE UNIQUE INDEX jobs_title ON jobs (title);
-- migrate:down
-- DROP INDEX jobs_title;
"#,
        ),
        Example::new(
            r#"-- migrate:up
CREATE TABLE tag (name TEXT PRIMARY KEY);
-- migrate:down
-- DROP TABLE tag;
"#,
        ),
    ],
    good: &[Example::after(
        JOBS,
        r#"-- migrate:up
DELETE FROM jobs AS a WHERE EXISTS (SELECT 1 FROM jobs AS b WHERE b.title = a.title AND b.id < a.id);
CREATE UNIQUE INDEX jobs_title ON jobs (title);
CREATE TABLE tag (name TEXT NOT NULL PRIMARY KEY);
CREATE TABLE strict_tag (name TEXT PRIMARY KEY) STRICT;
-- migrate:down
-- DROP TABLE strict_tag;
-- DROP TABLE tag;
-- DROP INDEX jobs_title;
"#,
    )],
};

fn check(step: &Step<'_>, findings: &mut Findings<'_>) {
    unique_index(step, findings);
    for table in step.after.into_iter().flat_map(|after| after.tables()) {
        if step.before.table(&table.name).is_none() {
            null_in_key(step, table, findings);
        }
        dangling(step, table, findings);
    }
}

fn unique_index(step: &Step<'_>, findings: &mut Findings<'_>) {
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
            findings.add(step.migration, statement.start, message);
        }
    }
}

/// The same index was there before: a rebuild puts it back.
fn had_it(step: &Step<'_>, sql: &str) -> bool {
    let spelling = spelling(sql);
    step.before
        .objects
        .iter()
        .any(|one| one.spelling == spelling)
}

fn null_in_key(step: &Step<'_>, table: &Table, findings: &mut Findings<'_>) {
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
            findings.add(step.migration, step.first_naming(&table.name), message);
        }
    }
}

fn dangling(step: &Step<'_>, table: &Table, findings: &mut Findings<'_>) {
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
            findings.add(step.migration, step.first_naming(&key.parent), message);
        }
    }
}

fn explains(failed: &Failed<'_>) -> bool {
    matches!(failed.shape(), Some(Shape::CreateUniqueIndex { .. }))
        && failed.says("UNIQUE constraint failed")
}
