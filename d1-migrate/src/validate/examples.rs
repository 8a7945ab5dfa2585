//! The examples of all checks, and both sides of D1's limits.
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use d1_sim::limits;

use crate::check::{Example, Finding, Input, Severity};
use crate::checks;
use crate::checksum;
use crate::file::Migration;

/// Codes of the findings in the example's file, the checksum file and schema.sql, sorted, each once.
fn codes(example: &Example) -> Vec<&'static str> {
    let base = format!("-- migrate:up\n{}\n", example.base);
    let folder = |text: &str| {
        let mut migrations = vec![
            Migration::parse("0001_base.sql", &base),
            Migration::parse(example.name, text),
        ];
        // As wrangler sorts two names of one number.
        migrations
            .sort_by(|a, b| (a.number.is_none(), &a.name).cmp(&(b.number.is_none(), &b.name)));
        migrations
    };
    let migrations = folder(example.file);
    // The example is new, unless it is about an edit.
    let sealed = match example.sealed {
        Some(text) => folder(text),
        None => vec![Migration::parse("0001_base.sql", &base)],
    };
    let lines = checksum::parse(&checksum::build(&sealed)).unwrap();
    let findings = super::run(&Input {
        migrations: &migrations,
        schema_sql: example.schema_sql,
        ledger: "d1_migrations",
        checksums: &checksum::compare(&lines, &migrations),
        codes: checks::codes(),
        is_ci: false,
    })
    .unwrap();
    let mut codes: Vec<&str> = findings
        .iter()
        .filter(|one| one.file != "0001_base.sql")
        .filter(|one| one.file != "schema.sql" || example.schema_sql.is_some())
        .map(|one| one.code)
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// What an example must have: its check's code when it is bad, and those it names.
fn expected(example: &Example, own: Option<&'static str>) -> Vec<&'static str> {
    let mut codes: Vec<&str> = example.also.iter().copied().chain(own).collect();
    codes.sort_unstable();
    codes
}

#[test]
fn examples_have_exactly_the_codes_they_name() {
    let mut wrong = Vec::new();
    for check in checks::ALL {
        let bad = check.bad.iter().map(|one| (one, Some(check.code)));
        let good = check.good.iter().map(|one| (one, None));
        for (example, own) in bad.chain(good) {
            let mut found = codes(example);
            found.retain(|code| *code != "F503" || check.code == "F503");
            let expected = expected(example, own);
            if found != expected {
                wrong.push(format!(
                    "{}: expected {expected:?}, found {found:?} in\n{}",
                    check.code, example.file
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Errors in the last of these files.
pub fn errors(files: &[(&str, &str)]) -> Vec<Finding> {
    let migrations: Vec<Migration> = files
        .iter()
        .map(|(name, text)| Migration::parse(name, text))
        .collect();
    let findings = super::run(&Input {
        migrations: &migrations,
        schema_sql: None,
        ledger: "d1_migrations",
        checksums: &checksum::compare(&[], &migrations),
        codes: checks::codes(),
        is_ci: false,
    })
    .unwrap();
    let last = migrations.last().unwrap();
    findings
        .into_iter()
        .filter(|one| one.severity == Severity::Error && one.file == last.name)
        .collect()
}

/// Whether a migration of one statement is over a limit.
fn is_over(statement: &str) -> bool {
    let migrations = [Migration::parse(
        "0001_a.sql",
        &format!("-- migrate:up\nCREATE TABLE a (b TEXT);\n{statement};\n"),
    )];
    let findings = super::run(&Input {
        migrations: &migrations,
        schema_sql: None,
        ledger: "d1_migrations",
        checksums: &checksum::compare(&[], &migrations),
        codes: checks::codes(),
        is_ci: false,
    })
    .unwrap();
    findings.iter().any(|one| one.code == "R205")
}

#[test]
fn both_sides_of_the_limits_of_d1_are_told_apart() {
    let list = |n: usize, item: fn(usize) -> String, separator: &str| {
        (0..n).map(item).collect::<Vec<_>>().join(separator)
    };
    let statement = |n: usize| format!("SELECT '{}'", "x".repeat(n - "SELECT ''".len()));
    let columns = |n| format!("CREATE TABLE c ({})", list(n, |i| format!("c{i}"), ", "));
    let depth = |n| format!("DELETE FROM a WHERE {}", list(n, |_| "1".into(), " + "));
    let terms = |n| list(n, |_| "SELECT 1".into(), " UNION ALL ");
    let arguments = |n| format!("SELECT max({})", list(n, |_| "1".into(), ", "));
    let pattern = |n| format!("DELETE FROM a WHERE b LIKE '{}'", "x".repeat(n));
    let all: [(usize, &dyn Fn(usize) -> String); 6] = [
        (limits::MAX_STATEMENT_BYTES, &statement),
        (limits::MAX_COLUMNS, &columns),
        (limits::MAX_EXPRESSION_DEPTH, &depth),
        (limits::MAX_COMPOUND_TERMS, &terms),
        (limits::MAX_FUNCTION_ARGUMENTS, &arguments),
        (limits::MAX_PATTERN_BYTES, &pattern),
    ];
    for (limit, sql) in all {
        assert!(!is_over(&sql(limit)), "{}", &sql(limit));
        assert!(is_over(&sql(limit + 1)), "{}", &sql(limit + 1));
    }
}
