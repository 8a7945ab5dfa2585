//! `migrations/template`, from which `generate` makes files. A team may edit it.

use std::io::ErrorKind;
use std::path::Path;

use super::error::Error;

/// Name of the template in the migrations folder; not `.sql`, so that wrangler leaves it alone.
pub const FILE_NAME: &str = "template";

/// The template that `init` writes.
pub const DEFAULT: &str = include_str!("template.txt");

/// What goes into the template.
#[derive(Default)]
pub struct Parts<'a> {
    pub up: &'a [String],
    pub verify: &'a [String],
    pub down: &'a [String],
}

/// Reads the template of a migrations folder.
pub fn read(dir: &Path) -> Result<String, Error> {
    let path = dir.join(FILE_NAME);
    std::fs::read_to_string(&path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => Error::NoTemplate { path },
        _ => Error::Read { path, source },
    })
}

/// The template with its places filled.
pub fn fill(template: &str, parts: &Parts<'_>) -> Result<String, Error> {
    for place in ["{{up}}", "{{down}}"] {
        if !template.contains(place) {
            return Err(Error::Hinted {
                message: format!("migrations/{FILE_NAME} has no {place}"),
                hint: "put it on a line of its own, or restore the file from version control"
                    .to_owned(),
            });
        }
    }
    let down: Vec<String> = sql(parts.down)
        .lines()
        .map(|line| {
            // White space at the end of a line may be inside a string.
            let gap = if line.is_empty() { "" } else { " " };
            format!("--{gap}{line}")
        })
        .collect();
    let text = (template.to_owned() + "\n")
        .replace("\r\n", "\n")
        .replace("{{up}}", &sql(parts.up))
        .replace("{{verify}}\n", &lines(parts.verify))
        .replace("{{down}}", &down.join("\n"));
    Ok(format!("{}\n", text.trim_end()))
}

/// [`sql`] with an end of line, or nothing at all.
fn lines(statements: &[String]) -> String {
    let text = sql(statements);
    if text.is_empty() { text } else { text + "\n" }
}

fn sql(statements: &[String]) -> String {
    let lines: Vec<String> = statements.iter().map(|one| format!("{one};")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

    use super::{Parts, fill};
    use crate::file::Migration;

    #[test]
    fn parts_come_back_out_of_the_file() {
        let of = |sql: &[&str]| sql.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let up = of(&[
            "CREATE TABLE a (\n  b TEXT DEFAULT '\n\n-- migrate:down\n;'\n)",
            "SELECT 1",
        ]);
        let down = of(&["CREATE VIEW v AS SELECT '*/ \n\n x;'", "DROP TABLE a"]);
        let template =
            "-- migrate:up\n{{up}}\n-- migrate:verify\n{{verify}}\n-- migrate:down\n{{down}}\n";
        let text = fill(
            template,
            &Parts {
                up: &up,
                verify: &[],
                down: &down,
            },
        )
        .unwrap();
        let file = Migration::parse("0001_a.sql", &text);
        let sql = |all: &[crate::file::Statement]| -> Vec<String> {
            all.iter().map(|one| one.sql.clone()).collect()
        };
        assert_eq!(sql(&file.statements), up);
        assert_eq!(sql(&file.down.unwrap()), down);
    }

    #[test]
    fn place_on_the_last_line_is_filled_too() {
        let template =
            "-- migrate:up\n{{up}}\n-- migrate:down\n{{down}}\n-- migrate:verify\n{{verify}}";
        let nothing = Parts {
            up: &[],
            verify: &[],
            down: &[],
        };
        assert!(!fill(template, &nothing).unwrap().contains("{{"));
    }

    #[test]
    fn template_without_a_place_is_refused() {
        let parts = Parts {
            up: &[],
            verify: &[],
            down: &[],
        };
        assert!(fill("-- migrate:up\n{{up}}\n", &parts).is_err());
    }
}
