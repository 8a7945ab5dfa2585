//! FK303 to FK306: forms of rebuild that lose something. FK301 and FK302 come out of the replay.

use super::{Finding, RenameRebuild, Step, rename_rebuilds};
use crate::codes;
use crate::file::Section;
use crate::schema::Kind;
use crate::sql::name::{mentions, same};
use crate::sql::shape::Shape;

/// Looks at one migration between two schemas.
pub fn check(step: &Step<'_>, findings: &mut Vec<Finding>) {
    switched_off(step, findings);
    renamed_first(step, findings);
    for rebuild in rename_rebuilds(step.migration) {
        self_reference(step, &rebuild, findings);
        dependents(step, &rebuild, findings);
    }
}

fn switched_off(step: &Step<'_>, findings: &mut Vec<Finding>) {
    let is_checked = step.migration.statements.iter().any(|one| {
        one.section == Section::Verify && mentions(&one.sql, "pragma_foreign_key_check")
    });
    for statement in &step.migration.statements {
        if let Shape::Pragma {
            name,
            value: Some(value),
        } = &statement.shape
            && name == "defer_foreign_keys"
            && ["off", "0", "false", "no"].contains(&value.as_str())
            && !is_checked
        {
            let message = "defer_foreign_keys is switched off, and VERIFY does not look at pragma_foreign_key_check";
            findings.push(Finding::at(
                codes::FK303,
                step.migration,
                statement.start,
                message,
            ));
        }
    }
}

fn renamed_first(step: &Step<'_>, findings: &mut Vec<Finding>) {
    let statements = &step.migration.statements;
    for (index, statement) in statements.iter().enumerate() {
        let Shape::RenameTable { table, .. } = &statement.shape else {
            continue;
        };
        let is_made_again = statements.iter().skip(index + 1).any(
            |one| matches!(&one.shape, Shape::CreateTable { table: made, .. } if same(made, table)),
        );
        let child = step.before.children(table).next();
        if let Some((child, _)) = child.filter(|_| is_made_again) {
            let message = format!(
                "after this rename {} refers to the renamed table, not to the new {table}",
                child.name
            );
            findings.push(Finding::at(
                codes::FK304,
                step.migration,
                statement.start,
                message,
            ));
        }
    }
}

fn self_reference(step: &Step<'_>, rebuild: &RenameRebuild<'_>, findings: &mut Vec<Finding>) {
    for statement in &step.migration.statements {
        if let Shape::CreateTable { table, references } = &statement.shape
            && same(table, rebuild.temporary)
            && references.iter().any(|one| same(one, rebuild.table))
        {
            let message = format!(
                "{table} refers to {0}, and {0} is dropped before {table} takes its name",
                rebuild.table
            );
            findings.push(Finding::at(
                codes::FK305,
                step.migration,
                statement.start,
                message,
            ));
        }
    }
}

fn dependents(step: &Step<'_>, rebuild: &RenameRebuild<'_>, findings: &mut Vec<Finding>) {
    let table = rebuild.table;
    let mut problems = Vec::new();
    let dropped_before = |name: &str| {
        step.migration
            .statements
            .iter()
            .take_while(|one| one.start < rebuild.drop.start)
            .any(|one| one.shape == Shape::Other && mentions(&one.sql, name))
    };
    for object in &step.before.objects {
        let is_own = same(&object.table, table);
        let is_gone = step
            .after
            .is_some_and(|after| after.find(object.kind, &object.name).is_none());
        match object.kind {
            Kind::View | Kind::Trigger
                if !is_own && mentions(&object.sql, table) && !dropped_before(&object.name) =>
            {
                problems.push(format!("{} {} names it", object.kind.label(), object.name));
            }
            Kind::Index | Kind::Trigger if is_own && is_gone => {
                problems.push(format!(
                    "its {} {} is gone",
                    object.kind.label(),
                    object.name
                ));
            }
            Kind::Table
                if same(&object.name, table)
                    && object.detail.as_ref().is_some_and(|one| one.autoincrement) =>
            {
                problems.push("its AUTOINCREMENT counter starts anew".to_owned());
            }
            _ => {}
        }
    }
    if !problems.is_empty() {
        let message = format!(
            "{table} is rebuilt by drop and rename: {}",
            problems.join(", ")
        );
        findings.push(Finding::at(
            codes::FK306,
            step.migration,
            rebuild.rename.start,
            message,
        ));
    }
}
