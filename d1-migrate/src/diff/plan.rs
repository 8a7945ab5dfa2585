//! The statements that lead from one schema to another.
//!
//! What ALTER TABLE can do is not modelled here but tried: on a copy with rows in it. What fails there, or leads to
//! another table than wanted, becomes a rebuild.

use d1_sim::Simulator;

use super::rebuild::{self, Order};
use super::rename::Rename;
use super::text_diff;
use crate::error::Error;
use crate::replay::seed;
use crate::schema::{self, Kind, Object, Schema, print};
use crate::sql::name::{ident, mentions, same};
use crate::sql::shape::{self, Shape};

/// Statements and what a reader should know about them.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Without semicolons.
    pub statements: Vec<String>,
    /// Tables that are rebuilt.
    pub rebuilt: Vec<String>,
    /// What is dropped with its data: tables, and columns as `table.column`.
    pub lost: Vec<String>,
    /// Columns that were stored and become computed, as `table.column`: their values are replaced.
    pub computed: Vec<String>,
}

/// Plans the way from the schema of `database` to `to`, and takes `database` (which holds no rows) there.
pub fn make(
    database: &Simulator,
    to: &Schema,
    renames: &[Rename],
    ledger: &str,
) -> Result<Plan, Error> {
    let mut planner = Planner {
        database,
        ledger,
        plan: Plan::default(),
    };
    for rename in renames {
        planner.emit(rename.sql())?;
    }
    planner.correct_case(to)?;
    planner.to(to)?;
    let reached = planner.schema()?;
    if reached.same_as(to) {
        Ok(planner.plan)
    } else {
        let diff = text_diff(&print(&reached), &print(to));
        Err(Error::Refused(format!(
            "this change cannot be generated; write it by hand with --empty\n{diff}"
        )))
    }
}

struct Planner<'a> {
    database: &'a Simulator,
    ledger: &'a str,
    plan: Plan,
}

/// How a changed table gets there.
enum Way {
    Alter(Vec<String>),
    Rebuild,
}

/// What has to be done, in the order in which it is done.
struct Steps<'a> {
    /// Indexes, views and triggers to drop.
    drops: Vec<&'a Object>,
    alters: Vec<String>,
    /// Tables to rebuild.
    rebuilds: Vec<String>,
    /// Tables to drop.
    gone: Vec<&'a Object>,
}

