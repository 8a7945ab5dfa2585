//! Decides renames: by option, by question, never by guess.

use d1_sim::Simulator;

use crate::ask;
use crate::diff::rename::{self, Candidate, Given, Question, Rename};
use crate::error::Error;
use crate::report;
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
    database: &Simulator,
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
    let is_of_table = |one: &&&Rename| one.table.is_none();
    let mut tables: Vec<Rename> = given
        .iter()
        .filter(is_of_table)
        .map(|one| (*one).clone())
        .collect();
    let known = |schema: &Schema, name: &str| schema.table(name).is_some();
    for one in &tables {
        check(
            &tables,
            one,
            |name| known(&from, name),
            |name| known(to, name),
        )?;
    }
    if has_questions {
        answer(rename::table_questions(&from, to), choice.yes, &mut tables)?;
    }
    let mut renames = rename::in_order(&tables, |name| known(&from, name) || known(to, name));
    for one in &renames {
        work.connection().execute_batch(&one.sql())?;
    }
    let from = schema::read(work.connection(), ledger)?;
    let mut columns: Vec<Rename> = Vec::new();
    for one in given.iter().filter(|one| one.table.is_some()) {
        columns.push(with_new_table(one, &tables));
    }
    let has = |schema: &Schema, one: &Rename, column: &str| {
        let table = schema.table(one.table.as_deref().unwrap_or_default());
        table.is_some_and(|table| table.column(column).is_some())
    };
    for one in &columns {
        check(
            &columns,
            one,
            |name| has(&from, one, name),
            |name| has(to, one, name),
        )?;
    }
    if has_questions {
        answer(
            rename::column_questions(&from, to),
            choice.yes,
            &mut columns,
        )?;
    }
    while let Some(first) = columns.first().cloned() {
        let (own, rest): (Vec<Rename>, Vec<Rename>) =
            columns.into_iter().partition(|one| is_beside(one, &first));
        let is_taken = |name: &str| has(&from, &first, name) || has(to, &first, name);
        renames.extend(rename::in_order(&own, is_taken));
        columns = rest;
    }
    Ok(renames)
}

/// Both are of tables, or of columns of one table.
fn is_beside(a: &Rename, b: &Rename) -> bool {
    match (&a.table, &b.table) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    }
}

/// A column may be given with its table's old or new name.
fn with_new_table(rename: &Rename, tables: &[Rename]) -> Rename {
    let given = rename.table.clone().unwrap_or_default();
    let renamed = tables.iter().find(|one| same(&one.from, &given));
    Rename {
        table: Some(renamed.map_or(given, |one| one.to.clone())),
        ..rename.clone()
    }
}

/// Refuses a rename of what the migrations do not build (`is_old`), to what schema.sql does not have (`is_new`), or
/// between two names of which one stays.
fn check(
    all: &[Rename],
    rename: &Rename,
    is_old: impl Fn(&str) -> bool,
    is_new: impl Fn(&str) -> bool,
) -> Result<(), Error> {
    let what = |name: &str| match &rename.table {
        None => ("table", name.to_owned()),
        Some(table) => ("column", format!("{table}.{name}")),
    };
    let ((kind, from), (_, to)) = (what(&rename.from), what(&rename.to));
    let others = || {
        all.iter()
            .filter(|one| *one != rename && is_beside(one, rename))
    };
    let is_itself = same(&rename.from, &rename.to);
    let message = if !is_old(&rename.from) {
        format!("the migrations build no {kind} {from}")
    } else if !is_new(&rename.to) {
        format!("schema.sql has no {kind} {to}")
    } else if others().any(|one| same(&one.from, &rename.from) || same(&one.to, &rename.to)) {
        format!("another --rename names {from} or {to}, too")
    } else if is_new(&rename.from) && !is_itself && !others().any(|one| same(&one.to, &rename.from))
    {
        format!("schema.sql still has {from}")
    } else if is_old(&rename.to) && !is_itself && !others().any(|one| same(&one.from, &rename.to)) {
        format!("the migrations build {to} already")
    } else {
        return Ok(());
    };
    Err(Error::BadRename {
        given: rename.option(),
        message,
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
                .any(|one| one.table == question.table && same(&one.to, &to.name))
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
        let free: Vec<&Candidate> = question
            .candidates
            .iter()
            .filter(|to| {
                !renames
                    .iter()
                    .any(|one| one.table == question.table && same(&one.to, &to.name))
            })
            .collect();
        if free.is_empty() {
            continue;
        }
        let mut choices: Vec<String> = free
            .iter()
            .map(|to| format!("renamed to {}", described(to)))
            .collect();
        choices.push("dropped, with what is in it".to_owned());
        let index = ask::choose(&format!("What became of {}?", question.subject()), choices)?;
        renames.extend(free.get(index).map(|to| question.answer(&to.name)));
    }
    Ok(())
}

/// Yes to "was it renamed?" is only clear where there is one old and one new, and both are of one type.
fn answer_yes(open: &[Question], renames: &mut Vec<Rename>) -> Result<(), Error> {
    for question in open {
        let [only] = question.candidates.as_slice() else {
            return Err(undecided(open));
        };
        let is_contested = open.iter().any(|other| {
            let names_it = other.candidates.iter().any(|one| one.name == only.name);
            other != question && other.table == question.table && names_it
        });
        if is_contested || !only.difference.is_empty() {
            return Err(undecided(open));
        }
        let rename = question.answer(&only.name);
        report::talk(&format!(
            "note: {} becomes {}; --rename none drops it instead",
            question.subject(),
            only.name
        ));
        renames.push(rename);
    }
    Ok(())
}

fn described(candidate: &Candidate) -> String {
    if candidate.difference.is_empty() {
        candidate.name.clone()
    } else {
        format!("{} ({})", candidate.name, candidate.difference)
    }
}

fn undecided(open: &[Question]) -> Error {
    let questions = open
        .iter()
        .map(|one| {
            format!(
                "{} is gone, {} is new",
                one.subject(),
                one.candidates
                    .iter()
                    .map(described)
                    .collect::<Vec<_>>()
                    .join(" or ")
            )
        })
        .collect::<Vec<_>>()
        .join("; ");
    let example = open
        .first()
        .and_then(|one| {
            one.candidates
                .first()
                .map(|to| one.answer(&to.name).option())
        })
        .unwrap_or_default();
    Error::RenameUndecided {
        questions,
        hint: format!(
            "add --rename {example} to keep the data under the new name, or --rename none to drop it"
        ),
    }
}
