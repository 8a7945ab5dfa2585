//! What only running shows: each migration runs on what the ones before it build, without rows and with rows.

use d1_sim::{D1, Failure};

use super::logic;
use crate::check::{Failed, Finding, Findings, Input, Logic, Lost, Step, WayBack};
use crate::error::Error;
use crate::file::{Migration, Statement};
use crate::replay::rows::{Loss, Snapshot};
use crate::replay::seed;
use crate::schema::{self, Schema};
use crate::sql::shape::changes_table;

/// Replays the folder.
pub fn run(input: &Input<'_>, findings: &mut Vec<Finding>) -> Result<(), Error> {
    let mut replay = Replay {
        input,
        findings,
        database: D1::empty()?,
        before: Schema::default(),
    };
    for migration in input.migrations {
        if !replay.step(migration)? {
            // What comes after it would fail for this reason, too.
            return Ok(());
        }
    }
    replay.end()
}

struct Replay<'a> {
    input: &'a Input<'a>,
    findings: &'a mut Vec<Finding>,
    /// What the migrations so far build, without rows.
    database: D1,
    before: Schema,
}

impl Replay<'_> {
    /// Runs one migration in every way. Returns whether the next one can run.
    fn step(&mut self, migration: &Migration) -> Result<bool, Error> {
        let seeded = self.database.copy()?;
        let unseeded = seed::fill(seeded.connection(), &self.before)?;
        let failure = self.without_rows(migration).err();
        let after = match failure {
            None => Some(self.schema_of(&self.database)?),
            Some(_) => None,
        };
        let before = std::mem::take(&mut self.before);
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
        self.with_rows(&step, &seeded)?;
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
                    Findings::of(check, findings).add(migration, statement.start, message);
                }
            }
        })
    }

    /// Phase 2: the schemas before and after.
    fn between_schemas(&mut self, step: &Step<'_>) {
        for (check, logic) in logic() {
            if let Logic::Step(look) = logic {
                look(step, &mut Findings::of(check, self.findings));
            }
        }
    }

    /// Phase 3: UP, DATA and VERIFY on tables with rows.
    fn with_rows(&mut self, step: &Step<'_>, seeded: &D1) -> Result<(), Error> {
        let Some(after) = step.after else {
            return Ok(());
        };
        let statements = &step.migration.statements;
        let rows_before = Snapshot::take(seeded.connection(), step.before)?;
        if let Err(failure) = seeded.run(sql(statements)) {
            self.failed(&Failed::new(step, &failure, true));
            return Ok(());
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
        match &step.migration.down {
            Some(down) => self.way_back(step, seeded, down, &rows_after),
            None => Ok(()),
        }
    }

    /// Phase 4: DOWN on the rows that UP left, and UP again.
    fn way_back(
        &mut self,
        step: &Step<'_>,
        seeded: &D1,
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
                Findings::of(check, self.findings).add(step.migration, start, message);
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
                let mut findings = Findings::of(check, self.findings);
                look(self.input, &self.before, &mut findings)?;
            }
        }
        Ok(())
    }

    fn schema_of(&self, database: &D1) -> Result<Schema, Error> {
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
            Findings::of(check, self.findings).add(failed.step.migration, start, failed.message());
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
            let message = lost.loss.message.as_str();
            Findings::of(check, self.findings).add(lost.step.migration, start, message);
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
