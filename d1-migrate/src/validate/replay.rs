//! What only running shows: each migration runs on what the ones before it build, without rows and with rows.

use d1_sim::{Failure, Simulator};

use crate::check::{Failed, Finding, Input, Logic, Lost, Severity, Step, WayBack};
use crate::checks::{S608, logic};
use crate::error::Error;
use crate::file::{Allow, Migration, Statement};
use crate::replay::rows::{Loss, Snapshot};
use crate::replay::seed;
use crate::schema::{self, Schema};
use crate::sql::shape::changes_table;
use crate::words::counted;

/// How many sets of invented rows are tried before a failing CHECK is reported.
const N_VARIANTS: u64 = 8;

/// Replays the folder.
pub fn run(input: &Input<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let mut replay = Replay {
        input,
        findings,
        database: Simulator::empty()?,
        before: Schema::default(),
    };
    for (index, migration) in input.migrations.iter().enumerate() {
        if !replay.step(migration)? {
            // What comes after it would fail for this reason, too.
            replay.not_checked(
                migration,
                input.migrations.get(index + 1..).unwrap_or_default(),
            );
            return Ok(());
        }
    }
    replay.end()
}

struct Replay<'a> {
    input: &'a Input<'a>,
    findings: &'a mut Vec<Finding>,
    /// What the migrations so far build, without rows.
    database: Simulator,
    before: Schema,
}

