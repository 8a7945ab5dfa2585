//! `init`: adopts a project as it is, and says what it found.

use std::path::Path;

use crate::checksum;
use crate::error::Error;
use crate::exit::Exit;
use crate::file::folder;
use crate::program;
use crate::project::{self, Project, SCHEMA_FILE};
use crate::report;
use crate::schema::print;
use crate::target::{Applied, Target};
use crate::template;
use crate::validate;
use crate::words::counted;

use super::validate::summary;

/// Options of `init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Take schema.sql from the database instead of from what the migrations build
    #[arg(long)]
    live: bool,
}

/// Writes what is missing of schema.sql, template and checksums, and changes nothing that is there.
pub fn run(target: &Target<'_>, args: &Args) -> Result<Exit, Error> {
    let project = target.project;
    let applied = if target.exists() {
        Some(report::progress("reading the ledger", || target.applied())?)
    } else {
        None
    };
    found(target, applied.as_deref())?;
    let dir = &project.database.migrations_dir;
    std::fs::create_dir_all(dir).map_err(|source| Error::Write {
        path: dir.clone(),
        source,
    })?;
    if project.schema_sql.is_none() {
        let text = schema_text(target, args)?;
        create(project, &project.schema_path(), &text)?;
    }
    let template = dir.join(template::FILE_NAME);
    if !template.exists() {
        create(project, &template, template::DEFAULT)?;
    }
    let sums = project.checksum_path();
    if !sums.exists() && !project.migrations.is_empty() {
        let n_sealed = n_sealed(project, applied.as_deref());
        let sealed = project.migrations.get(..n_sealed).unwrap_or_default();
        create(project, &sums, &checksum::build(sealed))?;
        report::talk(&format!(
            "sealed {} of {}",
            n_sealed,
            counted(project.migrations.len(), "migration")
        ));
    }
    let checksums = project.compared_again()?;
    let findings = report::progress("checking the migrations", || {
        validate::with_checksums(project, &checksums)
    })?;
    match summary(&findings) {
        None => report::talk("checks: no findings"),
        Some(counts) => report::talk(&format!(
            "checks: {counts}; {} shows them",
            program::call("validate")
        )),
    }
    next(target, applied.as_deref())
}

/// One screen of what there is.
fn found(target: &Target<'_>, applied: Option<&[Applied]>) -> Result<(), Error> {
    let project = target.project;
    let (config, database) = (&project.config, &project.database);
    let dir = relative(project, &database.migrations_dir);
    let name = config.path.file_name().unwrap_or_default();
    report::talk(&format!("configuration: {}", name.display()));
    report::talk(&format!("database: {}", target.label()));
    let pattern = database.pattern.as_ref();
    report::talk(&format!(
        "migrations: {} in {dir}{}",
        counted(project.migrations.len(), "file"),
        pattern.map_or(String::new(), |pattern| format!(", pattern {pattern}"))
    ));
    report::talk(&match applied {
        Some(applied) => format!("ledger: {}, {} applied", database.ledger, applied.len()),
        None => format!("ledger: {}, no database to read it from", database.ledger),
    });
    let is_of_drizzle = database.migrations_dir.join("meta/_journal.json").exists()
        || project
            .migrations
            .iter()
            .any(|one| one.text.contains("--> statement-breakpoint"));
    if is_of_drizzle {
        report::talk(&format!(
            "drizzle-kit wrote these files: they are read as they are, and {} corrects a rebuild that loses rows",
            program::call("fix FILE")
        ));
    }
    let nested = "*/migration.sql";
    if project.migrations.is_empty()
        && !folder::read(&database.migrations_dir, Some(nested))?.is_empty()
    {
        report::talk(&format!(
            "note: wrangler sees no migrations, but there are some in folders: set \"migrations_pattern\": \"{dir}/{nested}\" and \"migrations_dir\": \"{dir}\" in {}",
            name.display()
        ));
    }
    Ok(())
}

fn schema_text(target: &Target<'_>, args: &Args) -> Result<String, Error> {
    let project = target.project;
    if args.live {
        if !target.exists() {
            return Err(Error::NoLocalDatabase {
                env: project.env.label().to_owned(),
            });
        }
        let live = report::progress("reading the schema", || target.schema())?;
        return Ok(print(&live));
    }
    match project.built(|_| true) {
        Ok(built) => Ok(print(&built)),
        Err(error) => Err(Error::Hinted {
            message: format!("the migrations do not build a schema: {error}"),
            hint: format!(
                "take schema.sql from a database that has them: {}",
                program::call("init --live")
            ),
        }),
    }
}

/// How many of the files are to be sealed: those up to the last that is applied, all where nothing is known.
fn n_sealed(project: &Project, applied: Option<&[Applied]>) -> usize {
    let Some(applied) = applied else {
        return project.migrations.len();
    };
    let mut files = project.migrations.iter();
    files
        .rposition(|one| Target::is_applied(applied, one))
        .map_or(0, |last| last + 1)
}

/// Writes a new file and prints its path.
fn create(project: &Project, path: &Path, text: &str) -> Result<(), Error> {
    project::write(path, text)?;
    report::data(&relative(project, path))
}

fn relative(project: &Project, path: &Path) -> String {
    let parts = path.components();
    let path: std::path::PathBuf = parts.collect();
    path.strip_prefix(&project.config.root)
        .unwrap_or(&path)
        .display()
        .to_string()
}

fn next(target: &Target<'_>, applied: Option<&[Applied]>) -> Result<Exit, Error> {
    let is_empty = target.project.migrations.is_empty();
    let has_tables = is_empty && applied.is_some() && target.schema()?.tables().next().is_some();
    report::talk(&if has_tables {
        format!(
            "next: the database has tables and the folder no migrations; with `init --live`, {} writes them as the first file, and {} records it as applied",
            program::call("generate first"),
            program::call("baseline 1")
        )
    } else {
        format!(
            "next: change {SCHEMA_FILE}, then {} and {}",
            program::call("generate NAME"),
            program::call("migrate")
        )
    });
    Ok(Exit::Ok)
}
