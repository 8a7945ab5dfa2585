//! S606: the same replay through wrangler on real D1, in a temporary folder.

use super::Finding;
use crate::codes;
use crate::diff::text_diff;
use crate::error::Error;
use crate::project::Project;
use crate::schema::print;
use crate::target::Target;

/// Applies all migrations with `wrangler d1 migrations apply --local` and compares schema and ledger.
pub fn check(project: &Project) -> Result<Vec<Finding>, Error> {
    let target = Target::temporary(project)?;
    let all: Vec<_> = project.migrations.iter().collect();
    let last = project
        .migrations
        .last()
        .map_or("", |one| one.name.as_str());
    let finding = |message: String| Finding::of_file(codes::S606, last, 1, "", message);
    if let Err(error) = target.apply(&all) {
        return match error {
            Error::Wrangler { output, .. } => {
                Ok(vec![finding(format!("wrangler fails: {output}"))])
            }
            other => Err(other),
        };
    }
    let mut findings = Vec::new();
    let applied = target.applied()?;
    for migration in &project.migrations {
        if !Target::is_applied(&applied, migration) {
            let message = "wrangler reports success and has not recorded this file";
            findings.push(Finding::of_file(
                codes::S606,
                &migration.name,
                1,
                "",
                message,
            ));
        }
    }
    match project.built(|_| true) {
        Err(error) => findings.push(finding(format!(
            "real D1 takes what the replay refuses: {error}"
        ))),
        Ok(built) => {
            let live = target.schema()?;
            if !live.same_as(&built) {
                let diff = text_diff(&print(&built), &print(&live));
                findings.push(finding(format!(
                    "real D1 has another schema than the replay (- replay, + real D1):\n{diff}"
                )));
            }
        }
    }
    Ok(findings)
}
