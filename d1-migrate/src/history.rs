//! The folder beside a database's ledger: the state of every migration.

use serde::Serialize;

use super::checksum::Seal;
use super::error::Error;
use super::program;
use super::project::Project;
use super::target::Applied;

/// The state of one migration in one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Applied,
    Pending,
    /// Applied, and the file was edited since it was sealed.
    Modified,
    /// Applied, sealed, and the file is gone.
    Missing,
    /// Not applied, but a later one is.
    OutOfOrder,
    /// Applied, and squashed into a file that is not applied.
    Squashed,
    /// Applied, and neither folder nor checksum file know it.
    Unknown,
}

impl State {
    pub fn label(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Modified => "modified",
            Self::Missing => "missing",
            Self::OutOfOrder => "out of order",
            Self::Squashed => "squashed into a file that is not applied",
            Self::Unknown => "unknown to us",
        }
    }
}

/// One line of `status`.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    pub number: Option<u64>,
    pub name: String,
    pub state: State,
    pub applied_at: Option<String>,
}

/// The state of every migration, the folder's first.
pub fn entries(project: &Project, applied: &[Applied]) -> Vec<Entry> {
    let find = |name: &str| applied.iter().find(|one| one.name == name);
    let last_applied = project
        .migrations
        .iter()
        .rposition(|one| find(&one.name).is_some());
    let of_folder = project
        .migrations
        .iter()
        .zip(&project.checksums.seals)
        .enumerate();
    let mut out: Vec<Entry> = of_folder
        .map(|(index, (migration, seal))| {
            let line = find(&migration.name);
            let state = match line {
                Some(_) if *seal == Seal::Modified => State::Modified,
                Some(_) => State::Applied,
                None if last_applied.is_some_and(|last| index < last) => State::OutOfOrder,
                None => State::Pending,
            };
            Entry {
                number: migration.number,
                name: migration.name.clone(),
                state,
                applied_at: line.map(|one| one.applied_at.clone()),
            }
        })
        .collect();
    for line in applied {
        if project.migrations.iter().any(|one| one.name == line.name) {
            continue;
        }
        let squashed = project.squashed.iter().find(|(old, _)| *old == line.name);
        if squashed.is_some_and(|(_, into)| find(into).is_some()) {
            // The file that stands for it is applied.
            continue;
        }
        let is_sealed = project.checksums.missing.contains(&line.name);
        out.push(Entry {
            number: super::file::name::number(&line.name),
            name: line.name.clone(),
            state: if squashed.is_some() {
                State::Squashed
            } else if is_sealed {
                State::Missing
            } else {
                State::Unknown
            },
            applied_at: Some(line.applied_at.clone()),
        });
    }
    out
}

/// Refuses a history that does not fit the folder; `allowed` are states that are no obstacle.
pub fn refuse_unless(entries: &[Entry], allowed: &[State]) -> Result<(), Error> {
    let wrong: Vec<String> = entries
        .iter()
        .filter(|one| !allowed.contains(&one.state))
        .map(|one| format!("{} is {}", one.name, one.state.label()))
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::Hinted {
        message: format!(
            "the database and the folder have different histories: {}",
            wrong.join(", ")
        ),
        hint: format!(
            "{} shows all; restore the files from version control, number a late one anew, or migrate with the files from before a squash",
            program::call("status")
        ),
    })
}
