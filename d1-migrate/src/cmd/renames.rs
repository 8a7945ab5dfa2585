//! Decides renames: by option, by question, never by guess.

use d1_sim::D1;

use crate::ask;
use crate::diff::rename::{self, Given, Question, Rename};
use crate::error::Error;
use crate::schema::{self, Schema};
use crate::sql::name::same;

/// How renames are to be decided.
pub struct Choice<'a> {
    /// Values of `--rename`.
    pub given: &'a [Given],
    pub yes: bool,
}

/// The renames between the schema of `database` and `to`, tables first.
pub fn decide(
    database: &D1,
    to: &Schema,
    ledger: &str,
    choice: &Choice<'_>,
) -> Result<Vec<Rename>, Error> {
    let has_questions = !choice.given.contains(&Given::NothingElse);
    let given: Vec<&Rename> = choice
        .given
        .iter()
        .filter_map(|one| match one {
            Given::Rename(rename) => Some(rename),
            Given::NothingElse => None,
        })
        .collect();
    let work = database.copy()?;
    let from = schema::read(work.connection(), ledger)?;
    let mut renames: Vec<Rename> = given
        .iter()
        .filter(|one| one.table.is_none())
        .map(|one| (*one).clone())
        .collect();
    for one in &renames {
        check_table(&from, to, one)?;
    }
    if has_questions {
        answer(rename::table_questions(&from, to), choice.yes, &mut renames)?;
    }
    for one in &renames {
        work.connection().execute_batch(&one.sql())?;
    }
    let from = schema::read(work.connection(), ledger)?;
    let mut columns: Vec<Rename> = Vec::new();
    for one in given.iter().filter(|one| one.table.is_some()) {
        columns.push(check_column(&from, to, one, &renames)?);
    }
    if has_questions {
        answer(
            rename::column_questions(&from, to),
            choice.yes,
            &mut columns,
        )?;
    }
    renames.extend(columns);
    Ok(renames)
}

fn bad(rename: &Rename, message: impl Into<String>) -> Error {
    Error::BadRename {
        given: rename.option(),
        message: message.into(),
    }
}

fn check_table(from: &Schema, to: &Schema, rename: &Rename) -> Result<(), Error> {
    if from.table(&rename.from).is_none() {
        return Err(bad(
            rename,
            format!("the migrations build no table {}", rename.from),
        ));
    }
    if to.table(&rename.to).is_none() {
        return Err(bad(
            rename,
            format!("schema.sql has no table {}", rename.to),
        ));
    }
    if to.table(&rename.from).is_some() {
        return Err(bad(rename, format!("schema.sql still has {}", rename.from)));
    }
    Ok(())
}

/// A column may be given with its table's old or new name.
fn check_column(
    from: &Schema,
    to: &Schema,
    rename: &Rename,
    tables: &[Rename],
) -> Result<Rename, Error> {
    let given = rename.table.clone().unwrap_or_default();
    let table = tables
        .iter()
        .find(|one| same(&one.from, &given))
        .map_or(given, |one| one.to.clone());
    let has = |schema: &Schema, column: &str| {
        schema
            .table(&table)
            .is_some_and(|one| one.column(column).is_some())
    };
    if !has(from, &rename.from) {
        return Err(bad(
            rename,
            format!("the migrations build no column {table}.{}", rename.from),
        ));
    }
    if !has(to, &rename.to) {
        return Err(bad(
            rename,
            format!("schema.sql has no column {table}.{}", rename.to),
        ));
    }
    if has(to, &rename.from) {
        return Err(bad(
            rename,
            format!("schema.sql still has {table}.{}", rename.from),
        ));
    }
    Ok(Rename {
        table: Some(table),
        ..rename.clone()
    })
}

/// Answers what no option has answered.
fn answer(questions: Vec<Question>, yes: bool, renames: &mut Vec<Rename>) -> Result<(), Error> {
    let mut open: Vec<Question> = Vec::new();
    for mut question in questions {
        let in_same_place = |one: &&Rename| one.table == question.table;
        if renames
            .iter()
            .filter(in_same_place)
            .any(|one| same(&one.from, &question.gone))
        {
            continue;
        }
        question.candidates.retain(|to| {
            !renames
                .iter()
                .any(|one| one.table == question.table && same(&one.to, to))
        });
        if !question.candidates.is_empty() {
            open.push(question);
        }
    }
    if yes {
        return answer_yes(&open, renames);
    }
    if !open.is_empty() && !ask::is_terminal() {
        return Err(undecided(&open));
    }
    for question in open {
        let free: Vec<String> = question
            .candidates
            .iter()
            .filter(|to| {
                !renames
                    .iter()
                    .any(|one| one.table == question.table && same(&one.to, to))
            })
            .cloned()
            .collect();
        if free.is_empty() {
            continue;
        }
        let mut choices: Vec<String> = free.iter().map(|to| format!("renamed to {to}")).collect();
        choices.push("dropped, with what is in it".to_owned());
        let index = ask::choose(&format!("What became of {}?", question.subject()), choices)?;
        renames.extend(free.get(index).map(|to| question.answer(to)));
    }
    Ok(())
}

/// Yes to "was it renamed?" is only clear where there is one old and one new.
fn answer_yes(open: &[Question], renames: &mut Vec<Rename>) -> Result<(), Error> {
    for question in open {
        let [only] = question.candidates.as_slice() else {
            return Err(undecided(open));
        };
        let is_contested = open.iter().any(|other| {
            other != question && other.table == question.table && other.candidates.contains(only)
        });
        if is_contested {
            return Err(undecided(open));
        }
        renames.push(question.answer(only));
    }
    Ok(())
}

fn undecided(open: &[Question]) -> Error {
    let questions = open
        .iter()
        .map(|one| {
            format!(
                "{} is gone, {} is new",
                one.subject(),
                one.candidates.join(" or ")
            )
        })
        .collect::<Vec<_>>()
        .join("; ");
    let example = open
        .first()
        .and_then(|one| one.candidates.first().map(|to| one.answer(to).option()))
        .unwrap_or_default();
    Error::RenameUndecided {
        questions,
        hint: format!(
            "add --rename {example} to keep the data under the new name, or --rename none to drop it"
        ),
    }
}
