//! The table rebuild that keeps children's rows under every foreign-key action.
//!
//! DROP TABLE deletes the table's rows first and fires ON DELETE in its children, whatever the pragmas say. So the
//! rows of the table and of every table that such an action can reach are put aside, the table is dropped and made
//! again under its own name, and all rows are put back, each under its rowid: an FTS5 table, for one, names rows by it.
//! Foreign keys are deferred to the end of the transaction, where real orphans still fail.
//!
//! Children are emptied before the drop, the furthest first, and references within a cycle are loosened before that:
//! otherwise a chain of rows longer than D1's limit of nested triggers makes the drop fail. Every row that is deleted
//! or put back makes `SQLite` search the tables that refer to it: those that keep rows get an index for the time being.

use crate::replay::seed;
use crate::schema::{Column, Kind, Object, Schema, Table};
use crate::sql::name::{ident, ident_list, literal, same};

/// Statements that rebuild the tables `names` of `from` as they are in `to`. Triggers of [`reached`] tables must be
/// gone, indexes and triggers of the rebuilt tables are gone afterwards, but unique indexes of `to` are there. The `new`
/// tables are created and the `gone` ones dropped on the way: what refers to them, or they to, is without rows then.
pub fn statements(
    from: &Schema,
    to: &Schema,
    names: &[String],
    new: &[&Object],
    gone: &[String],
    order: Order,
) -> Vec<String> {
    let rebuild = Rebuild::new(from, to, names, gone);
    phases(&rebuild, new, order)
}

/// [`statements`] of one table whose rows are put back by a statement of somebody else's, which `copy` makes of the
/// name of the table where they are put aside.
pub fn statements_with(
    from: &Schema,
    to: &Schema,
    name: &str,
    copy: impl Fn(&str) -> Vec<String>,
) -> Vec<String> {
    let names = [name.to_owned()];
    let mut rebuild = Rebuild::new(from, to, &names, &[]);
    rebuild.copies = copy(&rebuild.aside(name));
    let order = Order::of(true, false);
    phases(&rebuild, &[], order)
}

fn phases(rebuild: &Rebuild<'_>, new: &[&Object], order: Order) -> Vec<String> {
    let new: Vec<String> = new.iter().flat_map(|table| rebuild.create(table)).collect();
    let (first, then) = if order.is_new_first {
        (new, Vec::new())
    } else {
        (Vec::new(), new)
    };
    let phases = [
        first,
        rebuild.put_aside(),
        rebuild.create_helpers(),
        rebuild.empty_children(),
        rebuild.recreate(order),
        rebuild.drop_gone(),
        then,
        rebuild.put_back(),
        rebuild.clear_away(),
    ];
    phases.concat()
}

/// When tables are created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// A dropped table is created again before the next is dropped, so that a child that stays meets no missing parent.
    /// Otherwise after the last is dropped, so that a child that is rebuilt meets no parent without its new key.
    is_in_turn: bool,
    /// New tables are created before all others, for children that are rebuilt; otherwise after them, for parents.
    is_new_first: bool,
}

impl Order {
    /// In the order in which they are tried.
    pub const ALL: [Self; 4] = [
        Self::of(true, false),
        Self::of(false, false),
        Self::of(true, true),
        Self::of(false, true),
    ];

    const fn of(is_in_turn: bool, is_new_first: bool) -> Self {
        Self {
            is_in_turn,
            is_new_first,
        }
    }
}

/// A rebuild: what it is about. Each phase gives its statements.
struct Rebuild<'a> {
    from: &'a Schema,
    to: &'a Schema,
    /// The tables as they were and as they will be.
    rebuilt: Vec<(&'a Table, &'a Table)>,
    /// The other tables whose rows have to be put aside.
    children: Vec<&'a Table>,
    /// Rebuilt and other tables, parents first.
    order: Vec<&'a Table>,
    /// Rebuilt tables that keep their AUTOINCREMENT counter.
    counters: Vec<&'a str>,
    /// Tables that are dropped for good, children first.
    gone: &'a [String],
    helpers: Vec<Helper<'a>>,
    /// Statements that put the rows of the only rebuilt table back, when they are not to be made here.
    copies: Vec<String>,
}

impl<'a> Rebuild<'a> {
    fn new(from: &'a Schema, to: &'a Schema, names: &[String], gone: &'a [String]) -> Self {
        let reached = reached(from, names);
        let is_in = |list: &[String], name: &str| list.iter().any(|one| same(one, name));
        let rebuilt: Vec<(&Table, &Table)> = names
            .iter()
            .filter_map(|name| Some((from.table(name)?, to.table(name)?)))
            .collect();
        let children = reached
            .iter()
            .filter(|name| !is_in(names, name) && !is_in(gone, name))
            .filter_map(|name| from.table(name))
            .collect();
        let order = seed::parents_first(from)
            .into_iter()
            .filter(|table| is_in(&reached, &table.name))
            .collect();
        let counters = rebuilt
            .iter()
            .filter(|(old, new)| old.autoincrement && new.autoincrement)
            .map(|(_, new)| new.name.as_str())
            .collect();
        Self {
            from,
            to,
            rebuilt,
            children,
            order,
            counters,
            gone,
            helpers: helpers(from, &reached),
            copies: Vec::new(),
        }
    }