impl Planner<'_> {
    fn schema(&self) -> Result<Schema, Error> {
        schema::read(self.database.connection(), self.ledger)
    }

    /// Adds statements that must run together. The replay checks each.
    fn emit_all(&mut self, statements: Vec<String>) -> Result<(), Error> {
        self.database
            .run(statements.iter().map(String::as_str))
            .map_err(|failure| {
                Error::Refused(format!(
                    "the generated statements fail: {}\n{}",
                    failure.message,
                    statements.join(";\n")
                ))
            })?;
        self.plan.statements.extend(statements);
        Ok(())
    }

    fn emit(&mut self, statement: String) -> Result<(), Error> {
        self.emit_all(vec![statement])
    }

    /// Renames columns that differ in letter case only: a result names its columns as the table does.
    fn correct_case(&mut self, to: &Schema) -> Result<(), Error> {
        for old in self.schema()?.tables() {
            let Some(new) = to.table(&old.name) else {
                continue;
            };
            for column in &old.columns {
                if let Some(other) = new.column(&column.name)
                    && other.name != column.name
                {
                    let rename = Rename {
                        table: Some(old.name.clone()),
                        from: column.name.clone(),
                        to: other.name.clone(),
                    };
                    self.emit(rename.sql())?;
                }
            }
        }
        Ok(())
    }

    /// Goes from the schema of the database to `to`.
    fn to(&mut self, to: &Schema) -> Result<(), Error> {
        let from = self.schema()?;
        refuse_virtual_changes(&from, to)?;
        let steps = self.steps(&from, to)?;
        if !steps.rebuilds.is_empty() || !steps.gone.is_empty() {
            // Kept apart from `emit`, where each call is a transaction of its own and this would have no effect.
            self.plan
                .statements
                .push("PRAGMA defer_foreign_keys = ON".to_owned());
        }
        for one in steps.drops {
            let kind = one.kind.label().to_uppercase();
            self.emit(format!("DROP {kind} {}", ident(&one.name)))?;
        }
        // A table that nothing refers to goes now: what it refers to may get another key.
        let (mut held, free): (Vec<&Object>, Vec<&Object>) = steps
            .gone
            .iter()
            .partition(|one| is_held(&from, one, &steps.gone));
        self.drop_tables(&free)?;
        let new: Vec<&Object> = to
            .of(Kind::Table)
            .filter(|table| from.find(Kind::Table, &table.name).is_none())
            .collect();
        if steps.rebuilds.is_empty() {
            for table in new {
                self.emit(table.print())?;
            }
            for statement in steps.alters {
                self.emit(statement)?;
            }
        } else {
            let (later, now) = split_alters(steps.alters, &steps.rebuilds);
            for statement in now {
                self.emit(statement)?;
            }
            let held = std::mem::take(&mut held);
            self.rebuild(to, steps.rebuilds, &new, &held)?;
            for statement in later {
                self.emit(statement)?;
            }
        }
        // The others go when their children no longer refer to them, or these would lose rows.
        self.drop_tables(&held)?;
        self.note_lost_columns(&from, to);
        self.create_missing(to)
    }

    /// Decides what has to be done to the objects of `from`.
    fn steps<'a>(&self, from: &'a Schema, to: &Schema) -> Result<Steps<'a>, Error> {
        let is_changed = |one: &&Object| {
            to.find(one.kind, &one.name)
                .is_some_and(|other| other.spelling != one.spelling)
        };
        let is_gone = |one: &&Object| to.find(one.kind, &one.name).is_none();
        let mut steps = Steps {
            gone: from.of(Kind::Table).filter(is_gone).collect(),
            // What is changed or gone of these goes first: it may be in the way of the tables.
            drops: from
                .objects
                .iter()
                .filter(|one| one.kind != Kind::Table && (is_changed(one) || is_gone(one)))
                .collect(),
            alters: Vec::new(),
            rebuilds: Vec::new(),
        };
        for object in from.of(Kind::Table).filter(is_changed) {
            match self.way(from, to, object, &mut steps.drops)? {
                Way::Alter(statements) => steps.alters.extend(statements),
                Way::Rebuild => steps.rebuilds.push(object.name.clone()),
            }
        }
        let reached = rebuild::reached(from, &steps.rebuilds);
        for trigger in from.of(Kind::Trigger) {
            // Rows that are put aside and back must not fire anything.
            if reached.iter().any(|name| same(name, &trigger.table)) {
                push_new(&mut steps.drops, trigger);
            }
        }
        // With a table its own indexes and triggers go.
        let (gone, rebuilds) = (&steps.gone, &steps.rebuilds);
        let goes = |name: &str| gone.iter().any(|one| same(&one.name, name));
        let is_rebuilt = |name: &str| rebuilds.iter().any(|one| same(one, name));
        steps.drops.retain(|one| match one.kind {
            Kind::Index => !goes(&one.table) && !is_rebuilt(&one.table),
            Kind::Trigger => !goes(&one.table),
            _ => true,
        });
        steps.drops.sort_by_key(|one| std::cmp::Reverse(one.kind));
        Ok(steps)
    }

    /// Whether ALTER TABLE leads there. Views and triggers that are in its way are added to `drops`.
    fn way<'a>(
        &self,
        from: &'a Schema,
        to: &Schema,
        object: &'a Object,
        drops: &mut Vec<&'a Object>,
    ) -> Result<Way, Error> {
        let (Some(old), Some(wanted)) = (&object.detail, to.find(Kind::Table, &object.name)) else {
            return Ok(Way::Rebuild);
        };
        let Some(new) = &wanted.detail else {
            return Ok(Way::Rebuild);
        };
        let table = ident(&object.name);
        let dropped = old
            .columns
            .iter()
            .filter(|column| new.column(&column.name).is_none())
            .map(|column| format!("ALTER TABLE {table} DROP COLUMN {}", ident(&column.name)));
        let added = new
            .columns
            .iter()
            .filter(|column| old.column(&column.name).is_none())
            .map(|column| {
                let definition = crate::sql::name::one_line(&column.definition);
                let line = format!(
                    "ALTER TABLE {table} ADD COLUMN {} {definition}",
                    ident(&column.name)
                );
                line.trim_end().to_owned()
            });
        let statements: Vec<String> = dropped.chain(added).collect();
        if statements.is_empty() {
            return Ok(Way::Rebuild);
        }
        let mut with_dependents = drops.clone();
        for one in dependents(from, &object.name) {
            push_new(&mut with_dependents, one);
        }
        for attempt in [drops.clone(), with_dependents] {
            if self.is_enough(&statements, &attempt, to, wanted)? {
                *drops = attempt;
                return Ok(Way::Alter(statements));
            }
        }
        Ok(Way::Rebuild)
    }

    /// Tries the statements on a copy with rows.
    fn is_enough(
        &self,
        statements: &[String],
        drops: &[&Object],
        to: &Schema,
        wanted: &Object,
    ) -> Result<bool, Error> {
        let copy = self.database.copy()?;
        let schema = schema::read(copy.connection(), self.ledger)?;
        let _ = seed::fill(copy.connection(), &schema)?;
        // ALTER TABLE demands more of a table with rows, whatever the rows are.
        if let Some(table) = schema.table(&wanted.name) {
            seed::force(copy.connection(), table)?;
        }
        let mut ordered = drops.to_vec();
        ordered.sort_by_key(|one| std::cmp::Reverse(one.kind));
        for one in ordered {
            let sql = format!("DROP {} {}", one.kind.label(), ident(&one.name));
            copy.connection().execute_batch(&sql)?;
        }
        for table in to.of(Kind::Table) {
            if schema.find(Kind::Table, &table.name).is_none()
                && copy.connection().execute_batch(&table.sql).is_err()
            {
                return Ok(false);
            }
        }
        if copy.run(statements.iter().map(String::as_str)).is_err() {
            return Ok(false);
        }
        let reached = schema::read(copy.connection(), self.ledger)?;
        Ok(reached
            .find(Kind::Table, &wanted.name)
            .is_some_and(|one| one.spelling == wanted.spelling))
    }

    fn rebuild(
        &mut self,
        to: &Schema,
        names: Vec<String>,
        new: &[&Object],
        gone: &[&Object],
    ) -> Result<(), Error> {
        let now = self.schema()?;
        let ordered: Vec<String> = seed::parents_first(&now)
            .iter()
            .filter(|table| names.iter().any(|name| same(name, &table.name)))
            .map(|table| table.name.clone())
            .collect();
        // One transaction with deferred keys, as the migration will be. In which order the tables come and go depends
        // on who refers to whom, so it is tried.
        let gone = self.children_first(gone)?;
        let mut statements = Vec::new();
        for order in Order::ALL {
            statements = vec!["PRAGMA defer_foreign_keys = ON".to_owned()];
            statements.extend(rebuild::statements(&now, to, &ordered, new, &gone, order));
            let copy = self.database.copy()?;
            if copy.run(statements.iter().map(String::as_str)).is_ok() {
                break;
            }
        }
        let before = self.plan.statements.len();
        self.emit_all(statements)?;
        self.plan.statements.remove(before);
        self.plan.rebuilt = ordered;
        self.plan.lost.extend(gone);
        Ok(())
    }

    fn drop_tables(&mut self, gone: &[&Object]) -> Result<(), Error> {
        for name in self.children_first(gone)? {
            self.emit(format!("DROP TABLE {}", ident(&name)))?;
            self.plan.lost.push(name);
        }
        Ok(())
    }

    /// The names of tables, children before parents.
    fn children_first(&self, gone: &[&Object]) -> Result<Vec<String>, Error> {
        let now = self.schema()?;
        let mut order: Vec<String> = seed::parents_first(&now)
            .iter()
            .rev()
            .map(|table| table.name.clone())
            .collect();
        let virtuals = gone.iter().filter(|one| one.detail.is_none());
        order.extend(virtuals.map(|one| one.name.clone()));
        order.retain(|name| gone.iter().any(|one| same(&one.name, name)));
        Ok(order)
    }

    fn note_lost_columns(&mut self, from: &Schema, to: &Schema) {
        for old in from.tables() {
            let Some(new) = to.table(&old.name) else {
                continue;
            };
            let lost = old
                .stored()
                .filter(|column| new.column(&column.name).is_none());
            self.plan
                .lost
                .extend(lost.map(|column| format!("{}.{}", old.name, column.name)));
            let computed = old.stored().filter(|column| {
                new.column(&column.name)
                    .is_some_and(|other| other.generated)
            });
            self.plan
                .computed
                .extend(computed.map(|column| format!("{}.{}", old.name, column.name)));
        }
    }

    fn create_missing(&mut self, to: &Schema) -> Result<(), Error> {
        let now = self.schema()?;
        for kind in [Kind::Index, Kind::View, Kind::Trigger] {
            for object in to.of(kind) {
                if now.find(kind, &object.name).is_none() {
                    self.emit(object.print())?;
                }
            }
        }
        Ok(())
    }
}

