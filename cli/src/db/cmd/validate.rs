//! `db validate`: all checks, without any database.

use serde::Serialize;

use crate::db::checks::Finding;
use crate::db::checksum;
use crate::db::error::Error;
use crate::db::project::Project;
use crate::db::report;
use crate::exit::Exit;

#[derive(Debug, Serialize)]
struct Answer<'a> {
    valid: bool,
    migrations: usize,
    findings: &'a [Finding],
}

/// Checks, reports, and seals new files when nothing was found.
pub fn run(project: &Project, json: bool) -> Result<Exit, Error> {
    let findings = report::progress("checking the migrations", || project.findings())?;
    if json {
        report::json(&Answer {
            valid: findings.is_empty(),
            migrations: project.migrations.len(),
            findings: &findings,
        })?;
    } else {
        for finding in &findings {
            report::finding(finding);
        }
    }
    if findings.is_empty() {
        seal(project)?;
        report::talk(&format!("ok: {} migrations, no findings", project.migrations.len()));
        Ok(Exit::Ok)
    } else {
        report::talk(&format!("{} findings", findings.len()));
        Ok(Exit::Error)
    }
}

/// Writes checksums of new files and says so.
pub fn seal(project: &Project) -> Result<(), Error> {
    for name in project.seal()? {
        report::talk(&format!("sealed {name} in {}", checksum::FILE_NAME));
    }
    Ok(())
}
