//! The statements that lead from one schema to another.
//!
//! What ALTER TABLE can do is not modelled here but tried: on a copy with rows in it. What fails there, or leads to
//! another table than wanted, becomes a rebuild.

use d1_sim::D1;

use super::rebuild::{self, Order};
use super::rename::Rename;
use super::text_diff;
use crate::error::Error;
use crate::replay::seed;
use crate::schema::{self, Kind, Object, Schema, print};
use crate::sql::name::{ident, mentions, same};

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
pub fn make(database: &D1, to: &Schema, renames: &[Rename], ledger: &str) -> Result<Plan, Error> {
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
    database: &'a D1,
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
        for table in to.of(Kind::Table) {
            if from.find(Kind::Table, &table.name).is_none() {
                self.emit(table.print())?;
            }
        }
        for statement in steps.alters {
            self.emit(statement)?;
        }
        if !steps.rebuilds.is_empty() {
            self.rebuild(to, steps.rebuilds)?;
        }
        self.drop_tables(&steps.gone)?;
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

    fn rebuild(&mut self, to: &Schema, names: Vec<String>) -> Result<(), Error> {
        let now = self.schema()?;
        let ordered: Vec<String> = seed::parents_first(&now)
            .iter()
            .filter(|table| names.iter().any(|name| same(name, &table.name)))
            .map(|table| table.name.clone())
            .collect();
        // One transaction with deferred keys, as the migration will be.
        let together = |order| {
            let mut out = vec!["PRAGMA defer_foreign_keys = ON".to_owned()];
            out.extend(rebuild::statements(&now, to, &ordered, order));
            out
        };
        let in_turn = together(Order::InTurn);
        let copy = self.database.copy()?;
        let statements = match copy.run(in_turn.iter().map(String::as_str)) {
            Ok(()) => in_turn,
            Err(_) => together(Order::AtOnce),
        };
        let before = self.plan.statements.len();
        self.emit_all(statements)?;
        self.plan.statements.remove(before);
        self.plan.rebuilt = ordered;
        Ok(())
    }

    /// Children before parents.
    fn drop_tables(&mut self, gone: &[&Object]) -> Result<(), Error> {
        let now = self.schema()?;
        let mut order: Vec<String> = seed::parents_first(&now)
            .iter()
            .rev()
            .map(|table| table.name.clone())
            .collect();
        let virtuals = gone.iter().filter(|one| one.detail.is_none());
        order.extend(virtuals.map(|one| one.name.clone()));
        for name in order {
            if gone.iter().any(|one| same(&one.name, &name)) {
                self.emit(format!("DROP TABLE {}", ident(&name)))?;
                self.plan.lost.push(name);
            }
        }
        Ok(())
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
