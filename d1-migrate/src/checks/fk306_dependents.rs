//! FK306: rebuilds by drop and rename of a table on which other objects depend.

use crate::check::{
    Check, Example, Failed, Findings, Logic, RenameRebuild, Severity, Step, rename_rebuilds,
};
use crate::schema::{Kind, Object};
use crate::sql::name::{mentions, same};
use crate::sql::shape::Shape;

/// FK306.
pub static CHECK: Check = Check {
    code: "FK306",
    severity: Severity::Error,
    why: "a rebuild by drop and rename fails when a view or another table's trigger names the table, loses the table's own indexes and triggers, and resets AUTOINCREMENT",
    instead: "rebuild under the same name: change schema.sql and let `generate` write it",
    logic: &[Logic::Step(check), Logic::Failure(explains)],
    bad: &[
        Example::after(
            r#"CREATE TABLE jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, pay TEXT);"#,
            r#"-- migrate:up
CREATE TABLE jobs_new (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT, extra TEXT);
INSERT INTO jobs_new (id, title, pay) SELECT id, title, pay FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_new RENAME TO jobs;
"#,
        ),
        Example::after(
            r#"CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);
CREATE INDEX jobs_title ON jobs (title);"#,
            r#"-- migrate:up
CREATE TABLE jobs_new (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT, extra TEXT);
INSERT INTO jobs_new (id, title, pay) SELECT id, title, pay FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_new RENAME TO jobs;
"#,
        ),
        Example::after(
            r#"CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);
CREATE VIEW titles AS SELECT title FROM jobs;"#,
            r#"-- migrate:up
CREATE TABLE jobs_new (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT, extra TEXT);
INSERT INTO jobs_new (id, title, pay) SELECT id, title, pay FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_new RENAME TO jobs;
"#,
        ),
    ],
    good: &[
        Example::after(
            r#"CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);
CREATE INDEX jobs_title ON jobs (title);"#,
            r#"-- migrate:up
CREATE TABLE jobs_new (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT, extra TEXT);
INSERT INTO jobs_new (id, title, pay) SELECT id, title, pay FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_new RENAME TO jobs;
CREATE INDEX jobs_title ON jobs (title);
-- migrate:down
-- ALTER TABLE jobs DROP COLUMN extra;
"#,
        ),
        Example::after(
            r#"CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT NOT NULL, pay TEXT);
CREATE INDEX jobs_pay ON jobs (pay);
CREATE INDEX jobs_title ON jobs (title);"#,
            r#"-- migrate:up
DROP INDEX jobs_title;
CREATE TABLE jobs_new (id INTEGER PRIMARY KEY, title TEXT NOT NULL);
INSERT INTO jobs_new (id, title) SELECT id, title FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_new RENAME TO jobs;
"#,
        ),
    ],
};

fn check(step: &Step<'_>, findings: &mut Findings<'_>) {
    for rebuild in rename_rebuilds(step.migration) {
        let objects = step.before.objects.iter();
        let problems: Vec<(Severity, String)> = objects
            .filter_map(|object| problem(step, &rebuild, object))
            .collect();
        if let Some(severity) = problems.iter().map(|(severity, _)| *severity).max() {
            let texts: Vec<&str> = problems.iter().map(|(_, text)| text.as_str()).collect();
            let message = format!(
                "{} is rebuilt by drop and rename: {}",
                rebuild.table,
                texts.join(", ")
            );
            findings.add_as(severity, step.migration, rebuild.rename.start, message);
        }
    }
}

/// What the rebuild does to one object.
fn problem(
    step: &Step<'_>,
    rebuild: &RenameRebuild<'_>,
    object: &Object,
) -> Option<(Severity, String)> {
    let table = rebuild.table;
    let is_own = same(&object.table, table);
    let is_gone = || {
        step.after
            .is_some_and(|after| after.find(object.kind, &object.name).is_none())
    };
    let is_dropped_before = || {
        step.migration
            .statements
            .iter()
            .take_while(|one| one.start < rebuild.drop.start)
            .any(|one| one.shape == Shape::Other && mentions(&one.sql, &object.name))
    };
    // With a column what is about it goes.
    let is_meant_to_go = || {
        let after = step.after.and_then(|after| after.table(table));
        let columns = step.before.table(table).map(|one| one.columns.iter());
        let mut gone = columns
            .into_iter()
            .flatten()
            .filter(|column| after.is_some_and(|after| after.column(&column.name).is_none()));
        is_dropped_before() || gone.any(|column| mentions(&object.sql, &column.name))
    };
    let label = object.kind.label();
    match object.kind {
        // Where the migration runs, what names the table was not in the way.
        Kind::View | Kind::Trigger
            if step.after.is_none()
                && !is_own
                && mentions(&object.sql, table)
                && !is_dropped_before() =>
        {
            Some((Severity::Error, format!("{label} {} names it", object.name)))
        }
        Kind::Index | Kind::Trigger if is_own && is_gone() && !is_meant_to_go() => Some((
            Severity::Error,
            format!("its {label} {} is gone", object.name),
        )),
        // It goes on behind the highest number that is left, so that only numbers of deleted rows come again.
        Kind::Table if same(&object.name, table) => {
            let detail = object.detail.as_ref()?;
            let message = "its AUTOINCREMENT counter starts anew".to_owned();
            detail.autoincrement.then_some((Severity::Warning, message))
        }
        _ => None,
    }
}

fn explains(failed: &Failed<'_>) -> bool {
    match failed.shape() {
        Some(Shape::RenameTable { to, .. }) => {
            failed.is_in_dependent() && failed.rebuilds.iter().any(|one| same(one.table, to))
        }
        _ => false,
    }
}
