//! What `db rollback` is about to lose.

use d1_sim::Simulator;

use crate::error::Error;
use crate::file::{Migration, Statement};
use crate::project::Project;
use crate::replay::rows::{self, Snapshot};
use crate::replay::seed;
use crate::report;
use crate::schema::{self, Schema};
use crate::sql::name::{ident, mentions, same};
use crate::sql::shape::{Shape, changes_table};
use crate::target::{Applied, Target};

/// Something that DOWN takes away.
struct Removal {
    what: String,
    count: Count,
}

/// How to count a loss, on the database as it is: before any DOWN has run.
#[derive(Debug)]
enum Count {
    /// The rest of a `SELECT count(*)` about today's schema.
    Now(String),
    /// The same, made from a DELETE. It may fail: what it names is perhaps there only when a DOWN before it has run.
    Try(String),
    /// No such SELECT can be made.
    No,
}

impl Count {
    /// The number in words.
    fn said(&self, target: &Target<'_>) -> Result<String, Error> {
        const NOT_COUNTED: &str = "not counted, see the statement";
        let count = |from: &str| {
            let sql = format!("SELECT count(*) AS n {from}");
            report::progress("counting what will be lost", || target.count(&sql))
        };
        Ok(match self {
            Self::Now(from) => count(from)?.to_string(),
            Self::Try(from) => match count(from) {
                Ok(n) => n.to_string(),
                Err(error) => format!("{NOT_COUNTED}\ncounting it failed: {error}"),
            },
            Self::No => NOT_COUNTED.to_owned(),
        })
    }
}

/// Says how many rows of which tables will be lost. Refuses a DOWN that fails in the replay, before anybody is asked.
pub fn tell(target: &Target<'_>, applied: &[Applied], chosen: &[&Migration]) -> Result<(), Error> {
    let project = target.project;
    let is_applied = |one: &Migration| Target::is_applied(applied, one);
    let replayed = project.replay(is_applied)?;
    let ledger = &project.database.ledger;
    let now = schema::read(replayed.connection(), ledger)?;
    run_down(&replayed, chosen)?;
    let then = schema::read(replayed.connection(), ledger)?;
    let statements: Vec<&Statement> = chosen
        .iter()
        .flat_map(|one| one.down.iter().flatten())
        .collect();
    let mut lost: Vec<Removal> = Vec::new();
    for table in now.tables() {
        let name = ident(&table.name);
        let Some(after) = then.table(&renamed_table(&statements, &table.name)) else {
            lost.push(Removal {
                what: format!("table {}, rows", table.name),
                count: Count::Now(format!("FROM {name}")),
            });
            continue;
        };
        for column in table.stored() {
            if after
                .column(&renamed_column(&statements, &table.name, &column.name))
                .is_none()
            {
                lost.push(Removal {
                    what: format!("column {}.{}, values", table.name, column.name),
                    count: Count::Now(format!(
                        "FROM {name} WHERE {} IS NOT NULL",
                        ident(&column.name)
                    )),
                });
            }
        }
    }
    lost.extend(deleted(chosen));
    let rows = with_rows(project, is_applied, chosen, &now)?;
    for Removal { what, count } in &lost {
        let n = count.said(target)?;
        report::talk(&format!("will be lost: {what}: {n}"));
    }
    match rows {
        Rows::Kept if lost.is_empty() => report::talk("no rows and no values will be lost"),
        Rows::Kept => {}
        // Rows that a dropped parent takes with it are in no statement.
        Rows::Lost(losses) => {
            for loss in losses {
                report::talk(&format!(
                    "may be lost: {} (on invented rows: {})",
                    loss.subject(),
                    loss.message
                ));
            }
        }
        Rows::Fails(message) => report::talk(&format!(
            "DOWN fails on invented rows, and may fail on those that are there: {message}"
        )),
    }
    Ok(())
}

/// What DOWN does to tables with rows.
enum Rows {
    Kept,
    Lost(Vec<rows::Loss>),
    Fails(String),
}

