//! The table rebuild that keeps children's rows under every foreign-key action.
//!
//! DROP TABLE deletes the table's rows first and fires ON DELETE in its children, whatever the pragmas say. So the
//! rows of the table and of every table that such an action can reach are put aside, the table is dropped and made
//! again under its own name, and all rows are put back. Foreign keys are deferred to the end of the transaction,
//! where real orphans still fail.
//!
//! Children are emptied before the drop, the furthest first, and references within a cycle are loosened before that:
//! otherwise a chain of rows longer than D1's limit of nested triggers makes the drop fail. Every row that is deleted
//! or put back makes `SQLite` search the tables that refer to it: those that keep rows get an index for the time being.

use crate::replay::seed;
use crate::schema::{Column, Kind, Schema, Table};
use crate::sql::name::{ident, ident_list, literal, same};

/// Statements that rebuild the tables `names` of `from` as they are in `to`. Triggers of [`reached`] tables must be
/// gone, indexes and triggers of the rebuilt tables are gone afterwards, but unique indexes of `to` are there.
pub fn statements(from: &Schema, to: &Schema, names: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    let reached = reached(from, names);
    let rebuilt: Vec<(&Table, &Table)> = names
        .iter()
        .filter_map(|name| Some((from.table(name)?, to.table(name)?)))
        .collect();
    let children: Vec<&Table> = reached
        .iter()
        .filter(|name| !names.iter().any(|one| same(one, name)))
        .filter_map(|name| from.table(name))
        .collect();
    let aside = |name: &str| aside(from, to, name);

    let put_aside = |table: &Table, columns: String| {
        let (aside, name) = (aside(&table.name), ident(&table.name));
        format!("CREATE TABLE {aside} AS SELECT {columns} FROM {name}")
    };
    for (old, new) in &rebuilt {
        // A computed column that becomes an ordinary one keeps the values it had.
        let columns = old.columns.iter().filter(|column| {
            !column.generated || new.column(&column.name).is_some_and(|one| !one.generated)
        });
        out.push(put_aside(
            old,
            ident_list(columns.map(|one| one.name.as_str())),
        ));
    }
    for child in &children {
        out.push(put_aside(child, stored(child)));
    }
    let counters: Vec<String> = rebuilt
        .iter()
        .filter(|(old, new)| old.autoincrement && new.autoincrement)
        .map(|(_, new)| new.name.clone())
        .collect();
    for name in &counters {
        out.push(format!(
            "CREATE TABLE {} AS SELECT seq FROM sqlite_sequence WHERE name = {}",
            aside(&format!("{name}_counter")),
            literal(name)
        ));
    }
    let helpers = helpers(from, &reached);
    let helper_name = |helper: &Helper<'_>| {
        aside(&format!(
            "{}_{}",
            helper.table.name,
            helper.columns.join("_")
        ))
    };
    let helper_sql = |helper: &Helper<'_>| {
        let (name, table) = (helper_name(helper), ident(&helper.table.name));
        let columns = ident_list(helper.columns.iter().map(String::as_str));
        format!("CREATE INDEX {name} ON {table} ({columns})")
    };
    out.extend(helpers.iter().map(helper_sql));
    let order: Vec<&Table> = seed::parents_first(from)
        .into_iter()
        .filter(|table| reached.iter().any(|name| same(name, &table.name)))
        .collect();
    for (place, table) in order.iter().enumerate() {
        out.extend(loosen(table, order.get(place..).unwrap_or_default(), from));
    }
    for child in order.iter().rev() {
        if children.iter().any(|one| same(&one.name, &child.name)) {
            out.push(format!("DELETE FROM {}", ident(&child.name)));
        }
    }
    for (old, _) in rebuilt.iter().rev() {
        out.push(format!("DROP TABLE {}", ident(&old.name)));
    }
    for (_, new) in &rebuilt {
        out.extend(to.find(Kind::Table, &new.name).map(|object| object.print()));
    }
    for (_, new) in &rebuilt {
        // Now, not with the other indexes: a foreign key may need it while rows are put back.
        let unique = to.of(Kind::Index).filter(|index| {
            same(&index.table, &new.name) && index.spelling.starts_with("create unique ")
        });
        out.extend(unique.map(|index| index.print()));
    }
    let is_new = |helper: &&Helper<'_>| {
        rebuilt
            .iter()
            .any(|(old, _)| same(&old.name, &helper.table.name))
    };
    let has_columns = |helper: &&Helper<'_>| {
        let new = to.table(&helper.table.name);
        helper
            .columns
            .iter()
            .all(|name| new.is_some_and(|table| table.column(name).is_some()))
    };
    // Those of rebuilt tables went with them.
    let again: Vec<&Helper<'_>> = helpers.iter().filter(is_new).filter(has_columns).collect();
    out.extend(again.iter().map(|helper| helper_sql(helper)));
    for (old, new) in &rebuilt {
        out.extend(copy_back(old, new, &aside(&old.name)));
    }
    for child in &children {
        out.push(format!(
            "INSERT INTO {} ({1}) SELECT {1} FROM {2}",
            ident(&child.name),
            stored(child),
            aside(&child.name)
        ));
    }
    for name in &counters {
        out.push(format!(
            "DELETE FROM sqlite_sequence WHERE name = {}",
            literal(name)
        ));
        out.push(format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {}, seq FROM {}",
            literal(name),
            aside(&format!("{name}_counter"))
        ));
    }
    let left = helpers.iter().filter(|helper| !is_new(helper)).chain(again);
    out.extend(left.map(|helper| format!("DROP INDEX {}", helper_name(helper))));
    let tables = rebuilt.iter().map(|(old, _)| old.name.clone());
    let children = children.iter().map(|child| child.name.clone());
    let counters = counters.iter().map(|name| format!("{name}_counter"));
    for name in tables.chain(children).chain(counters) {
        out.push(format!("DROP TABLE {}", aside(&name)));
    }
    out
}