impl Replay<'_> {
    /// Says what the failure of a migration hides. An error when the failure itself is allowed and so would say nothing.
    fn not_checked(&mut self, failing: &Migration, later: &[Migration]) {
        let Some(failure) = self.findings.last().cloned() else {
            return;
        };
        let what = match later {
            [] => "schema.sql was not compared".to_owned(),
            [one] => format!("{} was not checked, and schema.sql not compared", one.name),
            [first, ..] => format!(
                "{} and {} were not checked, and schema.sql not compared",
                first.name,
                counted(later.len() - 1, "later file")
            ),
        };
        let is_allowed = |allow: &Allow| allow.code == failure.code && !allow.reason.is_empty();
        if failing.allows.iter().any(is_allowed) {
            let start = failing.statements.first().map_or(0, |one| one.start);
            let message = format!("{} is allowed here: {what}", failure.code);
            S608.findings(self.findings).add(failing, start, message);
        } else if !later.is_empty()
            && let Some(last) = self.findings.last_mut()
        {
            last.message.push_str(&format!("; {what}"));
        }
    }

    /// Runs one migration in every way. Returns whether the next one can run.
    fn step(&mut self, migration: &Migration) -> Result<bool, Error> {
        let without = self.database.copy()?;
        let seeded = self.database.copy()?;
        let unseeded = seed::fill(seeded.connection(), &self.before)?;
        let failure = self.without_rows(migration).err();
        let after = match failure {
            None => Some(self.schema_of(&self.database)?),
            Some(_) => None,
        };
        let before = self.before.clone();
        let step = Step {
            migration,
            before: &before,
            after: after.as_ref(),
            unseeded: &unseeded,
        };
        self.between_schemas(&step);
        if let Some(failure) = failure {
            self.failed(&Failed::new(&step, &failure, false));
            return Ok(false);
        }
        self.with_rows(&step, seeded, &without)?;
        self.before = after.unwrap_or_default();
        Ok(true)
    }

    /// Phase 1: UP, DATA and VERIFY on tables without rows.
    fn without_rows(&mut self, migration: &Migration) -> Result<(), Failure> {
        let (database, findings) = (&self.database, &mut *self.findings);
        database.run_watched(sql(&migration.statements), |index, _| {
            let Some(statement) = migration.statements.get(index) else {
                return;
            };
            for (check, logic) in logic() {
                if let Logic::Statement(look) = logic
                    && let Some(message) = look(database, statement)
                {
                    check
                        .findings(findings)
                        .add(migration, statement.start, message);
                }
            }
        })
    }

    /// Phase 2: the schemas before and after.
    fn between_schemas(&mut self, step: &Step<'_>) {
        for (check, logic) in logic() {
            if let Logic::Step(look) = logic {
                look(step, &mut check.findings(self.findings));
            }
        }
    }

    /// Phase 3: UP, DATA and VERIFY on tables with rows.
    fn with_rows(
        &mut self,
        step: &Step<'_>,
        seeded: Simulator,
        empty: &Simulator,
    ) -> Result<(), Error> {
        let Some(after) = step.after else {
            return Ok(());
        };
        let statements = &step.migration.statements;
        let mut seeded = seeded;
        let mut rows_before = Snapshot::take(seeded.connection(), step.before)?;
        if let Err(failure) = seeded.run(sql(statements)) {
            let other = self.other_rows(step, empty, &failure)?;
            // A CHECK that holds for some invented rows may hold for all real ones. A NULL or a duplicate may be there.
            if other.is_none() || !failure.message.contains("CHECK constraint failed") {
                self.failed(&Failed::new(step, &failure, true));
            }
            let Some((other, rows)) = other else {
                // The way back without rows is better than none.
                return self.without_rows_and_back(step, empty);
            };
            (seeded, rows_before) = (other, rows);
        }
        let rows_after = Snapshot::take(seeded.connection(), after)?;
        for loss in rows_before.losses(&rows_after) {
            let is_meant = loss.column.is_some() && changes(statements, &loss, &["update"]);
            if !is_meant {
                self.lost(&Lost {
                    step,
                    statements,
                    schema: after,
                    loss: &loss,
                });
            }
        }
        for statement in &step.migration.backfill {
            for (check, logic) in logic() {
                if let Logic::Backfill(look) = logic
                    && let Some(message) = look(&seeded, statement)
                {
                    let mut findings = check.findings(self.findings);
                    findings.add(step.migration, statement.start, message);
                }
            }
        }
        match &step.migration.down {
            Some(down) => self.way_back(step, &seeded, down, &rows_after),
            None => Ok(()),
        }
    }

    /// A migration that violates a constraint on some invented rows may work on others, and lose some of these. Returns
    /// the database that it has run on, and what was in it.
    fn other_rows(
        &self,
        step: &Step<'_>,
        empty: &Simulator,
        failure: &Failure,
    ) -> Result<Option<(Simulator, Snapshot)>, Error> {
        let references = step.new_references();
        if !failure.message.contains("constraint failed") && references.is_empty() {
            return Ok(None);
        }
        for variant in 1..N_VARIANTS {
            let database = empty.copy()?;
            seed::fill_with(database.connection(), step.before, variant)?;
            for (table, key) in &references {
                seed::refer(database.connection(), step.before, table, key);
            }
            let rows = Snapshot::take(database.connection(), step.before)?;
            if database.run(sql(&step.migration.statements)).is_ok() {
                return Ok(Some((database, rows)));
            }
        }
        Ok(None)
    }

    /// Phase 4 alone, on a database without invented rows.
    fn without_rows_and_back(&mut self, step: &Step<'_>, empty: &Simulator) -> Result<(), Error> {
        let (Some(down), Some(after)) = (&step.migration.down, step.after) else {
            return Ok(());
        };
        let database = empty.copy()?;
        if database.run(sql(&step.migration.statements)).is_err() {
            return Ok(());
        }
        let rows = Snapshot::take(database.connection(), after)?;
        self.way_back(step, &database, down, &rows)
    }

    /// Phase 4: DOWN on the rows that UP left, and UP again.
    fn way_back(
        &mut self,
        step: &Step<'_>,
        seeded: &Simulator,
        down: &[Statement],
        rows_after: &Snapshot,
    ) -> Result<(), Error> {
        let mut way = WayBack {
            step,
            down,
            restored: match seeded.run(sql(down)) {
                Ok(()) => Ok(self.schema_of(seeded)?),
                Err(failure) => Err(failure),
            },
            again: None,
        };
        let mut losses = Vec::new();
        if let Ok(restored) = &way.restored
            && restored.same_as(step.before)
        {
            losses = rows_after.losses(&Snapshot::take(seeded.connection(), restored)?);
            way.again = Some(match seeded.run(sql(&step.migration.statements)) {
                Ok(()) => Ok(self.schema_of(seeded)?),
                Err(failure) => Err(failure),
            });
        }
        for (check, logic) in logic() {
            if let Logic::WayBack(look) = logic
                && let Some(message) = look(&way)
            {
                let start = down.first().map_or(0, |one| one.start);
                check
                    .findings(self.findings)
                    .add(step.migration, start, message);
            }
        }
        for loss in &losses {
            if loss.is_child || !changes(down, loss, &["delete", "update"]) {
                self.lost(&Lost {
                    step,
                    statements: down,
                    schema: step.before,
                    loss,
                });
            }
        }
        Ok(())
    }

    /// Phase 5: the end of the chain.
    fn end(self) -> Result<(), Error> {
        for (check, logic) in logic() {
            if let Logic::End(look) = logic {
                let mut findings = check.findings(self.findings);
                look(self.input, &self.before, &mut findings)?;
            }
        }
        Ok(())
    }

    fn schema_of(&self, database: &Simulator) -> Result<Schema, Error> {
        schema::read(database.connection(), self.input.ledger)
    }

    /// Reports a failure with the most telling code.
    fn failed(&mut self, failed: &Failed<'_>) {
        let claims = logic().filter(|(_, logic)| match logic {
            Logic::Failure(is_this) => is_this(failed),
            _ => false,
        });
        let others = logic().filter(|(_, logic)| match logic {
            Logic::OtherFailure(is_this) => is_this(failed),
            _ => false,
        });
        if let Some((check, _)) = claims.chain(others).next() {
            let start = failed.statement().map_or(0, |one| one.start);
            let (migration, message) = (failed.step.migration, failed.message());
            let mut findings = check.findings(self.findings);
            if failed.has_rows {
                findings.add(migration, start, message);
            } else {
                findings.add_failure(migration, start, message);
            }
        }
    }

    /// Reports a loss with the most telling code.
    fn lost(&mut self, lost: &Lost<'_>) {
        let claims = logic().filter_map(|(check, logic)| match logic {
            Logic::Loss(find) => find(lost).map(|start| (check, start)),
            _ => None,
        });
        let others = logic().filter_map(|(check, logic)| match logic {
            Logic::OtherLoss(find) => Some((check, find(lost))),
            _ => None,
        });
        if let Some((check, start)) = claims.chain(others).next() {
            let loss = lost.loss;
            // Whoever writes DELETE FROM a table means its rows.
            let is_meant = changes(lost.statements, loss, &["delete"]);
            let severity = if is_meant && !loss.is_child {
                check.severity.min(Severity::Warning)
            } else {
                check.severity
            };
            check.findings(self.findings).add_loss(
                severity,
                lost.step.migration,
                start,
                loss.subject(),
                loss.message.as_str(),
            );
        }
    }
}

fn sql(statements: &[Statement]) -> impl Iterator<Item = &str> {
    statements.iter().map(|one| one.sql.as_str())
}

/// Whether a statement changes the rows of the table itself, by one of these words.
fn changes(statements: &[Statement], loss: &Loss, words: &[&str]) -> bool {
    statements
        .iter()
        .any(|one| changes_table(&one.shape, &loss.table, words))
}
