//! Generates, or compares, the parts of pages and files that follow from the core's tables and limits.

mod d1;
mod openapi;
mod tables;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use lexopt::prelude::*;

use crate::error::Error;
use crate::subcommand::Subcommand;
use crate::{demo, project};

pub const COMMAND: Subcommand = Subcommand {
    name: "generate",
    about: "Write what follows from the core's tables: parts of the docs, the demo feed",
    help: "\
Usage: cargo xtask generate [--check]

Writes what follows from the tables and limits of the core (core/src/field/table.rs, core/src/finding.rs,
core/src/limits.rs) and from schema.sql: the parts between `generated: NAME` and `end` in docs/API.md, docs/LIMITS.md,
docs/TABLE.md and docs/openapi.yaml, and the files fuzz/ingest.dict and demo/postings.ndjson. The rest of these pages is
written by hand and stays as it is.

Options:
  --check  Write nothing; fail and name the files that are stale
",
    run: |arguments| match Options::parse(arguments)?.check {
        true => check(),
        false => write(),
    },
};

#[derive(Debug, PartialEq, Eq)]
struct Options {
    check: bool,
}

impl Options {
    fn parse(arguments: Vec<OsString>) -> Result<Self, Error> {
        let mut options = Self { check: false };
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Long("check") => options.check = true,
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}

/// A generated part of a file.
struct Part {
    path: &'static str,
    /// The name in its marker; `None` where the whole file is generated.
    name: Option<&'static str>,
    text: fn() -> String,
}

const PARTS: &[Part] = &[
    Part {
        path: "docs/API.md",
        name: Some("fields"),
        text: tables::fields,
    },
    Part {
        path: "docs/API.md",
        name: Some("codes"),
        text: tables::codes,
    },
    Part {
        path: "docs/LIMITS.md",
        name: Some("fields"),
        text: tables::limits,
    },
    Part {
        path: "docs/LIMITS.md",
        name: Some("d1"),
        text: d1::limits,
    },
    Part {
        path: "docs/TABLE.md",
        name: Some("columns"),
        text: tables::columns,
    },
    Part {
        path: "docs/openapi.yaml",
        name: Some("posting"),
        text: openapi::posting,
    },
    Part {
        path: "docs/openapi.yaml",
        name: Some("names"),
        text: openapi::names,
    },
    Part {
        path: "fuzz/ingest.dict",
        name: None,
        text: jobs_ingest_laws::dictionary,
    },
    Part {
        path: demo::PATH,
        name: None,
        text: demo::ndjson,
    },
];

/// A file whose generated parts are stale.
struct Stale {
    path: PathBuf,
    name: &'static str,
    text: String,
}

fn write() -> Result<(), Error> {
    for stale in stale_files(project::root())? {
        if let Some(folder) = stale.path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        }
        std::fs::write(&stale.path, stale.text).map_err(Error::file("write", &stale.path))?;
        println!("{}", stale.name);
    }
    Ok(())
}

/// Fails if a generated part is stale.
pub fn check() -> Result<(), Error> {
    let stale = stale_files(project::root())?;
    if stale.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = stale.iter().map(|stale| stale.name).collect();
    Err(Error::other(
        format!("stale: {}", names.join(", ")),
        "run: cargo xtask generate",
    ))
}

fn stale_files(root: &Path) -> Result<Vec<Stale>, Error> {
    let mut stale = Vec::new();
    for parts in PARTS.chunk_by(|a, b| a.path == b.path) {
        let Some(Part { path: name, .. }) = parts.first() else {
            continue;
        };
        let path = root.join(name);
        let found = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(cause) => return Err(Error::file("read", path)(cause)),
        };
        let mut text = found.clone();
        for part in parts {
            text = match part.name {
                None => (part.text)(),
                Some(marker) => replace(&text, marker, &(part.text)()).ok_or_else(|| {
                    Error::other(
                        format!("{name} has no part `generated: {marker}` that an `end` closes"),
                        "put the two markers back where the part belongs",
                    )
                })?,
            };
        }
        if text != found {
            stale.push(Stale { path, name, text });
        }
    }
    Ok(stale)
}

/// Replaces the part between its markers, indented as they are. Markers are comments of Markdown or YAML on
/// lines of their own.
fn replace(text: &str, name: &str, part: &str) -> Option<String> {
    let begins = [
        format!("<!-- generated: {name} -->"),
        format!("# generated: {name}"),
    ];
    let mut lines = text.lines();
    let mut replaced = String::with_capacity(text.len());
    let push = |replaced: &mut String, line: &str| {
        replaced.push_str(line);
        replaced.push('\n');
    };
    loop {
        let line = lines.next()?;
        push(&mut replaced, line);
        if begins.iter().any(|begin| begin == line.trim()) {
            let indent: String = line.chars().take_while(|c| *c == ' ').collect();
            for line in part.lines() {
                let line = format!("{indent}{line}");
                push(&mut replaced, line.trim_end());
            }
            break;
        }
    }
    let end = lines.find(|line| ["<!-- end -->", "# end"].contains(&line.trim()))?;
    push(&mut replaced, end);
    for line in lines {
        push(&mut replaced, line);
    }
    Some(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_part_between_its_markers() {
        let page =
            "a\n<!-- generated: x -->\nold\n<!-- end -->\nb\n<!-- generated: y -->\n<!-- end -->\n";
        let expected = "a\n<!-- generated: x -->\nnew\nlines\n<!-- end -->\nb\n<!-- generated: y -->\n<!-- end -->\n";
        assert_eq!(
            replace(page, "x", "new\nlines\n").as_deref(),
            Some(expected)
        );
        assert_eq!(
            replace(expected, "x", "new\nlines").as_deref(),
            Some(expected)
        );
    }

    #[test]
    fn indents_a_part_as_its_marker() {
        let page = "a:\n  # generated: x\n  # end\n";
        assert_eq!(
            replace(page, "x", "b:\n\n  c").as_deref(),
            Some("a:\n  # generated: x\n  b:\n\n    c\n  # end\n")
        );
    }

    #[test]
    fn a_part_without_its_markers_is_an_error() {
        for page in [
            "",
            "# end\n",
            "# generated: x\n",
            "# generated: xy\n# end\n",
            "see # generated: x\n# end\n",
        ] {
            assert_eq!(replace(page, "x", "new"), None, "{page:?}");
        }
    }

    #[test]
    fn reads_its_option() {
        let parse = |arguments: &[&str]| {
            Options::parse(arguments.iter().map(Into::into).collect()).map_err(|e| e.to_string())
        };
        assert_eq!(parse(&[]), Ok(Options { check: false }));
        assert_eq!(parse(&["--check"]), Ok(Options { check: true }));
        assert!(parse(&["--chekc"]).is_err());
    }
}
