//! `db list`: the files in order.

use serde::Serialize;

use crate::checksum::Seal;
use crate::error::Error;
use crate::exit::Exit;
use crate::file::Migration;
use crate::project::Project;
use crate::report;

/// Options of `list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    number: Option<u64>,
    name: &'a str,
    sections: Vec<&'static str>,
    statements: usize,
    /// sealed, new, modified or out of order.
    checksum: &'static str,
}

/// Prints the files.
pub fn run(project: &Project, args: &Args) -> Result<Exit, Error> {
    let rows: Vec<Row<'_>> = project
        .migrations
        .iter()
        .zip(&project.checksums.seals)
        .map(|(migration, seal)| row(migration, *seal))
        .collect();
    if args.json {
        report::json(&rows)?;
        return Ok(Exit::Ok);
    }
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.number.map(|n| format!("{n:04}")).unwrap_or_default(),
                row.name.to_owned(),
                row.sections.join(" "),
                row.statements.to_string(),
                row.checksum.to_owned(),
            ]
        })
        .collect();
    report::table(
        &["number", "name", "sections", "statements", "checksum"],
        &lines,
    )?;
    for name in &project.checksums.missing {
        report::talk(&format!("missing: {name} is in the checksum file only"));
    }
    Ok(Exit::Ok)
}

fn row(migration: &Migration, seal: Seal) -> Row<'_> {
    Row {
        number: migration.number,
        name: &migration.name,
        sections: migration.sections(),
        statements: migration.statements.len(),
        checksum: match seal {
            Seal::Sealed => "sealed",
            Seal::New => "new",
            Seal::Modified => "modified",
            Seal::OutOfOrder => "out of order",
        },
    }
}
