//! Writes the skeleton of a check of `validate`.

use std::ffi::OsString;
use std::fs;

use crate::error::Error;
use crate::project;
use crate::subcommand::Subcommand;

pub const COMMAND: Subcommand = Subcommand {
    name: "new-check",
    about: "Write the skeleton of a check of `cargo db validate`",
    help: "\
Usage: cargo xtask new-check CODE NAME

Writes d1-migrate/src/checks/CODE_NAME.rs, with everything that a check has, and registers it. CODE is
the family and a number that is free (T109), NAME what is wrong in a word or more (lower_case_end).

  cargo xtask new-check T109 lower_case_end
",
    run: |arguments| new_check(&arguments),
};

const SKELETON: &str = r##"//! CODE: what is wrong, in half a sentence.

use crate::check::{Check, Example, Findings, Logic, Severity};
use crate::file::Migration;

/// CODE.
pub static CHECK: Check = Check {
    code: "CODE",
    // Error: it fails or loses rows. Warning: it may. Note: somebody may want to know.
    severity: Severity::Error,
    why: "what happens otherwise, in one sentence",
    instead: "what to do instead, in one sentence",
    // `Logic` lists when a check can look, and at what.
    logic: &[Logic::File(check)],
    bad: &[Example::new(
        r#"-- migrate:up
SELECT 'a migration that the check reports';
"#,
    )],
    good: &[Example::new(
        r#"-- migrate:up
SELECT 'a migration close to it, without a finding';
"#,
    )],
};

fn check(migration: &Migration, findings: &mut Findings<'_>) {
    for statement in &migration.statements {
        if statement.sql.contains("the check reports") {
            findings.add(migration, statement.start, "what this statement does");
        }
    }
}
"##;

fn new_check(arguments: &[OsString]) -> Result<(), Error> {
    let [code, name] = arguments else {
        return Err(Error::usage("a code and a name are needed"));
    };
    let module = module(&code.to_string_lossy(), &name.to_string_lossy())?;
    let code = code.to_string_lossy().to_ascii_uppercase();
    let dir = project::root().join("d1-migrate/src/checks");
    let registry_path = dir.join("mod.rs");
    let registry =
        fs::read_to_string(&registry_path).map_err(Error::file("read", &registry_path))?;
    let taken = format!("mod {}_", code.to_ascii_lowercase());
    if let Some(line) = registry.lines().find(|line| line.starts_with(&taken)) {
        return Err(Error::other(
            format!("{code} is taken: `{line}`"),
            "take a number that is free in d1-migrate/src/checks/mod.rs",
        ));
    }
    let path = dir.join(format!("{module}.rs"));
    fs::write(&path, SKELETON.replace("CODE", &code)).map_err(Error::file("write", &path))?;
    fs::write(&registry_path, registered(&registry, &module))
        .map_err(Error::file("write", &registry_path))?;
    println!("d1-migrate/src/checks/{module}.rs");
    eprintln!(
        "next: write the check and its examples, name {code} in docs/MIGRATIONS.md, then run \
         `cargo test --package d1-migrate`"
    );
    Ok(())
}

/// The name of a check's module.
fn module(code: &str, name: &str) -> Result<String, Error> {
    let letters = code.trim_end_matches(|c: char| c.is_ascii_digit());
    let n_digits = code.len() - letters.len();
    let is_code = (1..=2).contains(&letters.len())
        && letters.chars().all(|c| c.is_ascii_alphabetic())
        && n_digits == 3;
    if !is_code {
        return Err(Error::usage(format!(
            "'{code}' is not a code: one or two letters and three digits"
        )));
    }
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !is_name {
        return Err(Error::usage(format!(
            "'{name}' is not the name of a Rust module: lower-case letters, digits and _"
        )));
    }
    Ok(format!("{}_{name}", code.to_ascii_lowercase()))
}

/// Returns the registry with the module and its check inserted in order.
fn registered(registry: &str, module: &str) -> String {
    let entries = [
        ("mod ", format!("mod {module};")),
        ("    &", format!("    &{module}::CHECK,")),
    ];
    let mut lines: Vec<&str> = registry.lines().collect();
    for (prefix, entry) in &entries {
        let is_entry = |line: &&str| line.starts_with(prefix) && line.contains('_');
        let later = lines
            .iter()
            .position(|line| is_entry(line) && *line > entry.as_str());
        let after_last = lines.iter().rposition(is_entry).map_or(0, |last| last + 1);
        lines.insert(later.unwrap_or(after_last), entry);
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::{module, registered};

    const REGISTRY: &str = "\
//! Checks.

mod a401_b;
mod t101_c;

pub static ALL: &[&Check] = &[
    &a401_b::CHECK,
    &t101_c::CHECK,
];
";

    #[test]
    fn check_is_registered_in_order() {
        let between = registered(REGISTRY, "f501_x");
        assert_eq!(
            between,
            REGISTRY
                .replace("mod t101_c;", "mod f501_x;\nmod t101_c;")
                .replace("    &t101", "    &f501_x::CHECK,\n    &t101")
        );
        let last = registered(REGISTRY, "t102_x");
        assert_eq!(
            last,
            REGISTRY
                .replace("mod t101_c;", "mod t101_c;\nmod t102_x;")
                .replace(
                    "    &t101_c::CHECK,",
                    "    &t101_c::CHECK,\n    &t102_x::CHECK,"
                )
        );
    }

    #[test]
    fn module_is_named_after_code_and_name() {
        assert_eq!(
            module("T109", "lower_case_end").unwrap(),
            "t109_lower_case_end"
        );
        for (code, name) in [
            ("T19", "x"),
            ("TTT109", "x"),
            ("109", "x"),
            ("T109", "X y"),
            ("T109", ""),
        ] {
            assert!(module(code, name).is_err(), "{code} {name}");
        }
    }
}