/// An index that is there only during the rebuild.
struct Helper<'a> {
    table: &'a Table,
    columns: &'a [String],
}

/// Indexes for references to reached tables, from tables that keep their rows meanwhile and from a table to itself.
fn helpers<'a>(schema: &'a Schema, reached: &[String]) -> Vec<Helper<'a>> {
    let is_reached = |name: &str| reached.iter().any(|one| same(one, name));
    let mut out: Vec<Helper<'a>> = Vec::new();
    for table in schema.tables() {
        for key in &table.foreign_keys {
            let is_itself = same(&key.parent, &table.name);
            let is_searched = is_reached(&key.parent) && (is_itself || !is_reached(&table.name));
            let is_known = out
                .iter()
                .any(|one| same(&one.table.name, &table.name) && one.columns == key.from);
            if is_searched && !is_known && !table.is_indexed(&key.from) {
                out.push(Helper {
                    table,
                    columns: &key.from,
                });
            }
        }
    }
    out
}

/// Takes a table's rows, which are put aside, out of cycles: references to itself or to a table behind it.
fn loosen(table: &Table, behind: &[&Table], schema: &Schema) -> Option<String> {
    let mut sets: Vec<String> = Vec::new();
    for key in &table.foreign_keys {
        let is_cycle = behind.iter().any(|one| same(&one.name, &key.parent));
        if !is_cycle || !key.is_destructive_on_delete() {
            continue;
        }
        let is_nullable = |name: &String| table.column(name).is_some_and(Column::takes_null);
        if key.from.iter().all(is_nullable) {
            sets.extend(
                key.from
                    .iter()
                    .map(|name| format!("{} = NULL", ident(name))),
            );
        } else if same(&key.parent, &table.name) {
            // A row that refers to itself goes alone.
            let targets = schema.key_columns(key);
            let pairs = key.from.iter().zip(&targets);
            sets.extend(pairs.map(|(name, to)| format!("{} = {}", ident(name), ident(to))));
        }
    }
    sets.dedup();
    (!sets.is_empty()).then(|| format!("UPDATE {} SET {}", ident(&table.name), sets.join(", ")))
}