/// Runs DOWN on invented rows.
fn with_rows(
    project: &Project,
    is_applied: impl Fn(&Migration) -> bool,
    chosen: &[&Migration],
    now: &Schema,
) -> Result<Rows, Error> {
    let database = project.replay(is_applied)?;
    seed::fill(database.connection(), now)?;
    let before = Snapshot::take(database.connection(), now)?;
    if let Err(Error::DownFails { file, message }) = run_down(&database, chosen) {
        return Ok(Rows::Fails(format!("{file}: {message}")));
    }
    let then = schema::read(database.connection(), &project.database.ledger)?;
    let after = Snapshot::take(database.connection(), &then)?;
    let mut losses = before.losses(&after);
    // What a DELETE takes is said by its statement.
    losses.retain(|loss| {
        let mut down = chosen.iter().flat_map(|one| one.down.iter().flatten());
        loss.is_child
            || !down.any(|one| changes_table(&one.shape, &loss.table, &["delete", "update"]))
    });
    Ok(if losses.is_empty() {
        Rows::Kept
    } else {
        Rows::Lost(losses)
    })
}

fn run_down(database: &Simulator, chosen: &[&Migration]) -> Result<(), Error> {
    for migration in chosen {
        let down = migration.down.iter().flatten();
        database
            .run(down.map(|one| one.sql.as_str()))
            .map_err(|failure| Error::DownFails {
                file: migration.name.clone(),
                message: failure.message,
            })?;
    }
    Ok(())
}

/// A table's name after DOWN.
fn renamed_table(statements: &[&Statement], name: &str) -> String {
    statements
        .iter()
        .fold(name.to_owned(), |now, one| match &one.shape {
            Shape::RenameTable { table, to } if same(table, &now) => to.clone(),
            _ => now,
        })
}

/// A column's name after DOWN.
fn renamed_column(statements: &[&Statement], table: &str, name: &str) -> String {
    let of_table =
        |renamed: &str| same(renamed, table) || same(renamed, &renamed_table(statements, table));
    statements
        .iter()
        .fold(name.to_owned(), |now, one| match &one.shape {
            Shape::RenameColumn { table, from, to } if of_table(table) && same(from, &now) => {
                to.clone()
            }
            _ => now,
        })
}

/// The rows that DELETEs of DOWN take.
fn deleted(chosen: &[&Migration]) -> Vec<Removal> {
    let mut lost = Vec::new();
    let mut before: Vec<&Statement> = Vec::new();
    for migration in chosen {
        let down = migration.down.as_deref().unwrap_or_default();
        for (index, one) in down.iter().enumerate() {
            lost.extend(deleted_by(one, &before, down.iter().skip(index + 1)));
            before.push(one);
        }
    }
    lost
}

/// The rows that a DELETE takes, unless its own file fills the table again `behind` it, as a rebuild does. What the
/// DOWN of another file puts in is not what this one took out.
fn deleted_by<'a>(
    one: &Statement,
    before: &[&Statement],
    mut behind: impl Iterator<Item = &'a Statement>,
) -> Option<Removal> {
    let Shape::Change { word, table } = &one.shape else {
        return None;
    };
    if word != "delete" || behind.any(|other| changes_table(&other.shape, table, &["insert"])) {
        return None;
    }
    // Behind WITH the word is not the first, and RETURNING has no place in a SELECT.
    let from = one
        .sql
        .split_at_checked("DELETE".len())
        .filter(|(first, _)| same(first, "DELETE"))
        .filter(|_| !mentions(&one.sql, "returning"))
        .filter(|_| {
            !before
                .iter()
                .any(|other| may_change(other, &one.sql, table))
        })
        .map(|(_, rest)| rest.trim().to_owned());
    Some(Removal {
        what: format!("rows of {table} by DELETE"),
        count: from.map_or(Count::No, Count::Try),
    })
}

