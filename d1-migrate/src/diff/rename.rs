//! Renames: which are possible, and which were decided. A rename keeps the data, a drop and an add do not.

use std::str::FromStr;

use crate::schema::{Schema, Table};
use crate::sql::name::{ident, same};

/// A decided rename of a table, or of a column (`table` is the table's new name).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// `None` for a table.
    pub table: Option<String>,
    pub from: String,
    pub to: String,
}

impl Rename {
    /// The statement.
    pub fn sql(&self) -> String {
        let (from, to) = (ident(&self.from), ident(&self.to));
        match &self.table {
            None => format!("ALTER TABLE {from} RENAME TO {to}"),
            Some(table) => format!("ALTER TABLE {} RENAME COLUMN {from} TO {to}", ident(table)),
        }
    }

    /// The same rename back.
    pub fn reversed(&self, all: &[Self]) -> Self {
        // A column's table has its old name again when its columns are renamed back.
        let table = self.table.as_ref().map(|table| {
            all.iter()
                .find(|one| one.table.is_none() && same(&one.to, table))
                .map_or_else(|| table.clone(), |one| one.from.clone())
        });
        Self {
            table,
            from: self.to.clone(),
            to: self.from.clone(),
        }
    }

    /// As `--rename` takes it.
    pub fn option(&self) -> String {
        match &self.table {
            None => format!("{}:{}", self.from, self.to),
            Some(table) => format!("{table}.{}:{}", self.from, self.to),
        }
    }
}

/// Something that is gone, and what it may have become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// `None` for a table.
    pub table: Option<String>,
    pub gone: String,
    pub candidates: Vec<String>,
}

impl Question {
    /// What is gone, in words.
    pub fn subject(&self) -> String {
        match &self.table {
            None => format!("table {}", self.gone),
            Some(table) => format!("column {table}.{}", self.gone),
        }
    }

    /// The rename to one of the candidates.
    pub fn answer(&self, to: &str) -> Rename {
        Rename {
            table: self.table.clone(),
            from: self.gone.clone(),
            to: to.to_owned(),
        }
    }
}

/// Tables that are gone and share at least half of their columns with a new one.
pub fn table_questions(from: &Schema, to: &Schema) -> Vec<Question> {
    let new: Vec<&Table> = to
        .tables()
        .filter(|one| from.table(&one.name).is_none())
        .collect();
    from.tables()
        .filter(|one| to.table(&one.name).is_none())
        .filter_map(|gone| {
            let candidates: Vec<String> = new
                .iter()
                .filter(|table| resembles(gone, table))
                .map(|table| table.name.clone())
                .collect();
            (!candidates.is_empty()).then(|| Question {
                table: None,
                gone: gone.name.clone(),
                candidates,
            })
        })
        .collect()
}

fn resembles(a: &Table, b: &Table) -> bool {
    let n_common = a
        .columns
        .iter()
        .filter(|column| b.column(&column.name).is_some())
        .count();
    n_common * 2 >= a.columns.len().max(b.columns.len())
}

/// Columns that are gone from a table that has new ones.
pub fn column_questions(from: &Schema, to: &Schema) -> Vec<Question> {
    let mut questions = Vec::new();
    for old in from.tables() {
        let Some(new) = to.table(&old.name) else {
            continue;
        };
        let added: Vec<String> = new
            .columns
            .iter()
            .filter(|column| old.column(&column.name).is_none())
            .map(|column| column.name.clone())
            .collect();
        for column in old
            .columns
            .iter()
            .filter(|one| new.column(&one.name).is_none())
        {
            if !added.is_empty() {
                questions.push(Question {
                    table: Some(new.name.clone()),
                    gone: column.name.clone(),
                    candidates: added.clone(),
                });
            }
        }
    }
    questions
}

/// One value of `--rename`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// `old:new` for a table, `table.old:new` for a column.
    Rename(Rename),
    /// `none`: nothing was renamed but what other values say.
    NothingElse,
}

impl FromStr for Given {
    type Err = &'static str;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "write old:new for a table, table.old:new for a column, or none";
        if given == "none" {
            return Ok(Self::NothingElse);
        }
        let (from, to) = given.split_once(':').ok_or(WRONG)?;
        let (table, from) = match from.split_once('.') {
            Some((table, column)) => (Some(table.to_owned()), column),
            None => (None, from),
        };
        let to = match (&table, to.split_once('.')) {
            (Some(table), Some((of, column))) if same(of, table) => column,
            _ => to,
        };
        if from.is_empty() || to.is_empty() {
            return Err(WRONG);
        }
        Ok(Self::Rename(Rename {
            table,
            from: from.to_owned(),
            to: to.to_owned(),
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::Given;

    fn sql(given: &str) -> String {
        match given.parse().unwrap() {
            Given::Rename(rename) => rename.sql(),
            Given::NothingElse => String::new(),
        }
    }

    #[test]
    fn option_names_table_or_column() {
        assert_eq!(sql("a:b"), "ALTER TABLE a RENAME TO b");
        let column = "ALTER TABLE jobs RENAME COLUMN salary TO pay";
        assert_eq!(sql("jobs.salary:pay"), column);
        assert_eq!(sql("jobs.salary:jobs.pay"), column);
        assert_eq!(sql("none"), "");
        assert!("salary".parse::<Given>().is_err());
        assert!("salary:".parse::<Given>().is_err());
    }
}
