//! T105: names by which wrangler orders files in another way than meant.

use crate::check::{Check, Example, Findings, Input, Logic};
use crate::file::name::{MAX_SEQUENCE_NUMBER, is_direction, is_well_formed};

/// T105.
pub static CHECK: Check = Check {
    code: "T105",
    why: "wrangler orders files by the number before the first underscore, and runs files without a number last",
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
    good: &[Example::new(
        r#"-- migrate:up
CREATE TABLE a (b TEXT);
"#,
    )
    .named("0002_a.sql")],
};

fn check(input: &Input<'_>, findings: &mut Findings<'_>) {
    let is_sequence = input
        .migrations
        .iter()
        .any(|one| one.number.is_some_and(|n| n <= MAX_SEQUENCE_NUMBER));
    for (index, migration) in input.migrations.iter().enumerate() {
        let name = &migration.name;
        if !is_direction(name) && !is_well_formed(name) {
            findings.add_to_file(name, name, "the name has not the form NNNN_name.sql");
        }
        let Some(number) = migration.number else {
            continue;
        };
        let mut earlier = input.migrations.iter().take(index);
        if let Some(twin) = earlier.find(|other| other.number == Some(number)) {
            let message = format!("number {number} is taken by {} already", twin.name);
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
