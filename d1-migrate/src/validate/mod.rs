//! `validate`: every check, over the folder, each file's text, and a replay.

#[cfg(test)]
pub mod examples;
mod real;
mod replay;

pub use real::run as on_real_d1;

use crate::check::{Finding, Input, Logic, Severity};
use crate::checks::{self, S608};
use crate::checksum::{Comparison, Seal};
use crate::error::Error;
use crate::file::Migration;
use crate::project::{Project, is_ci};
use crate::sql::name::{mentions, same};

/// All findings about a project. In continuous integration (`CI` is set) a file without a checksum is one.
pub fn project(project: &Project) -> Result<Vec<Finding>, Error> {
    migrations(project, &project.migrations)
}

/// All findings about a project with another list of migrations.
pub fn migrations(project: &Project, migrations: &[Migration]) -> Result<Vec<Finding>, Error> {
    of(project, migrations, &project.checksums)
}

/// All findings about a project with another comparison of its checksums.
pub fn with_checksums(project: &Project, checksums: &Comparison) -> Result<Vec<Finding>, Error> {
    of(project, &project.migrations, checksums)
}

fn of(
    project: &Project,
    migrations: &[Migration],
    checksums: &Comparison,
) -> Result<Vec<Finding>, Error> {
    run(&Input {
        migrations,
        schema_sql: project.schema_sql.as_deref(),
        ledger: &project.database.ledger,
        checksums,
        codes: checks::codes(),
        is_ci: is_ci(),
    })
}

/// Runs every check. Findings come in the order of files and lines, silenced ones left out.
fn run(input: &Input<'_>) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (check, logic) in checks::logic() {
        let mut found = check.findings(&mut findings);
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
    let mut findings = sorted(input.migrations, findings);
    for finding in &mut findings {
        lower(input, finding);
    }
    Ok(findings)
}

/// A sealed file has been applied and cannot be edited, not even to allow something: what it may lose is lost. It is an
/// error only that no new database can be built with it.
fn lower(input: &Input<'_>, finding: &mut Finding) {
    let files = input.migrations.iter().zip(&input.checksums.seals);
    let mut sealed = files.filter(|(_, seal)| **seal == Seal::Sealed);
    let is_sealed = sealed.any(|(migration, _)| migration.name == finding.file);
    let is_lasting = finding.is_failure || matches!(finding.code, "S608" | "T106");
    if is_sealed && !is_lasting && finding.severity == Severity::Error {
        finding.severity = Severity::Warning;
        finding
            .message
            .push_str(" (the file is sealed: this has happened)");
    }
}

/// Whether a comment in its file silences the finding. What is lost has to be named, unless it is all that the code
/// finds in the file.
fn is_allowed(finding: &Finding, file: &Migration, all: &[Finding]) -> bool {
    let is_named = |names: &[String], subject: &str| {
        let table = subject.split('.').next().unwrap_or_default();
        names
            .iter()
            .any(|name| same(name, subject) || same(name, table))
    };
    let is_only_one = || {
        !all.iter().any(|other| {
            other.code == finding.code
                && other.file == finding.file
                && other.subject != finding.subject
        })
    };
    finding.code != S608.code
        && file.allows.iter().any(|allow| {
            allow.code == finding.code
                && !allow.reason.is_empty()
                && match &finding.subject {
                    Some(_) if allow.names.is_empty() => is_only_one(),
                    Some(subject) => is_named(&allow.names, subject),
                    None => {
                        allow.names.is_empty()
                            || allow
                                .names
                                .iter()
                                .any(|name| mentions(&finding.message, name))
                    }
                }
        })
}

fn sorted(migrations: &[Migration], findings: Vec<Finding>) -> Vec<Finding> {
    let place = |name: &str| migrations.iter().position(|one| one.name == name);
    let mut left: Vec<Finding> = findings
        .iter()
        .filter(|finding| {
            let file = migrations.iter().find(|one| one.name == finding.file);
            !file.is_some_and(|file| is_allowed(finding, file, &findings))
        })
        .cloned()
        .collect();
    left.sort_by(|a, b| {
        let key = |one: &Finding| (place(&one.file).unwrap_or(usize::MAX), one.line, one.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    left.dedup_by(|a, b| {
        a.code == b.code && a.file == b.file && a.line == b.line && a.message == b.message
    });
    left
}
