//! Instructions per posting under callgrind. They do not depend on how busy the machine is, so a change of
//! core shows in bench/instructions.txt.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use tempfile::TempDir;
use xtask::progress::timed;
use xtask::project;

use crate::passes::PASSES;
use crate::workload::{Feed, Ids, Kind, in_ascii};

const N_POSTINGS: usize = 1_000;

/// How far a count may be from the recorded one: versions of the C library copy bytes in different ways.
const TOLERANCE: f64 = 0.03;

/// Counts, then compares with bench/instructions.txt or writes it.
pub fn run(check: bool) -> ExitCode {
    let found = count();
    let path = project::root().join("bench/instructions.txt");
    print!("{}", text(&found));
    if !check {
        fs::write(&path, text(&found)).expect("write bench/instructions.txt");
        eprintln!("written: bench/instructions.txt");
        return ExitCode::SUCCESS;
    }
    let kept = fs::read_to_string(&path).expect("read bench/instructions.txt");
    let differences = differences(&kept, &found);
    if differences.is_empty() {
        eprintln!(
            "bench/instructions.txt agrees within {:.0} %",
            TOLERANCE * 100.0
        );
        return ExitCode::SUCCESS;
    }
    for difference in &differences {
        eprintln!("error: {difference}");
    }
    eprintln!(
        "hint: if that is intended, run `cargo xtask bench instructions` and commit the file"
    );
    ExitCode::FAILURE
}

struct Count {
    name: String,
    a_posting: f64,
    a_byte: f64,
}

fn count() -> Vec<Count> {
    let folder = TempDir::with_prefix("jobs-ingest-bench-").expect("a temporary folder");
    let mut counts = Vec::new();
    let body = |kind| {
        let feed = Feed {
            kind,
            n_postings: N_POSTINGS,
            ids: Ids::Client(1),
            version: 1,
            is_repost: false,
        };
        feed.body()
    };
    for (kind_name, body) in [
        ("small", body(Kind::Small)),
        ("real-sized", body(Kind::Real)),
        (
            "real-sized, in ASCII as Python writes it",
            in_ascii(&body(Kind::Real)),
        ),
        ("real-sized with all fields", body(Kind::AllFields)),
    ] {
        let file = folder.path().join(kind_name);
        fs::write(&file, &body).expect("write a body");
        for (number, (pass, _)) in PASSES.iter().enumerate() {
            let name = format!("{kind_name}, {pass}");
            let instructions = timed(&format!("callgrind: {name}"), || {
                // The difference leaves out what is done once, such as reading the file.
                let [once, twice] = [1, 2].map(|n_times| collected(number, &file, n_times));
                (twice - once) as f64
            });
            counts.push(Count {
                name,
                a_posting: instructions / N_POSTINGS as f64,
                a_byte: instructions / body.len() as f64,
            });
        }
    }
    counts
}

fn collected(pass: usize, file: &Path, n_times: usize) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program())
        .arg(pass.to_string())
        .arg(file)
        .arg(n_times.to_string())
        .output()
        .unwrap_or_else(|error| {
            panic!("cannot start valgrind: {error}; install it (Debian: apt install valgrind)")
        });
    let text = String::from_utf8_lossy(&output.stderr);
    text.lines()
        .find_map(|line| line.split_once("Collected : "))
        .and_then(|(_, count)| count.trim().parse().ok())
        .unwrap_or_else(|| panic!("valgrind did not print what it collected:\n{text}"))
}

/// The program beside this one: cargo builds both.
fn program() -> PathBuf {
    let ours = std::env::current_exe().expect("the path of this program");
    ours.with_file_name("core-passes")
}

fn text(counts: &[Count]) -> String {
    let mut text = format!(
        "# Instructions of one pass over {N_POSTINGS} postings: a posting, a byte of body.\n\
         # Written by `cargo xtask bench instructions`.\n"
    );
    for Count {
        name,
        a_posting,
        a_byte,
    } in counts
    {
        writeln!(text, "{name}: {a_posting:.0}, {a_byte:.2}").expect("memory takes all bytes");
    }
    text
}

fn differences(kept: &str, found: &[Count]) -> Vec<String> {
    let difference = |count: &Count| {
        let line = kept
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{}: ", count.name)));
        let before: Option<f64> = line.and_then(|line| line.split(',').next()?.parse().ok());
        let Some(before) = before else {
            return Some(format!(
                "bench/instructions.txt has no line for {}",
                count.name
            ));
        };
        let change = count.a_posting / before - 1.0;
        (change.abs() > TOLERANCE).then(|| {
            format!(
                "{}: {:.0} instructions a posting, {before:.0} in bench/instructions.txt ({:+.1} %)",
                count.name,
                count.a_posting,
                change * 100.0
            )
        })
    };
    found.iter().filter_map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::{Count, differences, text};

    fn counts(a_posting: f64) -> [Count; 1] {
        [Count {
            name: "small, core".to_owned(),
            a_posting,
            a_byte: 1.0,
        }]
    }

    #[test]
    fn counts_within_the_tolerance_agree() {
        let kept = text(&counts(1_000.0));
        assert!(differences(&kept, &counts(1_029.0)).is_empty());
        assert_eq!(differences(&kept, &counts(1_031.0)).len(), 1);
        assert_eq!(differences(&kept, &counts(969.0)).len(), 1);
        assert_eq!(differences("", &counts(1_000.0)).len(), 1);
    }
}
