//! `validate`: all checks, without any database.

use serde::Serialize;

use crate::check::{Finding, Severity};
use crate::error::Error;
use crate::exit::Exit;
use crate::project::Project;
use crate::report::{self, Places};
use crate::validate;
use crate::words::counted;

use super::seal;
use super::since;

/// Options of `validate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON; the same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// How findings are printed
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Also apply everything through wrangler to real D1 in a temporary folder, and compare
    #[arg(long)]
    real: bool,
    /// Fail on warnings and notes, too
    #[arg(long)]
    strict: bool,
    /// Report only what is in files that are new or changed since a Git revision, as since main
    #[arg(long, value_name = "REV")]
    since: Option<String>,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// An object with all findings
    Json,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    valid: bool,
    migrations: usize,
    findings: &'a [Finding],
}

/// Checks, reports, and seals new files when nothing speaks against it.
pub fn run(project: &Project, args: &Args) -> Result<Exit, Error> {
    let mut findings = report::progress("checking the migrations", || validate::project(project))?;
    if args.real {
        let found = report::progress("applying everything to real D1", || {
            validate::on_real_d1(project)
        })?;
        findings.extend(found);
    }
    let is_fine = !findings.iter().any(|one| is_fatal(one, args.strict));
    let n_all = findings.len();
    if let Some(revision) = &args.since {
        let names = since::changed(&project.database.migrations_dir, revision)?;
        // History and schema.sql are of the branch, whatever the file.
        findings.retain(|one| {
            let is_of_branch = matches!(one.code, "S605" | "S608" | "T106");
            is_of_branch || names.contains(&one.file)
        });
    }
    print(project, args, &findings)?;
    let n_hidden = n_all - findings.len();
    if n_hidden > 0 {
        report::talk(&format!("{} in older files", counted(n_hidden, "finding")));
    }
    if is_fine {
        seal(project)?;
    }
    let counts = summary(&findings);
    if findings.iter().any(|one| is_fatal(one, args.strict)) {
        report::talk(&counts.unwrap_or_default());
        return Ok(Exit::Error);
    }
    let n = counted(project.migrations.len(), "migration");
    let counts = counts.unwrap_or_else(|| "no findings".to_owned());
    report::talk(&format!("ok: {n}, {counts}"));
    if project.schema_sql.is_none() {
        report::talk("note: without schema.sql there is nothing to compare the end with");
    }
    Ok(Exit::Ok)
}

/// How many findings of each severity there are; `None` without any.
pub fn summary(findings: &[Finding]) -> Option<String> {
    let n_of = |severity| {
        findings
            .iter()
            .filter(|one| one.severity == severity)
            .count()
    };
    let counts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .filter(|severity| n_of(*severity) > 0)
        .map(|severity| counted(n_of(severity), severity.label()))
        .collect();
    (!counts.is_empty()).then(|| counts.join(", "))
}

/// Whether a finding stops what follows.
pub fn is_fatal(finding: &Finding, strict: bool) -> bool {
    strict || finding.severity == Severity::Error
}

fn print(project: &Project, args: &Args, findings: &[Finding]) -> Result<(), Error> {
    let places = Places::of(project);
    match args.format {
        _ if args.json => json(project, args, findings),
        Format::Json => json(project, args, findings),
        Format::Text => findings.iter().try_for_each(report::finding),
        Format::Github => findings
            .iter()
            .try_for_each(|one| report::data(&report::github(one, &places))),
        Format::Sarif => report::json(&report::sarif(findings, &places)),
    }
}

fn json(project: &Project, args: &Args, findings: &[Finding]) -> Result<(), Error> {
    report::json(&Answer {
        valid: !findings.iter().any(|one| is_fatal(one, args.strict)),
        migrations: project.migrations.len(),
        findings,
    })
}
