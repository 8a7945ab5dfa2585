//! T103, T105, T106: the folder as wrangler sees it, against the checksum file.

use super::{Finding, Input};
use crate::checksum::{FILE_NAME, Seal};
use crate::codes;
use crate::file::name::{MAX_SEQUENCE_NUMBER, is_well_formed};
use crate::program;

/// Names, numbers and checksums of all files.
pub fn check(input: &Input<'_>, findings: &mut Vec<Finding>) {
    let mut add = |code, file: &str, message: String| {
        findings.push(Finding::of_file(code, file, 1, file, message));
    };
    let is_sequence = input
        .migrations
        .iter()
        .any(|one| one.number.is_some_and(|n| n <= MAX_SEQUENCE_NUMBER));
    for (index, migration) in input.migrations.iter().enumerate() {
        let name = &migration.name;
        let lower = name.to_ascii_lowercase();
        if [".down.sql", ".up.sql", "_down.sql", "_up.sql"]
            .iter()
            .any(|end| lower.ends_with(end))
        {
            add(
                codes::T103,
                name,
                "wrangler applies this file like any other".into(),
            );
        } else if !is_well_formed(name) {
            add(
                codes::T105,
                name,
                "the name has not the form NNNN_name.sql".into(),
            );
        }
        if let Some(number) = migration.number {
            let twin = input
                .migrations
                .iter()
                .take(index)
                .find(|other| other.number == Some(number));
            if let Some(twin) = twin {
                let message = format!("number {number} is taken by {} already", twin.name);
                add(codes::T105, name, message);
            }
            if is_sequence && number > MAX_SEQUENCE_NUMBER {
                let message = format!(
                    "{number} is a timestamp among sequence numbers: every later sequence number sorts before it"
                );
                add(codes::T105, name, message);
            }
        }
    }
    for (migration, seal) in input.migrations.iter().zip(&input.checksums.seals) {
        let message = match seal {
            Seal::Sealed => continue,
            Seal::New if !input.is_ci => continue,
            Seal::New => format!(
                "the file has no line in {FILE_NAME}: run {} and commit the line",
                program::call("validate")
            ),
            Seal::Modified => format!("the file is not the one that {FILE_NAME} knows"),
            Seal::OutOfOrder => {
                format!(
                    "the file is new, but {FILE_NAME} knows later ones: it would be applied after them"
                )
            }
        };
        add(codes::T106, &migration.name, message);
    }
    for name in &input.checksums.missing {
        add(
            codes::T106,
            name,
            format!("{FILE_NAME} knows this file, but it is gone or has another name"),
        );
    }
}
