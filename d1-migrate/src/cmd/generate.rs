//! `db generate`: the next migration, from what migrations/ builds to schema.sql.

use d1_sim::Simulator;

use crate::ask;
use crate::checksum::Seal;
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
use crate::target::Target;
use crate::template::{self, Parts};
use crate::validate;

use super::estimate;
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

/// Writes the file, in place of the last one where that is wanted.
pub fn run(project: &Project, args: &Args, yes: bool) -> Result<Exit, Error> {
    let template = template::read(&project.database.migrations_dir)?;
    if args.empty {
        let text = template::fill(&template, &Parts::default())?;
        return write(project, &file_name(project, &args.name, None)?, &text);
    }
    let local = Target::new(project, true, false);
    let replaced = replaced(&local, &template, args, yes)?;
    let is_kept = |one: &Migration| replaced.is_none_or(|old| old.name != one.name);
    let file_name = file_name(project, &args.name, replaced)?;
    let choice = Choice {
        given: &args.rename,
        yes,
    };
    let Some(made) = make(project, &is_kept, &choice)? else {
        report::talk("nothing to do: migrations/ already builds schema.sql");
        return Ok(Exit::Ok);
    };
    let text = made.fill(&template)?;
    notes(&made.up);
    if !made.up.rebuilt.is_empty() {
        let file = Migration::parse(&file_name, &text);
        estimate::tell_rebuild(&local, &file)?;
        ask::confirm_if_asked("write a file with this rebuild?", yes)?;
    }
    let exit = write(project, &file_name, &text)?;
    if let Some(old) = replaced.filter(|old| old.name != file_name) {
        remove(project, old)?;
    }
    let mut migrations = project.migrations.clone();
    migrations.retain(is_kept);
    migrations.push(Migration::parse(&file_name, &text));
    advise(project, &migrations, &file_name)?;
    Ok(exit)
}

/// The last file, if it is to be written anew: nobody has edited it, no database is known to have it, and
/// the user prefers that to another file.
fn replaced<'a>(
    local: &Target<'a>,
    template: &str,
    args: &Args,
    yes: bool,
) -> Result<Option<&'a Migration>, Error> {
    let project = local.project;
    let Some(last) = unapplied(local)? else {
        return Ok(None);
    };
    // Such a name may be one that only the last file makes.
    let has_renames = args.rename.iter().any(|one| *one != Given::NothingElse);
    let before = |one: &Migration| one.name != last.name;
    let is_needed = !project.built(|_| true)?.same_as(&project.wanted()?)
        && !project.built(before)?.same_as(&project.wanted()?);
    if has_renames || !is_needed || !is_as_generated(project, template, last)? {
        return Ok(None);
    }
    let name = &last.name;
    let is_wanted = if yes {
        report::talk(&format!(
            "note: {name} is in no database yet and is replaced"
        ));
        true
    } else if ask::is_terminal() {
        let choices = vec![
            format!("replace {name} by one file with all changes"),
            "write another file after it".to_owned(),
        ];
        ask::choose(&format!("{name} is in no database yet."), choices)? == 0
    } else {
        report::talk(&format!(
            "note: {name} is in no database yet; with --yes it is replaced by one file with all changes"
        ));
        false
    };
    Ok(is_wanted.then_some(last))
}

/// The last file, if it is neither sealed nor in the local database. `migrate` seals what it has applied to any.
fn unapplied<'a>(local: &Target<'a>) -> Result<Option<&'a Migration>, Error> {
    let project = local.project;
    let (Some(last), Some(Seal::New)) = (project.migrations.last(), project.checksums.seals.last())
    else {
        return Ok(None);
    };
    let is_applied = Target::is_applied(&local.applied()?, last);
    // Files without a number come last.
    Ok((last.number.is_some() && !is_applied).then_some(last))
}

/// Whether the file is what `generate` writes without renames, so that writing it again loses nothing.
fn is_as_generated(project: &Project, template: &str, file: &Migration) -> Result<bool, Error> {
    let ledger = &project.database.ledger;
    let from = project.built(|one| one.name != file.name)?;
    let to = project.built(|_| true)?;
    let work = Simulator::from_schema(in_order(&from))?;
    // A plan that fails is none of this file.
    let made = plan::make(&work, &to, &[], ledger).and_then(|up| {
        let down = plan::make(&work, &from, &[], ledger)?;
        Ok(Made { up, down })
    });
    Ok(match made {
        Ok(made) => made.fill(template)? == file.text.replace("\r\n", "\n"),
        Err(_) => false,
    })
}

fn remove(project: &Project, old: &Migration) -> Result<(), Error> {
    let dir = &project.database.migrations_dir;
    let path = dir.join(&old.name);
    // A folder of its own goes with it when nothing else is in it.
    if let Some(own) = path.parent().filter(|own| own != dir) {
        std::fs::remove_file(&path).map_err(|source| Error::Write {
            path: path.clone(),
            source,
        })?;
        let _ = std::fs::remove_dir(own);
        return Ok(());
    }
    std::fs::remove_file(&path).map_err(|source| Error::Write { path, source })
}

/// The name of the next file: in a folder of its own where the configuration's pattern says so.
fn file_name(
    project: &Project,
    title: &str,
    replaced: Option<&Migration>,
) -> Result<String, Error> {
    let last = project.migrations.iter().filter_map(|one| one.number).max();
    let next = || last.unwrap_or(0).checked_add(1);
    let number = replaced.map_or_else(next, |old| old.number);
    let number = number.ok_or_else(|| {
        Error::Refused("the last migration has the highest number that there is".to_owned())
    })?;
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

impl Made {
    /// The text of the file.
    fn fill(&self, template: &str) -> Result<String, Error> {
        let mut up = self.up.statements.iter();
        let verify: Vec<String> = up
            .any(|one| one.starts_with("PRAGMA defer_foreign_keys"))
            .then(|| NO_DANGLING.to_owned())
            .into_iter()
            .collect();
        template::fill(
            template,
            &Parts {
                up: &self.up.statements,
                verify: &verify,
                down: &self.down.statements,
            },
        )
    }
}

/// Plans both ways from the migrations that `want` selects; `None` when there is no difference.
fn make(
    project: &Project,
    want: &dyn Fn(&Migration) -> bool,
    choice: &Choice<'_>,
) -> Result<Option<Made>, Error> {
    let ledger = &project.database.ledger;
    let from = report::progress("replaying the migrations", || project.built(want))?;
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
fn advise(project: &Project, migrations: &[Migration], file_name: &str) -> Result<(), Error> {
    let findings = report::progress("checking the new file", || {
        validate::migrations(project, migrations)
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
