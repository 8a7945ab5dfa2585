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

    /// What it means and what to do, unless nothing is wrong.
    pub fn advice(self) -> Option<String> {
        let text = match self {
            Self::Applied | Self::Pending => return None,
            Self::Modified => {
                "the file was edited after it was applied: restore it from version control, and put the change into a new file"
            }
            Self::Missing => {
                "the file was deleted or renamed after it was applied: restore it from version control"
            }
            Self::OutOfOrder => "a later file is applied already: give this one the next number",
            Self::Squashed => {
                "the database has only some of the squashed files: migrate it with the files from before the squash"
            }
            Self::Unknown => {
                return Some(format!(
                    "applied from another branch or folder: add that file here under the same name; if nobody has it any more, {} shows what it changed, and a local database can be deleted (.wrangler/state) and migrated again",
                    program::call("pull --check")
                ));
            }
        };
        Some(text.to_owned())
    }
}

/// The advice for the states among these entries, each once.
pub fn advice<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for entry in entries {
        if let Some(advice) = entry.state.advice() {
            let line = format!("{}: {advice}", entry.state.label());
            if !out.contains(&line) {
                out.push(line);
            }
        }
    }
    out
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
    let is_wrong = |one: &&Entry| !allowed.contains(&one.state);
    let wrong: Vec<&Entry> = entries.iter().filter(is_wrong).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let each = wrong
        .iter()
        .map(|one| format!("{} is {}", one.name, one.state.label()));
    Err(Error::Hinted {
        message: format!(
            "the database and the folder have different histories: {}",
            each.collect::<Vec<_>>().join(", ")
        ),
        hint: advice(wrong).join("; "),
    })
}