/// Splits off what has to wait for the rebuild: new references to a rebuilt table, which may not have the key they
/// refer to before, and other new columns of the same table, which keep their order.
fn split_alters(alters: Vec<String>, rebuilds: &[String]) -> (Vec<String>, Vec<String>) {
    let adds = |one: &String| shape::of(one) == Shape::AddColumn;
    let table = |one: &String| one.split(" ADD COLUMN ").next().map(ToOwned::to_owned);
    let waiting: Vec<Option<String>> = alters
        .iter()
        .filter(|one| {
            adds(one)
                && mentions(one, "references")
                && rebuilds.iter().any(|name| mentions(one, name))
        })
        .map(table)
        .collect();
    alters
        .into_iter()
        .partition(|one| adds(one) && waiting.contains(&table(one)))
}

/// Whether a table that stays refers to this one, directly or through others that go.
fn is_held(schema: &Schema, object: &Object, gone: &[&Object]) -> bool {
    let mut names = vec![object.name.clone()];
    let mut at = 0;
    while let Some(name) = names.get(at).cloned() {
        for (child, _) in schema.children(&name) {
            if !gone.iter().any(|one| same(&one.name, &child.name)) {
                return true;
            }
            if !names.iter().any(|one| same(one, &child.name)) {
                names.push(child.name.clone());
            }
        }
        at += 1;
    }
    false
}

