//! `db validate`: all checks, without any database.

use serde::Serialize;

use crate::checks::{self, Finding};
use crate::checksum;
use crate::error::Error;
use crate::exit::Exit;
use crate::project::Project;
use crate::report;

use super::migrate::counted;

#[derive(Debug, Serialize)]
struct Answer<'a> {
    valid: bool,
    migrations: usize,
    findings: &'a [Finding],
}

/// Checks, reports, and seals new files when nothing was found.
pub fn run(project: &Project, json: bool, real: bool) -> Result<Exit, Error> {
    let mut findings = report::progress("checking the migrations", || project.findings())?;
    if real {
        let found = report::progress("applying everything to real D1", || checks::real(project))?;
        findings.extend(found);
    }
    if json {
        report::json(&Answer {
            valid: findings.is_empty(),
            migrations: project.migrations.len(),
            findings: &findings,
        })?;
    } else {
        for finding in &findings {
            report::finding(finding)?;
        }
    }
    if findings.is_empty() {
        seal(project)?;
        let n = counted(project.migrations.len(), "migration");
        report::talk(&format!("ok: {n}, no findings"));
        Ok(Exit::Ok)
    } else {
        report::talk(&counted(findings.len(), "finding"));
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
