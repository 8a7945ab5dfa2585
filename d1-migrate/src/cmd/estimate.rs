//! How many rows a migration will write, and how long that takes D1, from the rows that are there now.

use crate::error::Error;
use crate::file::{Migration, Section, Statement};
use crate::program::call;
use crate::report;
use crate::sql::lex::tokens;
use crate::sql::name::{ident, mentions, same, unquote};
use crate::sql::shape::Shape;
use crate::target::Target;
use crate::words::counted;

/// Seconds after which D1 ends a batch, and a migration is one. Documented.
const MAX_SECONDS: u64 = 30;

/// Rows that D1 writes in a second, on the careful side: local D1 takes 0.13 s for 10,000 rows of 870 bytes.
const ROWS_PER_SECOND: u64 = 50_000;

/// Fewer rows are not worth a word.
const MIN_ROWS: u64 = 10_000;

/// Says what each file will write, when it is much.
pub fn tell(target: &Target<'_>, pending: &[&Migration]) -> Result<(), Error> {
    if !target.exists() {
        return Ok(());
    }
    for migration in pending {
        let touched = touched_rows(target, migration)?;
        let n_rows: u64 = touched.iter().map(|one| one.n_rows * one.n_times).sum();
        let names: Vec<String> = touched.iter().map(Touched::in_words).collect();
        if n_rows < MIN_ROWS {
            continue;
        }
        let seconds = n_rows.div_ceil(ROWS_PER_SECOND);
        report::talk(&format!(
            "{}: about {n_rows} row writes in {}, about {seconds} s of the {MAX_SECONDS} s that D1 gives",
            migration.name,
            names.join(", ")
        ));
        if seconds > MAX_SECONDS {
            report::talk(&format!(
                "warning: {} may not finish in time; a new column at the end needs no rebuild, and a `-- migrate:backfill` section fills it in batches",
                migration.name
            ));
        }
    }
    Ok(())
}

/// Says what a rebuild in a new file would write to this database.
pub fn tell_rebuild(target: &Target<'_>, migration: &Migration) -> Result<(), Error> {
    let elsewhere = format!(
        "{} counts the rows of another database",
        call("migrate --env NAME --dry-run")
    );
    let touched = if target.exists() {
        touched_rows(target, migration)?
    } else {
        Vec::new()
    };
    if touched.is_empty() {
        report::talk(&format!(
            "note: what is rebuilt is empty in {}; {elsewhere}",
            target.label()
        ));
        return Ok(());
    }
    let n_rows: u64 = touched.iter().map(|one| one.n_rows).sum();
    let names: Vec<String> = touched.iter().map(Touched::in_words).collect();
    report::talk(&format!(
        "note: in {} that is {} row writes, for {}; {elsewhere}",
        target.label(),
        2 * n_rows,
        names.join(", ")
    ));
    Ok(())
}

/// A table with rows of which a migration reads or writes every one.
struct Touched {
    table: String,
    n_rows: u64,
    /// How often it writes each.
    n_times: u64,
}

impl Touched {
    fn in_words(&self) -> String {
        let n = usize::try_from(self.n_rows).unwrap_or(usize::MAX);
        format!("{} ({})", self.table, counted(n, "row"))
    }
}

fn touched_rows(target: &Target<'_>, migration: &Migration) -> Result<Vec<Touched>, Error> {
    let tables: Vec<String> = target
        .schema()?
        .tables()
        .map(|table| table.name.clone())
        .collect();
    let mut out = Vec::new();
    for (table, n_times) in touched(migration, &tables) {
        let sql = format!("SELECT count(*) AS n FROM {}", ident(table));
        let n_rows = report::progress("counting rows", || target.count(&sql))?;
        if n_rows > 0 {
            out.push(Touched {
                table: table.to_owned(),
                n_rows,
                n_times,
            });
        }
    }
    Ok(out)
}

/// The tables of which a migration reads or writes every row, and how often it writes a row for each.
fn touched<'a>(migration: &Migration, tables: &'a [String]) -> Vec<(&'a str, u64)> {
    let mut out: Vec<(&str, u64)> = Vec::new();
    let statements = migration
        .statements
        .iter()
        .filter(|one| one.section != Section::Verify);
    for statement in statements {
        for table in tables {
            if !writes_each_row(statement, table) {
                continue;
            }
            match out.iter_mut().find(|(name, _)| name == table) {
                Some((_, n)) => *n += 1,
                None => out.push((table, 1)),
            }
        }
    }
    out
}

fn writes_each_row(statement: &Statement, table: &str) -> bool {
    match &statement.shape {
        Shape::Change { word, table: into } if word == "insert" => {
            reads(&statement.sql, table)
                || same(into, &format!("{table}_aside"))
                || (same(into, table) && reads(&statement.sql, &format!("{table}_aside")))
        }
        Shape::Change { table: of, .. } => same(of, table),
        Shape::CreateTable { .. } => reads(&statement.sql, table),
        Shape::DropTable { table: of } | Shape::CreateUniqueIndex { table: of, .. } => {
            same(of, table)
        }
        Shape::Other => {
            statement
                .sql
                .get(..12)
                .is_some_and(|head| same(head, "create index"))
                && mentions(&statement.sql, table)
        }
        _ => false,
    }
}

/// Whether a table stands behind FROM or JOIN.
fn reads(sql: &str, table: &str) -> bool {
    let all: Vec<_> = tokens(sql)
        .into_iter()
        .filter(|one| one.is_useful())
        .collect();
    all.iter().zip(all.iter().skip(1)).any(|(word, name)| {
        (word.is("from") || word.is("join")) && same(&unquote(name.text), table)
    })
}

#[cfg(test)]
mod tests {
    use super::touched;
    use crate::file::Migration;

    fn of(sql: &str) -> Vec<(String, u64)> {
        let tables = ["a", "b"].map(ToOwned::to_owned);
        let file = Migration::parse("0001_a.sql", sql);
        let found = touched(&file, &tables);
        found
            .into_iter()
            .map(|(name, n)| (name.to_owned(), n))
            .collect()
    }

    #[test]
    fn rebuild_writes_each_row_of_its_tables_several_times() {
        let rebuild = "CREATE TABLE a_aside AS SELECT x FROM a; CREATE TABLE b_aside AS SELECT x FROM b; DELETE FROM b; DROP TABLE a; CREATE TABLE a (x); INSERT INTO a (x) SELECT x FROM a_aside; INSERT INTO b (x) SELECT x FROM b_aside; DROP TABLE a_aside;";
        assert_eq!(of(rebuild), [("a".to_owned(), 3), ("b".to_owned(), 3)]);
    }

    #[test]
    fn what_touches_no_row_writes_none() {
        assert!(of("ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1); CREATE VIEW v AS SELECT * FROM a;").is_empty());
        assert_eq!(
            of("UPDATE a SET x = 1; CREATE INDEX i ON a (x);"),
            [("a".to_owned(), 2)]
        );
    }
}
