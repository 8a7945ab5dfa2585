//! The examples of `validate` on real D1: what is said to be fine runs there, and what is said to be refused is refused.

#[path = "../../../d1-sim/tests/real/mod.rs"]
mod real;

use d1_migrate::checks::ALL;
use d1_migrate::{Check, Example};
use real::{Outcome, Step};

/// How wrangler applies a migration, on a database of its own.
fn steps(example: &Example) -> Vec<Step> {
    let script = |script: String| Step::Script { script };
    vec![
        script(format!(
            "CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT UNIQUE);\n{}",
            example.base
        )),
        script(format!(
            "{}\nINSERT INTO d1_migrations (name)\nvalues ('x');",
            example.file
        )),
        Step::Statement {
            sql: "SELECT count(*) AS n FROM d1_migrations".into(),
            params: Vec::new(),
        },
    ]
}

/// What became of a migration.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Recorded,
    /// It ran, and wrangler does not know that it did.
    Lost,
    Refused(String),
}

fn fate(outcomes: &[Outcome]) -> Fate {
    match outcomes {
        [_, _, Outcome::Rows(rows)] if rows[0]["n"] == 1 => Fate::Recorded,
        [_, _, Outcome::Rows(_)] => Fate::Lost,
        [_, Outcome::Error(message)] => Fate::Refused(message.clone()),
        other => panic!("the base of an example fails: {other:?}"),
    }
}

/// Whether real D1 must do this to an example.
fn is_right(check: &Check, example: &Example, is_bad: bool, fate: &Fate) -> bool {
    // Refused only when its pattern is compared with a row.
    let runs_when_empty = example.file.contains("LIKE 'xxx");
    match (check.code, is_bad) {
        ("T102", true) if !example.also.contains(&"S601") => *fate == Fate::Lost,
        (code, true) if code.starts_with('R') && !runs_when_empty => {
            matches!(fate, Fate::Refused(_))
        }
        (_, true) => true,
        (_, false) => *fate == Fate::Recorded,
    }
}

#[test]
fn real_d1_agrees_with_the_examples() {
    let examples: Vec<(&Check, &Example, bool)> = ALL
        .iter()
        .flat_map(|check| {
            let bad = check.bad.iter().map(|one| (*check, one, true));
            bad.chain(check.good.iter().map(|one| (*check, one, false)))
        })
        .collect();
    assert!(examples.len() > 80, "{}", examples.len());
    let cases: Vec<Vec<Step>> = examples.iter().map(|one| steps(one.1)).collect();
    let mut wrong = Vec::new();
    for ((check, example, is_bad), outcomes) in examples.into_iter().zip(real::run(&cases)) {
        let fate = fate(&outcomes);
        if !is_right(check, example, is_bad, &fate) {
            wrong.push(format!("{}: {fate:?}\n{}", check.code, example.file));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
