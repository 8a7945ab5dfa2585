//! `fix FILE`: rewrites a rebuild that loses rows into one that keeps them.

use d1_sim::Simulator;

use crate::ask;
use crate::checksum::Seal;
use crate::diff::fix::{Fixed, rewrite};
use crate::diff::text_diff;
use crate::error::Error;
use crate::exit::Exit;
use crate::file::{Migration, Section};
use crate::project::{self, Project};
use crate::report;
use crate::validate;

use super::generate::NO_DANGLING;

/// Options of `fix`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The migration: its file, or its number
    file: String,
    /// Show the difference only; exit 2 when there is one
    #[arg(long)]
    dry_run: bool,
}

/// Shows the difference, asks, writes.
pub fn run(project: &Project, args: &Args, yes: bool) -> Result<Exit, Error> {
    let at = find(project, &args.file)?;
    let (Some(migration), Some(seal)) =
        (project.migrations.get(at), project.checksums.seals.get(at))
    else {
        return Err(Error::UnknownMigration {
            file: args.file.clone(),
        });
    };
    if *seal != Seal::New {
        return Err(Error::Hinted {
            message: format!("{} is sealed: a database may have it already", migration.name),
            hint: "what it has lost is lost; `wrangler d1 time-travel` restores a database to a moment before it".to_owned(),
        });
    }
    let before = project.migrations.get(..at).unwrap_or_default();
    let schema = report::progress("replaying the migrations", || {
        project.built(|one| before.iter().any(|earlier| earlier.name == one.name))
    })?;
    let work = Simulator::from_schema(schema.objects.iter().map(|one| one.sql.as_str()))?;
    let fixed = rewrite(&work, migration, &project.database.ledger)?;
    if fixed.tables.is_empty() {
        report::talk(&format!(
            "nothing to do: {} rebuilds no table",
            migration.name
        ));
        return Ok(Exit::Ok);
    }
    let text = text(migration, &fixed);
    report::data(&text_diff(&migration.text, &text))?;
    if args.dry_run {
        return Ok(Exit::Different);
    }
    ask::confirm(&format!("write {}?", migration.name), yes)?;
    project::write(
        &project.database.migrations_dir.join(&migration.name),
        &text,
    )?;
    report::talk(&format!(
        "rewritten: the rebuild of {} in {}",
        fixed.tables.join(", "),
        migration.name
    ));
    let mut migrations = project.migrations.clone();
    if let Some(one) = migrations.get_mut(at) {
        *one = Migration::parse(&migration.name, &text);
    }
    let findings = validate::migrations(project, &migrations)?;
    for finding in findings.iter().filter(|one| one.file == migration.name) {
        report::finding_to_stderr(finding);
    }
    Ok(Exit::Ok)
}

/// The place of the migration with this number, name or path.
fn find(project: &Project, given: &str) -> Result<usize, Error> {
    let given = given.replace('\\', "/");
    let number = given.parse().ok();
    let is_meant = |one: &Migration| {
        let is_path = given
            .strip_suffix(&one.name)
            .is_some_and(|head| head.is_empty() || head.ends_with('/'));
        is_path || (number.is_some() && one.number == number)
    };
    project
        .migrations
        .iter()
        .position(is_meant)
        .ok_or_else(|| Error::Refused(format!("the folder has no migration {given}")))
}

/// The file's text with its new statements. What stands before the first statement, BACKFILL and DOWN stay as they are.
fn text(migration: &Migration, fixed: &Fixed) -> String {
    let between = if migration.text.contains("--> statement-breakpoint") {
        ";\n--> statement-breakpoint\n"
    } else {
        ";\n"
    };
    let first = migration.statements.first().map_or(0, |one| one.start);
    let head = migration.text.get(..first).unwrap_or_default();
    let of = |section: Section| {
        let own = fixed.statements.iter().filter(|(one, _)| *one == section);
        let mut all: Vec<&str> = own.map(|(_, sql)| sql.as_str()).collect();
        if section == Section::Verify || (section == Section::Up && migration.marks.is_empty()) {
            all.push(NO_DANGLING);
        }
        if all.is_empty() {
            String::new()
        } else {
            all.join(between) + ";\n"
        }
    };
    let mut out = head.to_owned() + &of(Section::Up);
    if migration.marks.is_empty() {
        return out;
    }
    for section in [Section::Data, Section::Verify] {
        let label = section.label().to_lowercase();
        out.push_str(&format!("\n-- migrate:{label}\n{}", of(section)));
    }
    let down = migration
        .marks
        .iter()
        .find(|mark| matches!(mark.section, Some(Section::Backfill | Section::Down)));
    if let Some(rest) = down.and_then(|mark| migration.text.get(mark.start..)) {
        out.push('\n');
        out.push_str(rest);
    }
    out
}
