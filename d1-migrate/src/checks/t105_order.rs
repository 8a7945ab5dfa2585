//! T105: names by which wrangler orders files in another way than meant.

use crate::check::{Check, Example, Findings, Input, Logic, Severity};
use crate::file::Migration;
use crate::file::name::{MAX_SEQUENCE_NUMBER, is_direction};

/// T105.
pub static CHECK: Check = Check {
    code: "T105",
    severity: Severity::Warning,
    why: "wrangler orders files by the number before the first underscore, then by the letters of the name, and runs files without a number last",
    instead: "name files NNNN_name.sql, each number once, and keep anything else out of the folder",
    logic: &[Logic::Folder(check)],
    bad: &[
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
"#,
        )
        .named("seed.sql"),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
"#,
        )
        .named("0001_twin.sql"),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
"#,
        )
        .named("20261122120000_a.sql"),
    ],
    good: &[
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
"#,
        )
        .named("0002_a.sql"),
        Example::new(
            r#"-- migrate:up
CREATE TABLE a (b TEXT);
"#,
        )
        .named("2-a.sql"),
    ],
};

fn check(input: &Input<'_>, findings: &mut Findings<'_>) {
    let has = |is: fn(&Migration) -> bool| input.migrations.iter().any(is);
    let is_sequence = has(|one| one.number.is_some_and(|n| n <= MAX_SEQUENCE_NUMBER));
    let is_numbered = has(|one| one.number.is_some());
    for (index, migration) in input.migrations.iter().enumerate() {
        let name = &migration.name;
        let mut earlier = input.migrations.iter().take(index);
        let Some(number) = migration.number else {
            if is_numbered && !is_direction(name) {
                let message = "the name has no number: the file runs after all others, and after a later one it runs before it on new databases only";
                findings.add_to_file(name, name, message);
            } else if let Some(later) = earlier.find(|one| is_meant_later(&one.name, name)) {
                let message = format!(
                    "the file runs after {}, though its number is lower",
                    later.name
                );
                findings.add_to_file(name, name, message);
            }
            continue;
        };
        if let Some(twin) = earlier.find(|other| other.number == Some(number)) {
            let message = if is_meant_later(&twin.name, name) {
                format!(
                    "the file runs after {}, though its number is lower",
                    twin.name
                )
            } else if is_date(name) {
                continue;
            } else {
                format!("number {number} is taken by {} already", twin.name)
            };
            findings.add_to_file(name, name, message);
        }
        if is_sequence && number > MAX_SEQUENCE_NUMBER {
            let message = format!(
                "{number} is a timestamp among sequence numbers: every later sequence number sorts before it"
            );
            findings.add_to_file(name, name, message);
        }
    }
}

/// Whether a reader who counts expects `a` after `b`: `v10.sql` after `v2.sql`.
fn is_meant_later(a: &str, b: &str) -> bool {
    parts(a) > parts(b)
}

/// The numbers of a name before its title begins, and the texts between them.
fn parts(name: &str) -> Vec<(String, u64)> {
    let head = name.split('_').next().unwrap_or_default();
    let mut out: Vec<(String, u64)> = Vec::new();
    let mut rest = head;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (text, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let end = tail
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (digits, after) = tail.split_at_checked(end).unwrap_or((tail, ""));
        out.push((text.to_owned(), digits.parse().unwrap_or(u64::MAX)));
        rest = after;
    }
    out
}

/// A name such as `2026-11-22-title.sql`: one number for all files of a year, and still in order.
fn is_date(name: &str) -> bool {
    parts(name).len() >= 3
}