/// Whether a DELETE from `table` may find other rows behind `other` than today. The SELECT made from it would then run
/// and give a wrong number: a column that is not there yet, in double quotes, is a string.
fn may_change(other: &Statement, delete: &str, table: &str) -> bool {
    match &other.shape {
        Shape::Select | Shape::Pragma { .. } | Shape::CreateUniqueIndex { .. } => false,
        // What that one takes is in the number of this one, too: more than is lost, never less.
        Shape::Change { word, .. } if word == "delete" => false,
        Shape::Change { table, .. }
        | Shape::CreateTable { table, .. }
        | Shape::DropTable { table }
        | Shape::RenameColumn { table, .. } => mentions(delete, table),
        Shape::RenameTable { table, to } => mentions(delete, table) || mentions(delete, to),
        _ => mentions(&other.sql, table),
    }
}

#[cfg(test)]
mod tests {
    use super::deleted;
    use crate::file::Migration;

    /// What is said of the DOWN sections of these files, rolled back in this order.
    fn lost(downs: &[&str]) -> Vec<String> {
        let files: Vec<Migration> = downs
            .iter()
            .map(|down| Migration::parse("0001_a.sql", &format!("-- migrate:down\n{down}\n")))
            .collect();
        let losses = deleted(&files.iter().collect::<Vec<_>>());
        losses
            .into_iter()
            .map(|loss| format!("{}: {:?}", loss.what, loss.count))
            .collect()
    }

    const DELETE: &str = "-- DELETE FROM a;";
    const INSERT: &str = "-- INSERT INTO a SELECT x FROM kept;";

    #[test]
    fn table_that_its_own_file_fills_again_loses_nothing() {
        let rebuild = format!("{DELETE}\n{INSERT}");
        assert!(lost(&[&rebuild]).is_empty());
        // Wherever in its file it is, and whatever goes before.
        assert!(lost(&[INSERT, &format!("-- {}\n{rebuild}", "SELECT 1;".repeat(9))]).is_empty());
    }

    #[test]
    fn insert_before_a_delete_or_in_another_file_fills_nothing_again() {
        for downs in [
            &[&*format!("{INSERT}\n{DELETE}")][..],
            &[INSERT, DELETE],
            &[DELETE, INSERT],
            &[&format!("-- {}\n{INSERT}", "SELECT 1;".repeat(9)), DELETE],
            &[DELETE, &format!("-- {}\n{INSERT}", "SELECT 1;".repeat(9))],
        ] {
            assert_eq!(lost(downs).len(), 1, "{downs:?}");
        }
    }

    #[test]
    fn delete_behind_what_changes_its_rows_is_not_counted() {
        const NEW: &str = "-- DELETE FROM a WHERE x IN (SELECT x FROM b);";
        for before in [
            "ALTER TABLE a RENAME COLUMN y TO x;",
            "ALTER TABLE z RENAME TO a;",
            "ALTER TABLE a ADD COLUMN x;",
            "CREATE TABLE a (x TEXT);",
            "UPDATE A SET x = 'new';",
            "INSERT INTO a VALUES ('new');",
            "DROP TABLE b;",
            "CREATE VIEW b AS SELECT x FROM a;",
        ] {
            let said = ["rows of a by DELETE: No"];
            assert_eq!(lost(&[&format!("-- {before}"), NEW]), said, "{before}");
            assert_eq!(lost(&[&format!("-- {before}\n{NEW}")]), said, "{before}");
        }
    }

    #[test]
    fn delete_behind_what_leaves_its_rows_alone_is_counted() {
        for before in [
            "CREATE TABLE kept AS SELECT x FROM a;",
            "CREATE UNIQUE INDEX i ON a (x);",
            "INSERT INTO other SELECT x FROM a;",
            "DROP TABLE other;",
            "PRAGMA defer_foreign_keys = ON;",
        ] {
            assert_eq!(
                lost(&[&format!("-- {before}"), DELETE]),
                ["rows of a by DELETE: Try(\"FROM a\")"],
                "{before}"
            );
        }
        assert_eq!(lost(&[DELETE, DELETE]).len(), 2);
        // What runs behind it does not count.
        assert_eq!(
            lost(&[DELETE, "-- ALTER TABLE a RENAME COLUMN x TO y;"]),
            ["rows of a by DELETE: Try(\"FROM a\")"]
        );
    }
}
