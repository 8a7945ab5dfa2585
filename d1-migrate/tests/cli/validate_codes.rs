//! Every code: a file that has it and one that does not, in fixtures/validate.
//!
//! A fixture is the file 0002. Its `-- base:` lines are the file 0001 before it, and `-- expect:` names the codes that
//! `validate` must find in it, no more and no less. S605 (schema.sql) is left out: fixtures have none.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{Folder, repository};

struct Fixture {
    name: String,
    text: String,
}

impl Fixture {
    fn all() -> Vec<Self> {
        let dir = repository().join("d1-migrate/fixtures/validate");
        let mut all: Vec<Self> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                Self {
                    name: path.file_stem().unwrap().to_string_lossy().into_owned(),
                    text: fs::read_to_string(path).unwrap(),
                }
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    fn lines(&self, prefix: &str) -> Vec<&str> {
        self.text
            .lines()
            .filter_map(|line| line.strip_prefix(prefix))
            .collect()
    }

    fn expected(&self) -> Vec<String> {
        let mut codes: Vec<String> = self
            .lines("-- expect: ")
            .iter()
            .flat_map(|line| line.split(' ').map(ToOwned::to_owned))
            .collect();
        codes.sort();
        codes
    }

    fn found(&self) -> Vec<String> {
        let folder = Folder::empty();
        let base = self.lines("-- base: ").join("\n");
        folder.write(
            "migrations/0001_base.sql",
            &format!("-- allow F503: the beginning\n-- allow A407: a fixture of something else\n-- migrate:up\n{base}\n"),
        );
        folder.write("migrations/0002_case.sql", &self.text);
        let mut codes = folder.codes();
        codes.retain(|code| code != "S605");
        codes
    }
}

#[test]
fn fixtures_have_exactly_the_codes_they_expect() {
    let wrong: Vec<String> = Fixture::all()
        .iter()
        .filter_map(|fixture| {
            let (expected, found) = (fixture.expected(), fixture.found());
            (expected != found)
                .then(|| format!("{}: expected {expected:?}, found {found:?}", fixture.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_of_one_file_has_a_bad_and_a_good_fixture() {
    // Codes of the folder, the chain and wrangler have tests of their own.
    let elsewhere = ["T103", "T105", "T106", "S605", "S606"];
    let source = fs::read_to_string(repository().join("d1-migrate/src/codes.rs")).unwrap();
    let codes: BTreeSet<&str> = source
        .lines()
        .filter_map(|line| line.trim().split_once(": \"").map(|(code, _)| code))
        .filter(|code| code.chars().any(|c| c.is_ascii_digit()) && !elsewhere.contains(code))
        .collect();
    assert!(codes.len() > 25, "{codes:?}");
    let names: Vec<String> = Fixture::all().into_iter().map(|one| one.name).collect();
    for code in codes {
        for kind in ["bad", "good"] {
            let start = format!("{code}_{kind}");
            assert!(
                names.iter().any(|name| name.starts_with(&start)),
                "no {start}*.sql"
            );
        }
    }
}
