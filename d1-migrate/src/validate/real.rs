//! `validate --real`: the same replay through wrangler on real D1, in a temporary folder.

use crate::check::Finding;
use crate::checks::S606;
use crate::diff::schema_diff;
use crate::error::Error;
use crate::project::Project;
use crate::target::Target;

/// Applies all migrations with `wrangler d1 migrations apply --local` and compares schema and ledger.
pub fn run(project: &Project) -> Result<Vec<Finding>, Error> {
    let mut all = Vec::new();
    let mut findings = S606.findings(&mut all);
    let target = Target::temporary(project)?;
    let migrations: Vec<_> = project.migrations.iter().collect();
    let last = migrations.last().map_or("", |one| one.name.as_str());
    if let Err(error) = target.apply(&migrations) {
        let Error::Wrangler { output, .. } = error else {
            return Err(error);
        };
        findings.add_to_file(last, "", format!("wrangler fails: {output}"));
        return Ok(all);
    }
    let applied = target.applied()?;
    for migration in &project.migrations {
        if !Target::is_applied(&applied, migration) {
            let message = "wrangler reports success and has not recorded this file";
            findings.add_to_file(&migration.name, "", message);
        }
    }
    match project.built(|_| true) {
        Err(error) => {
            let message = format!("real D1 takes what the replay refuses: {error}");
            findings.add_to_file(last, "", message);
        }
        Ok(built) => {
            let live = target.schema()?;
            if !live.same_as(&built) {
                let diff = schema_diff(&built, &live);
                let message = format!(
                    "real D1 has another schema than the replay (- replay, + real D1):\n{diff}"
                );
                findings.add_to_file(last, "", message);
            }
        }
    }
    Ok(all)
}
