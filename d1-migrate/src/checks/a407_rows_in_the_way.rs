//! A407: rows that can break a change: duplicates, NULL in a key, dangling children.

use crate::check::{Check, Example, Failed, Findings, Input, JOBS, Logic, Severity, Step};
use crate::error::Error;
use crate::file::Section;
use crate::schema::{Schema, Table};
use crate::sql::name::{mentions, same, spelling};
use crate::sql::shape::{self, Shape, changes_table};

/// A407.
pub static CHECK: Check = Check {
    code: "A407",
    severity: Severity::Warning,
    why: "rows that are there can break it: duplicates under a new UNIQUE index, values of a new foreign key without a parent, children of a dropped table",
    instead: "remove duplicates in UP before the index, and values without a parent before the foreign key; drop the reference with the table",
    logic: &[
        Logic::Step(check),
        Logic::End(dangling),
        Logic::Failure(explains),
    ],
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
        Example::after(
            r#"CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER);"#,
            r#"-- migrate:up
PRAGMA defer_foreign_keys = ON;
CREATE TABLE child_aside AS SELECT id, parent_id FROM child;
DROP TABLE child;
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id));
INSERT INTO child (id, parent_id) SELECT id, parent_id FROM child_aside;
DROP TABLE child_aside;
-- migrate:verify
SELECT json_extract('{}', CASE WHEN (SELECT count(*) FROM pragma_foreign_key_check) = 0 THEN '$' ELSE 'verify: every reference finds its row' END);
-- migrate:down
-- CREATE TABLE child_aside AS SELECT id, parent_id FROM child;
-- DROP TABLE child;
-- CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER);
-- INSERT INTO child (id, parent_id) SELECT id, parent_id FROM child_aside;
-- DROP TABLE child_aside;
"#,
        ),
    ],
    good: &[
        Example::after(
            JOBS,
            r#"-- migrate:up
DELETE FROM jobs AS a WHERE EXISTS (SELECT 1 FROM jobs AS b WHERE b.title = a.title AND b.id < a.id);
CREATE UNIQUE INDEX jobs_title ON jobs (title);
CREATE TABLE tag (name TEXT PRIMARY KEY, label TEXT);
CREATE UNIQUE INDEX tag_label ON tag (label);
-- migrate:down
-- DROP TABLE tag;
-- DROP INDEX jobs_title;
"#,
        ),
        // More columns than a key has, and a column that no row has a value in.
        Example::after(
            JOBS,
            r#"-- migrate:up
ALTER TABLE jobs ADD COLUMN slug TEXT;
CREATE UNIQUE INDEX jobs_slug ON jobs (slug);
CREATE UNIQUE INDEX jobs_id_title ON jobs (title, id);
-- migrate:down
-- DROP INDEX jobs_id_title;
-- DROP INDEX jobs_slug;
-- ALTER TABLE jobs DROP COLUMN slug;
"#,
        ),
        // The parent comes with a later statement.
        Example::new(
            r#"-- migrate:up
CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id));
CREATE TABLE parent (id INTEGER PRIMARY KEY);
-- migrate:down
-- DROP TABLE child;
-- DROP TABLE parent;
"#,
        ),
    ],
};

fn check(step: &Step<'_>, findings: &mut Findings<'_>) {
    for (index, statement) in step.migration.statements.iter().enumerate() {
        let Shape::CreateUniqueIndex { table, columns } = &statement.shape else {
            continue;
        };
        let is_cleaned = step
            .migration
            .statements
            .iter()
            .take(index)
            .any(|one| changes_table(&one.shape, table, &["delete", "update"]));
        let Some(before) = step.before.table(table) else {
            continue;
        };
        let is_new = columns
            .iter()
            .any(|name| before.column(name).is_none() && is_added(step, name));
        if !is_cleaned && !is_new && !holds_key(before, columns) && !had_it(step, &statement.sql) {
            let message = format!("this fails when {table} has duplicates");
            findings.add(step.migration, statement.start, message);
        }
    }
}

/// A column that the table gets in this file: its default decides, and the replay has tried it.
fn is_added(step: &Step<'_>, column: &str) -> bool {
    step.migration
        .statements
        .iter()
        .any(|one| one.shape == Shape::AddColumn && mentions(&one.sql, column))
}

/// Whether the columns hold those of a key that is unique already.
fn holds_key(table: &Table, columns: &[String]) -> bool {
    let holds = |key: &[String]| {
        !key.is_empty()
            && key
                .iter()
                .all(|name| columns.iter().any(|one| same(one, name)))
    };
    holds(&table.key()) || table.unique.iter().any(|key| holds(key))
}

/// The same index was there before: a rebuild puts it back.
fn had_it(step: &Step<'_>, sql: &str) -> bool {
    let Shape::CreateUniqueIndex { table, columns } = shape::of(sql) else {
        return false;
    };
    let before = step.before.table(&table);
    before.is_some_and(|one| one.unique.contains(&columns)) || {
        let spelling = spelling(sql);
        step.before
            .objects
            .iter()
            .any(|one| one.spelling == spelling)
    }
}

/// Told of the file that leaves it so, and only when no later file brings the parent.
fn dangling(input: &Input<'_>, end: &Schema, findings: &mut Findings<'_>) -> Result<(), Error> {
    for table in end.tables() {
        for key in &table.foreign_keys {
            if end.table(&key.parent).is_some() {
                continue;
            }
            let message = format!(
                "{} refers to {}, which is not there",
                table.name, key.parent
            );
            let takes_away = |shape: &Shape| match shape {
                Shape::DropTable { table } | Shape::RenameTable { table, .. } => {
                    same(table, &key.parent)
                }
                _ => false,
            };
            let statements = || {
                let all = input.migrations.iter();
                all.flat_map(|file| file.statements.iter().map(move |one| (file, one)))
            };
            let found = statements()
                .rfind(|(_, one)| takes_away(&one.shape))
                .or_else(|| statements().find(|(_, one)| mentions(&one.sql, &key.parent)));
            if let Some((file, statement)) = found {
                findings.add(file, statement.start, message);
            }
        }
    }
    Ok(())
}

fn explains(failed: &Failed<'_>) -> bool {
    let is_duplicate = matches!(failed.shape(), Some(Shape::CreateUniqueIndex { .. }))
        && failed.says("UNIQUE constraint failed");
    is_duplicate || is_orphan(failed)
}

/// Whether an invented row has no parent by a foreign key that is new. A rebuild that loses parents is another matter.
fn is_orphan(failed: &Failed<'_>) -> bool {
    let is_found_by_verify = failed.statement().is_some_and(|one| {
        one.section == Section::Verify && mentions(&one.sql, "pragma_foreign_key_check")
    });
    let is_orphan =
        failed.is_at_commit() || failed.says("FOREIGN KEY constraint failed") || is_found_by_verify;
    failed.has_rows
        && failed.rebuilds.is_empty()
        && is_orphan
        && !failed.step.new_references().is_empty()
}
