//! What `db rollback` is about to lose.

use crate::db::error::Error;
use crate::db::file::{Migration, Statement};
use crate::db::report;
use crate::db::sql::name::{ident, mentions, same};
use crate::db::sql::shape::{Shape, changes_table};
use crate::db::target::{Applied, Target};

/// Something that DOWN takes away.
struct Loss {
    what: String,
    /// The rest of a `SELECT count(*)` that counts it; `None` when no such SELECT can be made of the statement.
    from: Option<String>,
}

/// Says how many rows of which tables will be lost.
pub fn tell(target: &Target<'_>, applied: &[Applied], chosen: &[&Migration]) -> Result<(), Error> {
    let project = target.project;
    let is_applied = |one: &Migration| Target::is_applied(applied, one);
    let now = project.built(is_applied)?;
    let then =
        project.built(|one| is_applied(one) && !chosen.iter().any(|c| c.name == one.name))?;
    let statements: Vec<&Statement> = chosen
        .iter()
        .flat_map(|one| one.down.iter().flatten())
        .collect();
    let mut lost: Vec<Loss> = Vec::new();
    for table in now.tables() {
        let name = ident(&table.name);
        let Some(after) = then.table(&renamed_table(&statements, &table.name)) else {
            lost.push(Loss {
                what: format!("table {}, rows", table.name),
                from: Some(format!("FROM {name}")),
            });
            continue;
        };
        for column in table.stored() {
            if after
                .column(&renamed_column(&statements, &table.name, &column.name))
                .is_none()
            {
                lost.push(Loss {
                    what: format!("column {}.{}, values", table.name, column.name),
                    from: Some(format!(
                        "FROM {name} WHERE {} IS NOT NULL",
                        ident(&column.name)
                    )),
                });
            }
        }
    }
    lost.extend(deleted(chosen));
    for Loss { what, from } in &lost {
        let n = match from {
            Some(from) => {
                let sql = format!("SELECT count(*) AS n {from}");
                report::progress("counting what will be lost", || target.count(&sql))?.to_string()
            }
            None => "not counted, see the statement".to_owned(),
        };
        report::talk(&format!("will be lost: {what}: {n}"));
    }
    if lost.is_empty() {
        report::talk("no rows and no values will be lost");
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
fn deleted(chosen: &[&Migration]) -> Vec<Loss> {
    let mut lost = Vec::new();
    for migration in chosen {
        let down = migration.down.as_deref().unwrap_or_default();
        for (index, one) in down.iter().enumerate() {
            lost.extend(deleted_by(one, down.iter().skip(index + 1)));
        }
    }
    lost
}

/// The rows that a DELETE takes, unless its own file fills the table again `behind` it, as a rebuild does. What the
/// DOWN of another file puts in is not what this one took out.
fn deleted_by<'a>(
    one: &Statement,
    mut behind: impl Iterator<Item = &'a Statement>,
) -> Option<Loss> {
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
        .map(|(_, rest)| rest.trim().to_owned());
    Some(Loss {
        what: format!("rows of {table} by DELETE"),
        from,
    })
}

#[cfg(test)]
mod tests {
    use super::deleted;
    use crate::db::file::Migration;

    /// What is said of the DOWN sections of these files, rolled back in this order.
    fn lost(downs: &[&str]) -> Vec<String> {
        let files: Vec<Migration> = downs
            .iter()
            .map(|down| Migration::parse("0001_a.sql", &format!("-- migrate:down\n{down}\n")))
            .collect();
        let losses = deleted(&files.iter().collect::<Vec<_>>());
        losses
            .into_iter()
            .map(|loss| format!("{}: {:?}", loss.what, loss.from))
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
}