/// The tables whose rows dropping `names` can change, themselves included.
pub fn reached(schema: &Schema, names: &[String]) -> Vec<String> {
    // Whether a table's keys can be updated (SET NULL, SET DEFAULT) and not only deleted.
    let mut all: Vec<(String, bool)> = names.iter().map(|name| (name.clone(), false)).collect();
    let mut at = 0;
    while let Some((parent, is_updated)) = all.get(at).cloned() {
        for (child, key) in schema.children(&parent) {
            let is_reached =
                key.is_destructive_on_delete() || (is_updated && key.is_destructive_on_update());
            if !is_reached {
                continue;
            }
            let updates = !same(&key.on_delete, "cascade") || is_updated;
            match all.iter_mut().find(|(name, _)| same(name, &child.name)) {
                None => all.push((child.name.clone(), updates)),
                Some((_, known)) if updates && !*known => {
                    *known = true;
                    // Its own children have to be looked at again.
                    at = 0;
                }
                Some(_) => {}
            }
        }
        at += 1;
    }
    all.into_iter().map(|(name, _)| name).collect()
}

/// The name under which a table's rows are put aside: one that neither schema has.
fn aside(from: &Schema, to: &Schema, table: &str) -> String {
    let mut name = format!("{table}_aside");
    let taken = |name: &str| {
        [from, to]
            .iter()
            .any(|schema| schema.objects.iter().any(|one| same(&one.name, name)))
    };
    while taken(&name) {
        name.push('_');
    }
    ident(&name)
}

fn stored(table: &Table) -> String {
    ident_list(table.stored().map(|column| column.name.as_str()))
}

/// Puts the rows of the old table into the new one; `None` when they share no column.
fn copy_back(old: &Table, new: &Table, aside: &str) -> Option<String> {
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for column in new.stored() {
        let Some(before) = old.column(&column.name) else {
            continue;
        };
        let name = ident(&column.name);
        let is_new_not_null = column.not_null && !before.not_null;
        values.push(match default_of(&column.definition) {
            Some(default) if is_new_not_null && column.has_default => {
                format!("coalesce({name}, {default})")
            }
            _ => name.clone(),
        });
        columns.push(name);
    }
    if columns.is_empty() {
        // Nothing in common: there is nothing to carry over, and the plan names every column as lost.
        return None;
    }
    Some(format!(
        "INSERT INTO {} ({}) SELECT {} FROM {aside}",
        ident(&new.name),
        columns.join(", "),
        values.join(", ")
    ))
}

/// The expression behind DEFAULT in a column's definition.
fn default_of(definition: &str) -> Option<String> {
    use crate::sql::lex::{Token, tokens};
    let useful: Vec<Token<'_>> = tokens(definition)
        .into_iter()
        .filter(Token::is_useful)
        .collect();
    let at = useful.iter().position(|token| token.is("default"))?;
    let first = useful.get(at + 1)?;
    let mut end = first.end();
    if matches!(first.text, "+" | "-") {
        end = useful.get(at + 2)?.end();
    }
    if first.text == "(" {
        let mut depth = 0_usize;
        for token in useful.iter().skip(at + 1) {
            match token.text {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                end = token.end();
                break;
            }
        }
    } else {
        // A number such as 1.5, or a blob literal: tokens that touch.
        for token in &useful {
            if token.start == end {
                end = token.end();
            }
        }
    }
    definition.get(first.start..end).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::default_of;

    #[test]
    fn default_is_read_whole() {
        let of = |definition| default_of(definition).unwrap_or_default();
        assert_eq!(of("TEXT NOT NULL DEFAULT '' CHECK (1)"), "''");
        assert_eq!(of("REAL DEFAULT -1.5 NOT NULL"), "-1.5");
        assert_eq!(
            of("TEXT DEFAULT (strftime('%Y', 'now')) NOT NULL"),
            "(strftime('%Y', 'now'))"
        );
        assert_eq!(of("TEXT"), "");
    }
}
