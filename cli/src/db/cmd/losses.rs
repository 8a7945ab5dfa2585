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
    lost.extend(
        statements
            .iter()
            .filter_map(|one| deleted(&statements, one)),
    );
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

/// The rows that a DELETE of DOWN takes, unless the table is filled again behind it, as a rebuild does.
fn deleted(statements: &[&Statement], one: &Statement) -> Option<Loss> {
    let Shape::Change { word, table } = &one.shape else {
        return None;
    };
    let is_refilled = statements
        .iter()
        .any(|other| other.start > one.start && changes_table(&other.shape, table, &["insert"]));
    if word != "delete" || is_refilled {
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
