//! Reading a schema: from a connection, or from the rows of a remote `sqlite_master`.

use d1_sim::rusqlite::Connection;
use serde::Deserialize;

use super::meaning;
use super::object::{Kind, Object, Schema};
use super::table::{Body, Column, ForeignKey, Table, body};
use crate::error::Error;
use crate::sql::lex::{TokenKind, tokens};
use crate::sql::name::{literal, same, spelling, unquote};
use d1_sim::Simulator;

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
pub(super) fn is_internal(name: &str, ledger: &str) -> bool {
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
        let detail = (kind == Kind::Table && !is_virtual(&row.sql))
            .then(|| table(connection, &row))
            .transpose()?;
        objects.push(Object {
            kind,
            spelling: match kind {
                Kind::View => view_spelling(connection, &row),
                _ => spelling(&row.sql),
            },
            name: row.name,
            table: row.tbl_name,
            sql: row.sql,
            detail,
        });
    }
    let mut schema = Schema { objects };
    spell(&mut schema);
    Ok(schema)
}

/// Gives tables and indexes the spelling of what they mean.
fn spell(schema: &mut Schema) {
    let spellings: Vec<Option<String>> = schema
        .objects
        .iter()
        .map(|object| match (object.kind, &object.detail) {
            (_, Some(table)) => {
                let key_of = |name: &str| schema.table(name).map(Table::key).unwrap_or_default();
                Some(meaning::of(table, &body(&object.sql), &key_of))
            }
            (Kind::Index, None) => {
                let words = object.spelling.split(' ').filter(|word| *word != "asc");
                Some(words.collect::<Vec<_>>().join(" "))
            }
            _ => None,
        })
        .collect();
    for (object, spelling) in schema.objects.iter_mut().zip(spellings) {
        object.spelling = spelling.unwrap_or_else(|| std::mem::take(&mut object.spelling));
    }
}

/// The schema that these rows describe.
pub fn read_rows(rows: &[MasterRow], ledger: &str) -> Result<Schema, Error> {
    // Shadow tables come with their virtual table, sqlite_sequence with the first AUTOINCREMENT.
    let shadows = shadows_of(rows)?;
    let wanted = rows.iter().filter(|row| {
        !shadows.iter().any(|one| same(one, &row.name))
            && !is_internal(&row.name, ledger)
            && !is_internal(&row.tbl_name, ledger)
    });
    let database = Simulator::from_schema(wanted.map(|row| row.sql.as_str()))?;
    read(database.connection(), ledger)
}

/// The tables that `SQLite` makes with the virtual ones among these rows.
fn shadows_of(rows: &[MasterRow]) -> Result<Vec<String>, Error> {
    let virtuals = rows.iter().filter(|row| is_virtual(&row.sql));
    let database = Simulator::from_schema(virtuals.map(|row| row.sql.as_str()))?;
    let all = master_rows(database.connection())?.into_iter();
    Ok(all
        .filter(|row| !is_virtual(&row.sql))
        .map(|row| row.name)
        .collect())
}

fn is_virtual(sql: &str) -> bool {
    spelling(sql).starts_with("create virtual ")
}

fn shadow_tables(connection: &Connection) -> Result<Vec<String>, Error> {
    let mut statement =
        connection.prepare("SELECT name FROM pragma_table_list WHERE type = 'shadow'")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn table(connection: &Connection, row: &MasterRow) -> Result<Table, Error> {
    let Body {
        columns: written,
        options,
        ..
    } = body(&row.sql);
    let mut statement = connection.prepare(
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid",
    )?;
    let columns: Vec<Column> = statement
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
                default: found.get::<_, Option<String>>(3)?.map(as_value),
                key_place: found.get(4)?,
                generated: found.get::<_, i64>(5)? > 1,
                name,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Table {
        rowid_alias: rowid_alias(connection, &row.name, &columns)?,
        columns,
        foreign_keys: foreign_keys(connection, &row.name)?,
        unique: indexes(connection, &row.name, true)?,
        indexes: indexes(connection, &row.name, false)?,
        options,
        autoincrement: tokens(&row.sql).iter().any(|one| one.is("autoincrement")),
        name: row.name.clone(),
    })
}

/// The text of a DEFAULT clause as an expression: there a name that is no value of its own is a string.
fn as_value(default: String) -> String {
    const VALUES: &[&str] = &[
        "null",
        "true",
        "false",
        "current_time",
        "current_date",
        "current_timestamp",
    ];
    match tokens(&default).as_slice() {
        [only] if matches!(only.kind, TokenKind::Quoted { .. }) => literal(&unquote(only.text)),
        [only] if only.kind == TokenKind::Word => {
            let is_number = only.text.starts_with(|c: char| c.is_ascii_digit());
            let is_value = is_number || VALUES.iter().any(|word| only.is(word));
            if is_value {
                default
            } else {
                literal(only.text)
            }
        }
        _ => default,
    }
}

/// The spelling of a view, and the letter case of the columns that it names: those of a result are called so.
fn view_spelling(connection: &Connection, row: &MasterRow) -> String {
    let columns = || -> Result<Vec<String>, Error> {
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let names = statement.query_map([&row.name], |found| found.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    };
    let named: Vec<String> = tokens(&row.sql)
        .iter()
        .filter(|token| token.is_useful())
        .map(|token| unquote(token.text))
        .collect();
    let mut out = spelling(&row.sql);
    // A view that names something missing has no columns.
    for column in columns().unwrap_or_default() {
        let has_capitals = column.contains(|c: char| c.is_ascii_uppercase());
        if has_capitals && named.contains(&column) {
            out.push(' ');
            out.push_str(&column);
        }
    }
    out
}

/// The column that is another name of the rowid: the only one of a primary key that `SQLite` keeps no index for.
fn rowid_alias(
    connection: &Connection,
    table: &str,
    columns: &[Column],
) -> Result<Option<String>, Error> {
    let mut keys = columns.iter().filter(|one| one.key_place > 0);
    let (Some(only), None) = (keys.next(), keys.next()) else {
        return Ok(None);
    };
    let sql = "SELECT count(*) FROM pragma_index_list(?1) WHERE origin = 'pk'";
    let n_indexes: i64 = connection.query_row(sql, [table], |row| row.get(0))?;
    Ok((n_indexes == 0).then(|| only.name.clone()))
}

fn indexes(
    connection: &Connection,
    table: &str,
    only_unique: bool,
) -> Result<Vec<Vec<String>>, Error> {
    let mut statement = connection.prepare(
        "SELECT l.name, i.name FROM pragma_index_list(?1) AS l, pragma_index_info(l.name) AS i \
         WHERE l.partial = 0 AND (l.\"unique\" OR NOT ?2) ORDER BY l.seq, i.seqno",
    )?;
    let mut rows = statement.query((table, only_unique))?;
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