    /// The name under which a table's rows are put aside: one that neither schema has.
    fn aside(&self, table: &str) -> String {
        let mut name = format!("{table}_aside");
        let taken = |name: &str| {
            [self.from, self.to]
                .iter()
                .any(|schema| schema.objects.iter().any(|one| same(&one.name, name)))
        };
        while taken(&name) {
            name.push('_');
        }
        ident(&name)
    }

    fn counter_aside(&self, table: &str) -> String {
        self.aside(&format!("{table}_counter"))
    }

    /// Copies the rows of all tables concerned, and the counters.
    fn put_aside(&self) -> Vec<String> {
        let copy = |old: &Table, new: &Table, columns: Vec<&Column>| {
            let (aside, name) = (self.aside(&old.name), ident(&old.name));
            let rowid = Rowid::of(old, new).map(|one| format!("{} AS {}", one.from, one.aside));
            let columns: Vec<String> = rowid
                .into_iter()
                .chain(columns.into_iter().map(|column| ident(&column.name)))
                .collect();
            // Without a common column there is nothing to carry over, but a table has to have one.
            let columns = if columns.is_empty() {
                "1".to_owned()
            } else {
                columns.join(", ")
            };
            format!("CREATE TABLE {aside} AS SELECT {columns} FROM {name}")
        };
        let rebuilt = self.rebuilt.iter().map(|(old, new)| {
            let columns = if self.copies.is_empty() {
                kept(old, new).collect()
            } else {
                old.columns.iter().collect()
            };
            copy(old, new, columns)
        });
        let children = self
            .children
            .iter()
            .map(|child| copy(child, child, child.stored().collect()));
        let counters = self.counters.iter().map(|name| {
            format!(
                "CREATE TABLE {} AS SELECT seq FROM sqlite_sequence WHERE name = {}",
                self.counter_aside(name),
                literal(name)
            )
        });
        rebuilt.chain(children).chain(counters).collect()
    }

    fn create_helpers(&self) -> Vec<String> {
        let helpers = self.helpers.iter();
        helpers.map(|helper| self.helper_sql(helper)).collect()
    }

    fn helper_name(&self, helper: &Helper<'_>) -> String {
        let columns = helper.columns.join("_");
        self.aside(&format!("{}_{columns}", helper.table.name))
    }

    fn helper_sql(&self, helper: &Helper<'_>) -> String {
        let (name, table) = (self.helper_name(helper), ident(&helper.table.name));
        let columns = ident_list(helper.columns.iter().map(String::as_str));
        format!("CREATE INDEX {name} ON {table} ({columns})")
    }

    /// Deletes the rows of the children, the furthest first, so that the drop fires nothing.
    fn empty_children(&self) -> Vec<String> {
        let loosened = self.order.iter().enumerate().filter_map(|(place, table)| {
            let behind = self.order.get(place..).unwrap_or_default();
            loosen(table, behind, self.from)
        });
        let is_child = |table: &Table| {
            let children = self.children.iter().map(|one| one.name.as_str());
            children
                .chain(self.gone.iter().map(String::as_str))
                .any(|name| same(name, &table.name))
        };
        let emptied = self
            .order
            .iter()
            .rev()
            .filter(|table| is_child(table))
            .map(|table| format!("DELETE FROM {}", ident(&table.name)));
        loosened.chain(emptied).collect()
    }

    /// Drops the tables, children first, and creates them again, with what has to be there before their rows.
    fn recreate(&self, order: Order) -> Vec<String> {
        let drop = |old: &Table| format!("DROP TABLE {}", ident(&old.name));
        let children_first = self.rebuilt.iter().rev();
        if order.is_in_turn {
            return children_first
                .flat_map(|(old, new)| {
                    let mut out = vec![drop(old)];
                    out.extend(self.recreated(new));
                    out
                })
                .collect();
        }
        children_first
            .map(|(old, _)| drop(old))
            .chain(self.rebuilt.iter().flat_map(|(_, new)| self.recreated(new)))
            .collect()
    }

    fn recreated(&self, new: &Table) -> Vec<String> {
        let table = self.to.find(Kind::Table, &new.name);
        table.map(|table| self.create(table)).unwrap_or_default()
    }

