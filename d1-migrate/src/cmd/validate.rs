//! `db validate`: all checks, without any database.

use serde::Serialize;

use crate::check::Finding;
use crate::error::Error;
use crate::exit::Exit;
use crate::project::Project;
use crate::report;
use crate::validate;

use super::{counted, seal};

#[derive(Debug, Serialize)]
struct Answer<'a> {
    valid: bool,
    migrations: usize,
    findings: &'a [Finding],
}

/// Checks, reports, and seals new files when nothing was found.
pub fn run(project: &Project, json: bool, real: bool) -> Result<Exit, Error> {
    let mut findings = report::progress("checking the migrations", || validate::project(project))?;
    if real {
        let found = report::progress("applying everything to real D1", || {
            validate::on_real_d1(project)
        })?;
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
