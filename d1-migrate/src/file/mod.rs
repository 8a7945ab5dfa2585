//! A migration file as it is written: its sections, statements and silenced checks.

pub mod folder;
pub mod name;
mod sections;
mod statement;

pub use sections::Mark;
pub use statement::{Allow, Section, Statement};

/// One migration file, read.
#[derive(Debug, Clone)]
pub struct Migration {
    /// File name, which is also its name in wrangler's ledger.
    pub name: String,
    /// The number before the first underscore, as wrangler reads it.
    pub number: Option<u64>,
    /// The file's text as it is on disk.
    pub text: String,
    /// What runs on apply, in order.
    pub statements: Vec<Statement>,
    /// The DOWN section with the comment marks taken off; `None` without such a section or with nothing in it.
    pub down: Option<Vec<Statement>>,
    /// Changes of rows that run in batches when the migration is applied, with the comment marks taken off.
    pub backfill: Vec<Statement>,
    /// Section markers in the order of the file.
    pub marks: Vec<Mark>,
    /// Byte offset of the first SQL below the down marker that is no comment.
    pub uncommented_down: Option<usize>,
    pub allows: Vec<Allow>,
    /// Wrangler cuts `BEGIN TRANSACTION;` and `COMMIT;` out of the file.
    pub is_trimmed: bool,
}

impl Migration {
    /// Reads `text` as the migration file `name`.
    pub fn parse(name: &str, text: &str) -> Self {
        let read = sections::read(text);
        Self {
            name: name.to_owned(),
            number: name::number(name),
            text: text.to_owned(),
            statements: read.statements,
            down: Some(read.down).filter(|down| !down.is_empty()),
            backfill: read.backfill,
            marks: read.marks,
            uncommented_down: read.uncommented_down,
            allows: read.allows,
            is_trimmed: read.is_trimmed,
        }
    }

    /// Number of statements in a section.
    pub fn n_statements(&self, section: Section) -> usize {
        match section {
            Section::Down => self.down.as_ref().map_or(0, Vec::len),
            Section::Backfill => self.backfill.len(),
            _ => self
                .statements
                .iter()
                .filter(|one| one.section == section)
                .count(),
        }
    }

    /// Rows that a batch of the backfill may change.
    pub fn rows_per_batch(&self) -> u64 {
        let marks = self.marks.iter();
        marks
            .filter_map(|mark| mark.rows_per_batch)
            .next()
            .unwrap_or(1)
    }

    /// One-based line of a byte offset.
    pub fn line(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        before.bytes().filter(|&byte| byte == b'\n').count() + 1
    }

    /// The sections that have statements.
    pub fn sections(&self) -> Vec<&'static str> {
        Section::ALL
            .iter()
            .filter(|section| self.n_statements(**section) > 0)
            .map(|section| section.label())
            .collect()
    }
}
