//! Reading a schema: from a connection, or from the rows of a remote `sqlite_master`.

use d1_sim::rusqlite::Connection;
use serde::Deserialize;

use super::table::{Body, Column, ForeignKey, Table, body};
use super::{Kind, Object, Schema};
use crate::error::Error;
use crate::sql::name::{same, spelling};
use d1_sim::D1;

/// Reads `sqlite_master` in the order of creation. Objects without SQL are made by others (indexes of constraints).
pub const MASTER_QUERY: &str =
    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid";

/// One row of [`MASTER_QUERY`].
#[derive(Debug, Clone, Deserialize)]
pub struct MasterRow {
    #[serde(rename = "type")]
    pub kind: String,
    pub name: String,
    pub tbl_name: String,
    pub sql: String,
}

/// The rows of `sqlite_master` of a connection.
pub fn master_rows(connection: &Connection) -> Result<Vec<MasterRow>, Error> {
    let mut statement = connection.prepare(MASTER_QUERY)?;
    let rows = statement.query_map([], |row| {
        Ok(MasterRow {
            kind: row.get(0)?,
            name: row.get(1)?,
            tbl_name: row.get(2)?,
            sql: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether an object belongs to `SQLite`, D1 or wrangler.
fn is_internal(name: &str, ledger: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.starts_with("sqlite_") || lower.starts_with("_cf_") || same(&lower, ledger)
}

/// The schema of a connection, without what belongs to `SQLite`, D1 and wrangler (`ledger` is its table's name).
pub fn read(connection: &Connection, ledger: &str) -> Result<Schema, Error> {
    let shadows = shadow_tables(connection)?;
    let mut objects = Vec::new();
    for row in master_rows(connection)? {
        let hidden = is_internal(&row.name, ledger)
            || is_internal(&row.tbl_name, ledger)
            || shadows.iter().any(|shadow| same(shadow, &row.tbl_name));
        let kind = match row.kind.as_str() {
            "table" => Kind::Table,
            "index" => Kind::Index,
            "view" => Kind::View,
            "trigger" => Kind::Trigger,
            _ => continue,
        };
        if hidden {
            continue;
        }
        let is_virtual = spelling(&row.sql).starts_with("create virtual ");
        let detail = (kind == Kind::Table && !is_virtual)
            .then(|| table(connection, &row))
            .transpose()?;
        objects.push(Object {
            kind,
            spelling: object_spelling(&row.sql, detail.as_ref()),
            name: row.name,
            table: row.tbl_name,
            sql: row.sql,
            detail,
        });
    }
    Ok(Schema { objects })
}

/// The schema that these rows describe.
pub fn read_rows(rows: &[MasterRow], ledger: &str) -> Result<Schema, Error> {
    // Shadow tables come with their virtual table, sqlite_sequence with the first AUTOINCREMENT.
    let virtuals: Vec<&str> = rows
        .iter()
        .filter(|row| spelling(&row.sql).starts_with("create virtual "))
        .map(|row| row.name.as_str())
        .collect();
    let wanted = rows.iter().filter(|row| {
        let shadow = virtuals.iter().any(|name| {
            row.name
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('_'))
        });
        !shadow && !is_internal(&row.name, ledger) && !is_internal(&row.tbl_name, ledger)
    });
    let database = D1::from_schema(wanted.map(|row| row.sql.as_str()))?;
    read(database.connection(), ledger)
}

fn shadow_tables(connection: &Connection) -> Result<Vec<String>, Error> {
    let mut statement =
        connection.prepare("SELECT name FROM pragma_table_list WHERE type = 'shadow'")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Tables are compared by their parts: ALTER TABLE leaves other white space and commas than CREATE TABLE.
fn object_spelling(sql: &str, table: Option<&Table>) -> String {
    let Some(table) = table else {
        return spelling(sql);
    };
    let columns = table
        .columns
        .iter()
        .map(|column| spelling(&format!("\"{}\" {}", column.name, column.definition)));
    let parts: Vec<String> = columns.chain(table.constraints.iter().cloned()).collect();
    format!("({}) {}", parts.join(", "), table.options)
}

fn table(connection: &Connection, row: &MasterRow) -> Result<Table, Error> {
    let Body {
        columns: written,
        constraints,
        options,
    } = body(&row.sql);
    let mut statement = connection.prepare(
        "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid",
    )?;
    let columns = statement
        .query_map([&row.name], |found| {
            let name: String = found.get(0)?;
            let definition = written
                .iter()
                .find(|(column, _)| same(column, &name))
                .map(|(_, definition)| definition.clone())
                .unwrap_or_default();
            Ok(Column {
                definition,
                declared: found.get(1)?,
                not_null: found.get(2)?,
                has_default: found.get(3)?,
                key_place: found.get(4)?,
                generated: found.get::<_, i64>(5)? > 1,
                name,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Table {
        columns,
        foreign_keys: foreign_keys(connection, &row.name)?,
        indexes: indexes(connection, &row.name)?,
        constraints: constraints.iter().map(|one| spelling(one)).collect(),
        options,
        autoincrement: spelling(&row.sql).contains(" autoincrement"),
        name: row.name.clone(),
    })
}

fn indexes(connection: &Connection, table: &str) -> Result<Vec<Vec<String>>, Error> {
    let mut statement = connection.prepare(
        "SELECT l.name, i.name FROM pragma_index_list(?1) AS l, pragma_index_info(l.name) AS i \
         WHERE l.partial = 0 ORDER BY l.seq, i.seqno",
    )?;
    let mut rows = statement.query([table])?;
    let mut all: Vec<(String, Vec<String>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (index, column): (String, Option<String>) = (row.get(0)?, row.get(1)?);
        // An expression has no name; no column can be called the empty string by accident.
        let column = column.unwrap_or_default();
        match all.last_mut().filter(|(last, _)| *last == index) {
            Some((_, columns)) => columns.push(column),
            None => all.push((index, vec![column])),
        }
    }
    Ok(all.into_iter().map(|(_, columns)| columns).collect())
}

fn foreign_keys(connection: &Connection, table: &str) -> Result<Vec<ForeignKey>, Error> {
    let mut statement = connection.prepare(
        "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?1) ORDER BY id, seq",
    )?;
    let mut rows = statement.query([table])?;
    let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let (from, to): (String, Option<String>) = (row.get(2)?, row.get(3)?);
        match keys.last_mut().filter(|(last, _)| *last == id) {
            Some((_, key)) => {
                key.from.push(from);
                key.to.extend(to);
            }
            None => keys.push((
                id,
                ForeignKey {
                    parent: row.get(1)?,
                    from: vec![from],
                    to: to.into_iter().collect(),
                    on_update: row.get(4)?,
                    on_delete: row.get(5)?,
                },
            )),
        }
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}