    fn create(&self, new: &Object) -> Vec<String> {
        // Now, not with the other indexes: a foreign key may need it while rows are put back.
        let unique = self.to.of(Kind::Index).filter(|index| {
            same(&index.table, &new.name) && index.spelling.starts_with("create unique ")
        });
        let again = self
            .helpers
            .iter()
            .filter(|one| same(&one.table.name, &new.name) && self.is_made_again(one));
        std::iter::once(new)
            .chain(unique)
            .map(Object::print)
            .chain(again.map(|helper| self.helper_sql(helper)))
            .collect()
    }

    fn drop_gone(&self) -> Vec<String> {
        let names = self.gone.iter();
        names
            .map(|name| format!("DROP TABLE {}", ident(name)))
            .collect()
    }

    /// Whether a helper goes with its table.
    fn is_dropped(&self, helper: &Helper<'_>) -> bool {
        let rebuilt = self.rebuilt.iter().map(|(old, _)| old.name.as_str());
        rebuilt
            .chain(self.gone.iter().map(String::as_str))
            .any(|name| same(name, &helper.table.name))
    }

    /// Whether a helper goes with its table, and the new table has its columns, too.
    fn is_made_again(&self, helper: &Helper<'_>) -> bool {
        let new = self.to.table(&helper.table.name);
        let mut columns = helper.columns.iter();
        self.is_dropped(helper)
            && columns.all(|name| new.is_some_and(|table| table.column(name).is_some()))
    }

    /// Copies the rows and the counters back.
    fn put_back(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (old, new) in &self.rebuilt {
            if self.copies.is_empty() {
                out.extend(copy_back(old, new, &self.aside(&old.name)));
            }
        }
        out.extend(self.copies.iter().cloned());
        for child in &self.children {
            out.extend(copy_back(child, child, &self.aside(&child.name)));
        }
        for name in &self.counters {
            out.push(format!(
                "DELETE FROM sqlite_sequence WHERE name = {}",
                literal(name)
            ));
            out.push(format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {}, seq FROM {}",
                literal(name),
                self.counter_aside(name)
            ));
        }
        out
    }

    /// Drops what was there only for the time being.
    fn clear_away(&self) -> Vec<String> {
        let kept = self.helpers.iter().filter(|one| !self.is_dropped(one));
        let again = self.helpers.iter().filter(|one| self.is_made_again(one));
        let helpers = kept
            .chain(again)
            .map(|helper| format!("DROP INDEX {}", self.helper_name(helper)));
        let rebuilt = self.rebuilt.iter().map(|(old, _)| self.aside(&old.name));
        let children = self.children.iter().map(|child| self.aside(&child.name));
        let counters = self.counters.iter().map(|name| self.counter_aside(name));
        let tables = rebuilt
            .chain(children)
            .chain(counters)
            .map(|name| format!("DROP TABLE {name}"));
        helpers.chain(tables).collect()
    }
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

/// How the rowids of a table get into its new form.
pub struct Rowid {
    /// The name of the rowid in the old table.
    from: String,
    /// Its column in the table where rows are put aside.
    pub aside: String,
    /// The name of the rowid in the new table.
    pub to: String,
}

impl Rowid {
    /// `None` without a rowid on either side, and where a common column is the rowid, which is carried as a column.
    pub fn of(old: &Table, new: &Table) -> Option<Self> {
        let (from, to) = (old.rowid_name()?, new.rowid_name()?);
        let alias = new.rowid_alias.as_ref();
        if alias.is_some_and(|alias| old.column(alias).is_some()) {
            return None;
        }
        let mut aside = "rowid_aside".to_owned();
        while old.column(&aside).is_some() {
            aside.push('_');
        }
        Some(Self {
            from: ident(&from),
            aside: ident(&aside),
            to: ident(&to),
        })
    }
}

/// The columns of the old table that the new one stores. A computed column that becomes an ordinary one keeps the
/// values it had.
fn kept<'a>(old: &'a Table, new: &'a Table) -> impl Iterator<Item = &'a Column> {
    old.columns
        .iter()
        .filter(|column| new.column(&column.name).is_some_and(|one| !one.generated))
}

/// Puts the rows of the old table into the new one; `None` when they share no column.
fn copy_back(old: &Table, new: &Table, aside: &str) -> Option<String> {
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for before in kept(old, new) {
        let Some(column) = new.column(&before.name) else {
            continue;
        };
        let name = ident(&column.name);
        let is_new_not_null = column.not_null && !before.not_null;
        values.push(match &column.default {
            Some(default) if is_new_not_null => format!("coalesce({name}, {default})"),
            _ => name.clone(),
        });
        columns.push(name);
    }
    if columns.is_empty() {
        // Nothing in common: there is nothing to carry over, and the plan names every column as lost.
        return None;
    }
    if let Some(rowid) = Rowid::of(old, new) {
        columns.insert(0, rowid.to);
        values.insert(0, rowid.aside);
    }
    Some(format!(
        "INSERT INTO {} ({}) SELECT {} FROM {aside}",
        ident(&new.name),
        columns.join(", "),
        values.join(", ")
    ))
}
