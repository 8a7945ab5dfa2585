//! `db generate`: the next migration, from what migrations/ builds to schema.sql.

use d1_sim::Simulator;

use crate::diff::plan::{self, Plan};
use crate::diff::rename::{Given, Rename};
use crate::error::Error;
use crate::exit::Exit;
use crate::file::{Migration, name};
use crate::program;
use crate::project::{self, Project};
use crate::report;
use crate::schema::Schema;
use crate::sql::name::same;
use crate::sql::shape::{self, Shape};
use crate::sql::split;
use crate::template::{self, Parts};
use crate::validate;

use super::renames::{self, Choice};

/// Options of `generate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the migration does, in a few words; becomes part of the file name
    name: String,
    /// A table or column that got another name: old:new, or table.old:new; `none` for no other renames
    #[arg(long, value_name = "OLD:NEW")]
    rename: Vec<Given>,
    /// Write the template only, for SQL by hand
    #[arg(long)]
    empty: bool,
}

/// Asserts that no reference dangles; written into files that rebuild or drop a table.
pub const NO_DANGLING: &str = "SELECT json_extract('{}', CASE WHEN (SELECT count(*) FROM pragma_foreign_key_check) = 0 THEN '$' ELSE 'verify: every reference finds its row' END)";

/// Writes the file.
pub fn run(project: &Project, args: &Args, yes: bool) -> Result<Exit, Error> {
    let last = project.migrations.iter().filter_map(|one| one.number).max();
    let number = last.unwrap_or(0).checked_add(1).ok_or_else(|| {
        Error::Refused("the last migration has the highest number that there is".to_owned())
    })?;
    let file_name = file_name(project, number, &args.name)?;
    let template = template::read(&project.database.migrations_dir)?;
    if args.empty {
        let nothing = Parts {
            up: &[],
            verify: &[],
            down: &[],
        };
        return write(project, &file_name, &template::fill(&template, &nothing)?);
    }
    let choice = Choice {
        given: &args.rename,
        yes,
    };
    let Some(made) = make(project, &choice)? else {
        report::talk("nothing to do: migrations/ already builds schema.sql");
        return Ok(Exit::Ok);
    };
    let verify: Vec<String> = made
        .up
        .statements
        .iter()
        .any(|one| one.starts_with("PRAGMA defer_foreign_keys"))
        .then(|| NO_DANGLING.to_owned())
        .into_iter()
        .collect();
    let text = template::fill(
        &template,
        &Parts {
            up: &made.up.statements,
            verify: &verify,
            down: &made.down.statements,
        },
    )?;
    notes(&made.up);
    let exit = write(project, &file_name, &text)?;
    advise(project, &file_name, &text)?;
    Ok(exit)
}

/// The name of the next file: in a folder of its own where the configuration's pattern says so.
fn file_name(project: &Project, number: u64, title: &str) -> Result<String, Error> {
    let flat = name::build(number, title);
    if !name::is_well_formed(&flat) {
        return Err(Error::BadTitle {
            title: title.to_owned(),
        });
    }
    let Some(pattern) = &project.database.pattern else {
        return Ok(flat);
    };
    if matches!(pattern.as_str(), "*.sql" | "**/*.sql") {
        return Ok(flat);
    }
    let stem = flat.strip_suffix(".sql").unwrap_or(&flat);
    match pattern.strip_prefix("*/") {
        Some(rest) if !rest.contains(['*', '?', '[', '{', '/']) => Ok(format!("{stem}/{rest}")),
        _ => Err(Error::Hinted {
            message: format!(
                "migrations_pattern `{pattern}` does not say where a new file belongs"
            ),
            hint: "use `*.sql` or `*/migration.sql` in it".to_owned(),
        }),
    }
}

struct Made {
    up: Plan,
    down: Plan,
}

/// Plans both ways; `None` when there is no difference.
fn make(project: &Project, choice: &Choice<'_>) -> Result<Option<Made>, Error> {
    let ledger = &project.database.ledger;
    let from = report::progress("replaying the migrations", || project.built(|_| true))?;
    let to = project.wanted()?;
    refuse_dangling(project.schema_text()?, &to)?;
    let is_renamed = choice
        .given
        .iter()
        .any(|one| matches!(one, Given::Rename(_)));
    if from.same_as(&to) && !is_renamed {
        return Ok(None);
    }
    // The schema only: rows that migrations put in are no help here.
    let work = Simulator::from_schema(in_order(&from))?;
    // It may ask, so nothing else may write to the terminal meanwhile.
    let renames = renames::decide(&work, &to, ledger, choice)?;
    let back: Vec<Rename> = renames.iter().rev().map(Rename::reversed).collect();
    report::progress("comparing the schemas", || {
        let up = plan::make(&work, &to, &renames, ledger)?;
        let down = plan::make(&work, &from, &back, ledger)?;
        Ok(Some(Made { up, down }))
    })
}

/// CREATE statements in the order of creation.
fn in_order(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.objects.iter().map(|one| one.sql.as_str())
}

/// Refuses a schema.sql with a reference to a table that it does not have.
pub fn refuse_dangling(schema_sql: &str, to: &Schema) -> Result<(), Error> {
    for table in to.tables() {
        if let Some(key) = table
            .foreign_keys
            .iter()
            .find(|key| to.table(&key.parent).is_none())
        {
            return Err(Error::SchemaFile {
                line: line_that_creates(schema_sql, &table.name),
                message: format!(
                    "{} refers to {}, which is not there",
                    table.name, key.parent
                ),
            });
        }
    }
    Ok(())
}

/// One-based line of the CREATE TABLE of a table.
fn line_that_creates(schema_sql: &str, name: &str) -> usize {
    let start = split::statements(schema_sql)
        .into_iter()
        .find(|one| matches!(shape::of(&one.sql), Shape::CreateTable { table, .. } if same(&table, name)))
        .map_or(0, |one| one.start);
    let before = schema_sql.get(..start).unwrap_or_default();
    before.matches('\n').count() + 1
}

fn notes(plan: &Plan) {
    for table in &plan.rebuilt {
        report::talk(&format!(
            "note: {table} is rebuilt, which writes each of its rows twice; a new column at the end of the table needs no rebuild"
        ));
    }
    for lost in &plan.lost {
        report::talk(&format!("note: {lost} is dropped with what is in it"));
    }
    for column in &plan.computed {
        report::talk(&format!(
            "note: {column} becomes a computed column, and the values stored in it are lost"
        ));
    }
}

fn write(project: &Project, file_name: &str, text: &str) -> Result<Exit, Error> {
    let path = project.database.migrations_dir.join(file_name);
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(|source| Error::Write {
            path: dir.to_owned(),
            source,
        })?;
    }
    project::write(&path, text)?;
    let shown = path.strip_prefix(&project.config.root).unwrap_or(&path);
    report::data(&shown.display().to_string())?;
    Ok(Exit::Ok)
}

/// What `validate` will say about the new file.
fn advise(project: &Project, file_name: &str, text: &str) -> Result<(), Error> {
    let mut migrations = project.migrations.clone();
    migrations.push(Migration::parse(file_name, text));
    let findings = report::progress("checking the new file", || {
        validate::migrations(project, &migrations)
    })?;
    let own: Vec<_> = findings
        .iter()
        .filter(|one| one.file == file_name && one.code != "T106")
        .collect();
    for finding in &own {
        report::talk(&format!(
            "look at {} line {}: {} {}",
            finding.file, finding.line, finding.code, finding.message
        ));
    }
    report::talk(&format!(
        "next: read the file, then {}",
        program::call("migrate")
    ));
    Ok(())
}
