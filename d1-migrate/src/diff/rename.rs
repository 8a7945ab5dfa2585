//! Renames: which are possible, and which were decided. A rename keeps the data, a drop and an add do not.

use std::str::FromStr;

use crate::schema::{Column, Schema, Table};
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
    pub fn reversed(&self) -> Self {
        Self {
            table: self.table.clone(),
            from: self.to.clone(),
            to: self.from.clone(),
        }
    }

    /// As `--rename` takes it.
    pub fn option(&self) -> String {
        let (from, to) = (quoted(&self.from), quoted(&self.to));
        match &self.table {
            None => format!("{from}:{to}"),
            Some(table) => format!("{}.{from}:{to}", quoted(table)),
        }
    }
}

/// A name as a value of `--rename` has it: in double quotes when it holds one of the marks of such a value.
fn quoted(name: &str) -> String {
    if name.contains(['.', ':', '"']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

/// Puts renames of tables, or of the columns of one table, in an order in which no name is taken twice: the end of a
/// chain first, and one of a cycle by way of a free name.
pub fn in_order(renames: &[Rename], is_taken: impl Fn(&str) -> bool) -> Vec<Rename> {
    let mut waiting = renames.to_vec();
    let mut out = Vec::new();
    while !waiting.is_empty() {
        let is_free = |rename: &Rename| {
            let is_itself = same(&rename.from, &rename.to);
            // A table cannot take its own name, in whatever case; a column can.
            (is_itself && rename.table.is_some())
                || !waiting.iter().any(|other| same(&other.from, &rename.to))
        };
        if let Some(at) = waiting.iter().position(is_free) {
            out.push(waiting.remove(at));
            continue;
        }
        let Some(first) = waiting.first_mut() else {
            break;
        };
        let mut aside = format!("{}_aside", first.from);
        while is_taken(&aside) {
            aside.push('_');
        }
        out.push(Rename {
            to: aside.clone(),
            ..first.clone()
        });
        first.from = aside;
    }
    out
}

/// Something that is gone, and what it may have become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// `None` for a table.
    pub table: Option<String>,
    pub gone: String,
    pub candidates: Vec<Candidate>,
}

/// What something that is gone may have become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub name: String,
    /// How it differs from what is gone, beside the name; empty when in nothing.
    pub difference: String,
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
            let candidates: Vec<Candidate> = new
                .iter()
                .filter(|table| resembles(gone, table))
                .map(|table| Candidate {
                    name: table.name.clone(),
                    difference: if has_same_columns(gone, table) {
                        String::new()
                    } else {
                        "other columns".to_owned()
                    },
                })
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

fn has_same_columns(a: &Table, b: &Table) -> bool {
    let has_twin = |column: &Column| {
        b.column(&column.name)
            .is_some_and(|other| difference(column, other).is_empty())
    };
    a.columns.len() == b.columns.len() && a.columns.iter().all(has_twin)
}

/// How a column differs from another in what its values are.
fn difference(old: &Column, new: &Column) -> String {
    if !same(&old.declared, &new.declared) {
        let shown = |declared: &str| match declared {
            "" => "no type".to_owned(),
            other => other.to_owned(),
        };
        format!("{}, not {}", shown(&new.declared), shown(&old.declared))
    } else if old.generated != new.generated {
        "one of them is computed".to_owned()
    } else {
        String::new()
    }
}

/// Columns that are gone from a table that has new ones.
pub fn column_questions(from: &Schema, to: &Schema) -> Vec<Question> {
    let mut questions = Vec::new();
    for old in from.tables() {
        let Some(new) = to.table(&old.name) else {
            continue;
        };
        let added: Vec<&Column> = new
            .columns
            .iter()
            .filter(|column| old.column(&column.name).is_none())
            .collect();
        for column in old
            .columns
            .iter()
            .filter(|one| new.column(&one.name).is_none())
        {
            let candidates = added.iter().map(|other| Candidate {
                name: other.name.clone(),
                difference: difference(column, other),
            });
            if !added.is_empty() {
                questions.push(Question {
                    table: Some(new.name.clone()),
                    gone: column.name.clone(),
                    candidates: candidates.collect(),
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
        const WRONG: &str = "write old:new for a table, table.old:new for a column, or none; a name with a dot or colon in double quotes";
        if given == "none" {
            return Ok(Self::NothingElse);
        }
        let (from, rest) = names(given).ok_or(WRONG)?;
        let (to, _) = rest
            .strip_prefix(':')
            .and_then(names)
            .filter(|(_, rest)| rest.is_empty())
            .ok_or(WRONG)?;
        let (table, from, to) = match (from.as_slice(), to.as_slice()) {
            ([from], [to]) => (None, from, to),
            ([table, from], [to]) => (Some(table.clone()), from, to),
            ([table, from], [of, to]) if same(of, table) => (Some(table.clone()), from, to),
            _ => return Err(WRONG),
        };
        Ok(Self::Rename(Rename {
            table,
            from: from.clone(),
            to: to.clone(),
        }))
    }
}

/// One or more names with dots between them, up to a colon or the end; and the rest.
fn names(text: &str) -> Option<(Vec<String>, &str)> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        let name;
        (name, rest) = one_name(rest)?;
        out.push(name);
        match rest.strip_prefix('.') {
            Some(after) => rest = after,
            None => return Some((out, rest)),
        }
    }
}

fn one_name(text: &str) -> Option<(String, &str)> {
    let Some(mut rest) = text.strip_prefix('"') else {
        let end = text.find(['.', ':']).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end)?;
        return (!name.is_empty()).then(|| (name.to_owned(), rest));
    };
    let mut name = String::new();
    loop {
        let (before, after) = rest.split_once('"')?;
        name.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return (!name.is_empty()).then_some((name, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::{Given, Rename, in_order};

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

    #[test]
    fn names_with_dots_are_quoted() {
        assert_eq!(
            sql("\"a.b\".\"x:\"\"y\":z"),
            "ALTER TABLE \"a.b\" RENAME COLUMN \"x:\"\"y\" TO z"
        );
        assert!("a.b.c:d".parse::<Given>().is_err());
        let rename = Rename {
            table: Some("a.b".to_owned()),
            from: "c".to_owned(),
            to: "d\"".to_owned(),
        };
        let back = rename.option().parse::<Given>();
        assert_eq!(back, Ok(Given::Rename(rename)));
    }

    #[test]
    fn chains_and_cycles_take_no_name_twice() {
        let order = |all: &[(&str, &str)], table: Option<&str>| -> Vec<String> {
            let renames: Vec<Rename> = all
                .iter()
                .map(|(from, to)| Rename {
                    table: table.map(ToOwned::to_owned),
                    from: (*from).to_owned(),
                    to: (*to).to_owned(),
                })
                .collect();
            let ordered = in_order(&renames, |name| name == "a_aside");
            ordered
                .iter()
                .map(|one| format!("{}:{}", one.from, one.to))
                .collect()
        };
        assert_eq!(order(&[("a", "b"), ("b", "c")], None), ["b:c", "a:b"]);
        assert_eq!(
            order(&[("a", "b"), ("b", "a")], None),
            ["a:a_aside_", "b:a", "a_aside_:b"]
        );
        assert_eq!(
            order(&[("Jobs", "jobs")], None),
            ["Jobs:Jobs_aside", "Jobs_aside:jobs"]
        );
        assert_eq!(order(&[("Title", "title")], Some("jobs")), ["Title:title"]);
    }
}
