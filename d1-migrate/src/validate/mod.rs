//! `validate`: every check, over the folder, each file's text, and a replay.

#[cfg(test)]
mod examples;
mod real;
mod replay;

pub use real::run as on_real_d1;

use crate::check::{Check, Finding, Findings, Input, Logic};
use crate::checks;
use crate::error::Error;
use crate::file::Migration;
use crate::project::{Project, is_ci};

/// All findings about a project. In continuous integration (`CI` is set) a file without a checksum is one.
pub fn project(project: &Project) -> Result<Vec<Finding>, Error> {
    migrations(project, &project.migrations)
}

/// All findings about a project with another list of migrations.
pub fn migrations(project: &Project, migrations: &[Migration]) -> Result<Vec<Finding>, Error> {
    run(&Input {
        migrations,
        schema_sql: &project.schema_sql,
        ledger: &project.database.ledger,
        checksums: &project.checksums,
        is_ci: is_ci(),
    })
}

/// Runs every check. Findings come in the order of files and lines, silenced ones left out.
fn run(input: &Input<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (check, logic) in logic() {
        let mut found = Findings::of(check, &mut findings);
        match logic {
            Logic::Folder(look) => look(input, &mut found),
            Logic::File(look) => {
                for migration in input.migrations {
                    look(migration, &mut found);
                }
            }
            _ => {}
        }
    }
    replay::run(input, &mut findings)?;
    Ok(sorted(input.migrations, findings))
}

/// All logic of all checks.
fn logic() -> impl Iterator<Item = (&'static Check, &'static Logic)> {
    let of_check = |check: &&'static Check| {
        let check = *check;
        check.logic.iter().map(move |logic| (check, logic))
    };
    checks::ALL.iter().flat_map(of_check)
}

fn sorted(migrations: &[Migration], mut findings: Vec<Finding>) -> Vec<Finding> {
    let place = |name: &str| migrations.iter().position(|one| one.name == name);
    findings.retain(|finding| {
        let file = migrations.iter().find(|one| one.name == finding.file);
        !file.is_some_and(|file| {
            file.allows
                .iter()
                .any(|allow| allow.code == finding.code && !allow.reason.is_empty())
        })
    });
    findings.sort_by_key(|one| (place(&one.file).unwrap_or(usize::MAX), one.line, one.code));
    findings.dedup_by(|a, b| a.code == b.code && a.file == b.file && a.line == b.line);
    findings
}