fn push_new<'a>(list: &mut Vec<&'a Object>, object: &'a Object) {
    if !list
        .iter()
        .any(|one| one.kind == object.kind && same(&one.name, &object.name))
    {
        list.push(object);
    }
}

/// Views and triggers that name the table, or a view that does.
fn dependents<'a>(schema: &'a Schema, table: &str) -> Vec<&'a Object> {
    let mut names = vec![table.to_owned()];
    let mut out: Vec<&Object> = Vec::new();
    let mut at = 0;
    while let Some(name) = names.get(at).cloned() {
        for object in schema
            .objects
            .iter()
            .filter(|one| matches!(one.kind, Kind::View | Kind::Trigger))
        {
            if mentions(&object.sql, &name) && !out.iter().any(|one| same(&one.name, &object.name))
            {
                out.push(object);
                names.push(object.name.clone());
            }
        }
        at += 1;
    }
    out
}

fn refuse_virtual_changes(from: &Schema, to: &Schema) -> Result<(), Error> {
    let changed = from.of(Kind::Table).find(|one| {
        one.detail.is_none()
            && to
                .find(Kind::Table, &one.name)
                .is_some_and(|other| other.spelling != one.spelling)
    });
    match changed {
        None => Ok(()),
        Some(table) => Err(Error::Hinted {
            message: format!(
                "the virtual table {} has changed, and its content cannot be carried over by rule",
                table.name
            ),
            hint: "write the change by hand: generate --empty".to_owned(),
        }),
    }
}
