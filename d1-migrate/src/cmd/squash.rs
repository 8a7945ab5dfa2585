//! `squash N`: replaces the files up to number N by one that builds the same.
//!
//! The new file keeps the name of the last one it replaces. So every database that has all of them has it, too, and its
//! ledger stays as it is; a new database gets the schema in one step. One that has only some of them is refused by
//! `migrate`: the names are kept in the checksum file.

use d1_sim::Simulator;
use d1_sim::rusqlite::Connection;

use crate::ask;
use crate::checksum::{self, Seal};
use crate::diff::schema_diff;
use crate::error::Error;
use crate::exit::Exit;
use crate::file::Migration;
use crate::project::{self, Project};
use crate::report;
use crate::schema::{self, Kind, Object, Schema, print};
use crate::sql::name::{ident, ident_list};
use crate::words::counted;

/// Options of `squash`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Replace the files up to this number
    number: u64,
}

/// Builds, proves, asks, writes.
pub fn run(project: &Project, args: &Args, yes: bool) -> Result<Exit, Error> {
    let last = project.by_number(args.number)?;
    let n_old = 1 + project
        .migrations
        .iter()
        .position(|one| one.name == last.name)
        .unwrap_or(0);
    let (old, rest) = project.migrations.split_at(n_old);
    if old.len() < 2 {
        return Err(Error::Refused(format!(
            "there is nothing before {} to squash",
            last.name
        )));
    }
    refuse_unsealed(project)?;
    let is_old = |one: &Migration| old.iter().any(|other| other.name == one.name);
    let database = report::progress("replaying the migrations", || project.replay(is_old))?;
    let ledger = &project.database.ledger;
    let built = schema::read(database.connection(), ledger)?;
    let text = text(&database, &built, old)?;
    prove(&text, &database, &built, ledger)?;
    report::data(&text)?;
    report::talk(&format!(
        "this replaces {}; databases that have all of them need nothing, and one that has only some must be migrated before",
        counted(old.len(), "file")
    ));
    ask::confirm(&format!("squash them into {}?", last.name), yes)?;
    let dir = &project.database.migrations_dir;
    let baseline = Migration::parse(&last.name, &text);
    let names = old.iter().map(|one| one.name.clone());
    let mut squashed = project.squashed.clone();
    squashed.extend(
        names
            .filter(|name| *name != last.name)
            .map(|name| (name, last.name.clone())),
    );
    let all: Vec<Migration> = std::iter::once(baseline)
        .chain(rest.iter().cloned())
        .collect();
    let sums = checksum::build(&all) + &checksum::squashed_lines(&squashed);
    project::write(&dir.join(&last.name), &text)?;
    project::write(&project.checksum_path(), &sums)?;
    for one in old.iter().filter(|one| one.name != last.name) {
        let path = dir.join(&one.name);
        std::fs::remove_file(&path).map_err(|source| Error::Write { path, source })?;
    }
    report::talk(&format!(
        "squashed {} into {}",
        counted(old.len(), "file"),
        last.name
    ));
    Ok(Exit::Ok)
}

/// Only a folder that is as databases know it can be squashed.
fn refuse_unsealed(project: &Project) -> Result<(), Error> {
    let is_sealed = project
        .checksums
        .seals
        .iter()
        .all(|one| *one == Seal::Sealed);
    if is_sealed && project.checksums.missing.is_empty() {
        return Ok(());
    }
    Err(Error::Hinted {
        message: "the folder is not the one that checksums.txt knows".to_owned(),
        hint: format!("{} says what differs", crate::program::call("validate")),
    })
}

/// The text of the baseline: the schema, and the rows that the replaced files put in.
fn text(database: &Simulator, built: &Schema, old: &[Migration]) -> Result<String, Error> {
    let first = old.first().map_or("", |one| one.name.as_str());
    let is_trigger = |one: &&Object| one.kind == Kind::Trigger;
    let (triggers, others): (Vec<&Object>, Vec<&Object>) =
        built.objects.iter().partition(is_trigger);
    let printed = |objects: Vec<&Object>| {
        print(&Schema {
            objects: objects.into_iter().cloned().collect(),
        })
    };
    let mut out = format!(
        "-- All migrations from {first} to this one.\n-- allow F503: before it there is nothing\n\n-- migrate:up\n{}",
        printed(others)
    );
    let mut rows = String::new();
    for table in built.tables() {
        let rowid = table.rowid_name().filter(|_| table.rowid_alias.is_none());
        let stored = table.stored().map(|column| column.name.as_str());
        let columns: Vec<&str> = rowid.as_deref().into_iter().chain(stored).collect();
        rows.push_str(&inserts(database.connection(), &table.name, &columns)?);
    }
    if !rows.is_empty() {
        out.push_str("\n-- migrate:data\nPRAGMA defer_foreign_keys = ON;\n");
        out.push_str(&rows);
    }
    // Last, so that the rows fire none.
    if !triggers.is_empty() {
        out.push('\n');
        out.push_str(&printed(triggers));
    }
    Ok(out)
}

fn inserts(connection: &Connection, table: &str, columns: &[&str]) -> Result<String, Error> {
    let list = ident_list(columns.iter().copied());
    let values: Vec<String> = columns
        .iter()
        .map(|name| format!("quote({})", ident(name)))
        .collect();
    let query = format!(
        "SELECT {} FROM {}",
        values.join(" || ', ' || "),
        ident(table)
    );
    let mut statement = connection.prepare(&query)?;
    let mut rows = statement.query([])?;
    let mut out = String::new();
    while let Some(row) = rows.next()? {
        let values: String = row.get(0)?;
        out.push_str(&format!(
            "INSERT INTO {} ({list}) VALUES ({values});\n",
            ident(table)
        ));
    }
    Ok(out)
}

/// Runs the baseline and compares schema and rows with what the old files build.
fn prove(text: &str, old: &Simulator, built: &Schema, ledger: &str) -> Result<(), Error> {
    let baseline = Migration::parse("0001_baseline.sql", text);
    let database = Simulator::empty()?;
    database
        .run(baseline.statements.iter().map(|one| one.sql.as_str()))
        .map_err(|failure| {
            Error::Refused(format!("the squashed file fails: {}", failure.message))
        })?;
    let reached = schema::read(database.connection(), ledger)?;
    if !reached.same_as(built) {
        let diff = schema_diff(built, &reached);
        return Err(Error::Refused(format!(
            "the squashed file builds another schema:\n{diff}"
        )));
    }
    for table in built.tables() {
        let columns: Vec<&str> = table.columns.iter().map(|one| one.name.as_str()).collect();
        let rows = |of: &Simulator| inserts(of.connection(), &table.name, &columns);
        if rows(old)? != rows(&database)? {
            return Err(Error::Refused(format!(
                "the squashed file puts other rows into {}",
                table.name
            )));
        }
    }
    let is_virtual = |one: &&Object| one.detail.is_none();
    for table in built.of(Kind::Table).filter(is_virtual) {
        let count = |of: &Simulator| -> Result<i64, Error> {
            let sql = format!("SELECT count(*) FROM {}", ident(&table.name));
            Ok(of.connection().query_row(&sql, [], |row| row.get(0))?)
        };
        if count(old)? != count(&database)? {
            return Err(Error::Refused(format!(
                "the rows of the virtual table {} cannot be squashed",
                table.name
            )));
        }
    }
    Ok(())
}
