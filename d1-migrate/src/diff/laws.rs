//! Laws of generated migrations, on random pairs of schemas: UP leads to the second, DOWN back to the first, and what
//! both have keeps its values and its rowids. The last law runs on real D1.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panic"
)]

use std::collections::BTreeMap;

use d1_sim::Simulator;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use self::real::{Outcome, Step};
use super::plan;
use crate::replay::seed;
use crate::schema::{self, Schema, Table, print};
use crate::sql::name::{ident_list, same};
use crate::template::{self, Parts};
use crate::validate::examples::errors;

#[path = "../../../d1-sim/tests/real/mod.rs"]
mod real;

/// The key of a table with two columns.
const COMPOSITE: u8 = 4;
const LEDGER: &str = "d1_migrations";
const TABLES: [&str; 3] = ["alpha", "beta", "order"];
const COLUMNS: [&str; 3] = ["x", "Y", "group"];
const ACTIONS: [&str; 5] = [
    "NO ACTION",
    "RESTRICT",
    "CASCADE",
    "SET NULL",
    "SET DEFAULT",
];

#[derive(Debug, Clone)]
struct ColumnSpec {
    present: bool,
    kind: u8,
    constraint: u8,
}

#[derive(Debug, Clone)]
struct TableSpec {
    present: bool,
    key: u8,
    columns: [ColumnSpec; 3],
    /// Parent and action.
    reference: Option<(usize, usize)>,
    reference_first: bool,
    strict: bool,
    index: u8,
    view: bool,
    trigger: u8,
}

fn column() -> impl Strategy<Value = ColumnSpec> {
    (any::<bool>(), 0..3_u8, 0..7_u8).prop_map(|(present, kind, constraint)| ColumnSpec {
        present,
        kind,
        constraint,
    })
}

fn table() -> impl Strategy<Value = TableSpec> {
    (
        (prop::bool::weighted(0.8), 0..6_u8),
        [column(), column(), column()],
        prop::option::of((0..3_usize, 0..5_usize)),
        (any::<bool>(), prop::bool::weighted(0.3)),
        (0..3_u8, any::<bool>(), 0..3_u8),
    )
        .prop_map(
            |(
                (present, key),
                columns,
                reference,
                (reference_first, strict),
                (index, view, trigger),
            )| {
                TableSpec {
                    present,
                    key,
                    columns,
                    reference,
                    reference_first,
                    strict,
                    index,
                    view,
                    trigger,
                }
            },
        )
}

fn schema() -> impl Strategy<Value = [TableSpec; 3]> {
    [table(), table(), table()]
}

/// SQL of a random schema; always valid.
fn sql(specs: &[TableSpec; 3]) -> Vec<String> {
    let mut tables = Vec::new();
    let mut rest = Vec::new();
    for (spec, name) in specs.iter().zip(TABLES).filter(|(spec, _)| spec.present) {
        let (key, without_rowid) = match spec.key {
            0 => ("id INTEGER PRIMARY KEY", false),
            1 => ("id INTEGER PRIMARY KEY AUTOINCREMENT", false),
            2 => ("id TEXT NOT NULL PRIMARY KEY", true),
            3 => ("id TEXT NOT NULL PRIMARY KEY", false),
            COMPOSITE => ("id INTEGER NOT NULL, part TEXT NOT NULL", false),
            _ => ("id INTEGER NOT NULL UNIQUE", false),
        };
        let mut lines = vec![key.to_owned()];
        let mut constraints = Vec::new();
        if spec.key == COMPOSITE {
            constraints.push("PRIMARY KEY (part, id)".to_owned());
        }
        let mut first = None;
        for (column, label) in spec
            .columns
            .iter()
            .zip(COLUMNS)
            .filter(|(one, _)| one.present)
        {
            let kind =
                ["TEXT", "INTEGER", if spec.strict { "ANY" } else { "" }][usize::from(column.kind)];
            let constraint = match column.constraint {
                0 => "NOT NULL DEFAULT 'a;b'",
                1 if column.kind == 1 => "NOT NULL DEFAULT 7 CHECK (1 + \"{}\" > -5)",
                2 => "UNIQUE",
                3 => "AS (id) VIRTUAL",
                6 => "AS (id) STORED",
                4 => "DEFAULT (1 + 1)",
                _ => "",
            };
            let constraint = if column.kind == 1 && column.constraint == 0 {
                "NOT NULL DEFAULT 3"
            } else {
                constraint
            };
            lines.push(format!(
                "\"{label}\" {kind} {}",
                constraint.replace("{}", label)
            ));
            if !matches!(column.constraint, 3 | 6) {
                first.get_or_insert(label);
            }
        }
        if let Some((parent, action)) = spec.reference
            && specs[parent].present
        {
            let (table, action) = (TABLES[parent], ACTIONS[action]);
            let kind = match specs[parent].key {
                2 | 3 => "TEXT",
                _ => "INTEGER",
            };
            let line = if specs[parent].key == COMPOSITE {
                constraints.push(format!(
                    "FOREIGN KEY (ref_part, ref) REFERENCES \"{table}\" ON DELETE {action}"
                ));
                "ref INTEGER DEFAULT NULL, ref_part TEXT".to_owned()
            } else {
                format!("ref {kind} DEFAULT NULL REFERENCES \"{table}\" (id) ON DELETE {action}")
            };
            let at = if spec.reference_first { 1 } else { lines.len() };
            lines.insert(at, line);
        }
        lines.extend(constraints);
        let mut options = Vec::new();
        if spec.strict {
            options.push("STRICT");
        }
        if without_rowid {
            options.push("WITHOUT ROWID");
        }
        tables.push(format!(
            "CREATE TABLE \"{name}\" ({}) {}",
            lines.join(", "),
            options.join(", ")
        ));
        if let Some(label) = first {
            match spec.index {
                1 => rest.push(format!(
                    "CREATE INDEX \"{name}_i\" ON \"{name}\" (\"{label}\")"
                )),
                2 => rest.push(format!(
                    "CREATE UNIQUE INDEX \"{name}_i\" ON \"{name}\" (id, \"{label}\")"
                )),
                _ => {}
            }
            if spec.view {
                rest.push(format!(
                    "CREATE VIEW \"{name}_v\" AS SELECT id, \"{label}\" FROM \"{name}\""
                ));
            }
            match spec.trigger {
                1 => rest.push(format!(
                    "CREATE TRIGGER \"{name}_t\" AFTER DELETE ON \"{name}\" BEGIN UPDATE \"{name}\" SET \"{label}\" = 99; END"
                )),
                2 => rest.push(format!(
                    "CREATE TRIGGER \"{name}_t\" AFTER INSERT ON \"{name}\" WHEN NEW.\"{label}\" = 'c;' BEGIN DELETE FROM \"{name}\"; END"
                )),
                _ => {}
            }
        }
    }
    tables.extend(rest);
    // The content of a virtual table is not carried over by rule, so both schemas have the same.
    tables.push("CREATE VIRTUAL TABLE words USING fts5 (word)".to_owned());
    tables.push("CREATE VIRTUAL TABLE words_seen USING fts5vocab (words, 'row')".to_owned());
    tables
}

/// Rows in every table, with gaps in the rowids.
fn seeded(work: &Simulator, schema: &Schema) -> Simulator {
    let seeded = work.copy().unwrap();
    seed::fill(seeded.connection(), schema).unwrap();
    for table in schema.tables().filter(|one| one.rowid_alias.is_none()) {
        if let Some(rowid) = table.rowid_name() {
            let move_up = format!("UPDATE \"{0}\" SET {rowid} = {rowid} + 10", table.name);
            without_triggers(&seeded, schema, &move_up);
        }
    }
    let words = "INSERT INTO words (rowid, word) VALUES (7, 'seven'), (9, 'nine')";
    seeded.connection().execute_batch(words).unwrap();
    seeded
}

fn without_triggers(database: &Simulator, schema: &Schema, sql: &str) {
    let triggers: Vec<_> = schema.of(schema::Kind::Trigger).collect();
    for trigger in &triggers {
        let drop = format!("DROP TRIGGER \"{}\"", trigger.name);
        database.connection().execute_batch(&drop).unwrap();
    }
    database.connection().execute_batch(sql).unwrap();
    for trigger in &triggers {
        database.connection().execute_batch(&trigger.sql).unwrap();
    }
}

/// The name of the rowid in `a`, where going to `b` keeps rowids.
fn kept_rowid(a: &Table, b: &Table) -> Option<String> {
    let alias = b.rowid_alias.as_deref();
    let is_other_column = alias.is_some_and(|alias| {
        a.column(alias).is_some() && !a.rowid_alias.as_deref().is_some_and(|one| same(one, alias))
    });
    b.rowid_name()?;
    a.rowid_name().filter(|_| !is_other_column)
}

/// A query of what `a` shares with `b`, on a database that has the schema `now` (one of them), for each table.
fn queries(now: &Schema, a: &Schema, b: &Schema) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for table in a.tables() {
        let (Some(other), Some(current)) = (b.table(&table.name), now.table(&table.name)) else {
            continue;
        };
        let mut columns: Vec<String> = table
            .columns
            .iter()
            .filter(|column| {
                !column.generated
                    && other.column(&column.name).is_some_and(|one| {
                        one.declared == column.declared
                            && one.not_null == column.not_null
                            && !one.generated
                    })
            })
            .map(|column| format!("quote(\"{}\")", column.name))
            .collect();
        if columns.is_empty() || table.is_strict() != other.is_strict() {
            continue;
        }
        if kept_rowid(table, other).is_some()
            && let Some(rowid) = current.rowid_name()
        {
            columns.push(format!("{rowid} || ''"));
        }
        let query = format!(
            "SELECT {} AS v FROM \"{}\" ORDER BY v",
            columns.join(" || ' ' || "),
            table.name
        );
        out.push((table.name.clone(), query));
    }
    let words = "SELECT rowid || word AS v FROM words ORDER BY v";
    out.push(("words".to_owned(), words.to_owned()));
    out
}

fn database(sql: &[String]) -> (Simulator, Schema) {
    let database = Simulator::empty().unwrap();
    database
        .run(sql.iter().map(String::as_str))
        .unwrap_or_else(|failure| {
            panic!("{}: {}", failure.message, sql.join(";\n"));
        });
    let schema = schema::read(database.connection(), LEDGER).unwrap();
    (database, schema)
}

/// Values and rowids of what both schemas have, row by row, sorted.
fn kept(
    database: &Simulator,
    now: &Schema,
    a: &Schema,
    b: &Schema,
) -> BTreeMap<String, Vec<String>> {
    let mut out = BTreeMap::new();
    for (table, query) in queries(now, a, b) {
        let mut statement = database.connection().prepare(&query).unwrap();
        let rows = statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap();
        out.insert(table, rows.map(Result::unwrap).collect());
    }
    out
}

/// A failure on rows that the change itself explains: values that do not satisfy what the second schema demands.
fn is_explained(message: &str) -> bool {
    ["constraint failed", "cannot store", "datatype mismatch"]
        .iter()
        .any(|text| message.contains(text))
}

fn check(first: &[String], second: &[String]) {
    let (work, a) = database(first);
    let (_, b) = database(second);
    let seeded = seeded(&work, &a);
    let before = kept(&seeded, &a, &a, &b);

    let up = plan::make(&work, &b, &[], LEDGER)
        .unwrap_or_else(|error| panic!("up: {error}\nof {first:#?} to {second:#?}"));
    let down = plan::make(&work, &a, &[], LEDGER).unwrap_or_else(|error| panic!("down: {error}"));

    // As one transaction on an empty database, the way D1 runs it.
    let (fresh, _) = database(first);
    let run = |on: &Simulator, statements: &[String]| on.run(statements.iter().map(String::as_str));
    let now = |on: &Simulator| schema::read(on.connection(), LEDGER).unwrap();
    run(&fresh, &up.statements)
        .unwrap_or_else(|failure| panic!("{failure:?} {:#?}", up.statements));
    assert_eq!(print(&now(&fresh)).is_empty(), print(&b).is_empty());
    assert!(now(&fresh).same_as(&b), "{:#?}", up.statements);
    run(&fresh, &down.statements)
        .unwrap_or_else(|failure| panic!("{failure:?} {:#?}", down.statements));
    assert!(now(&fresh).same_as(&a), "{:#?}", down.statements);

    match run(&seeded, &up.statements) {
        Err(failure) => {
            assert!(
                is_explained(&failure.message),
                "{failure:?} {:#?}",
                up.statements
            );
            assert!(
                now(&seeded).same_as(&a),
                "a failed migration left something behind"
            );
        }
        Ok(()) => {
            assert!(now(&seeded).same_as(&b));
            assert_eq!(before, kept(&seeded, &b, &a, &b), "{:#?}", up.statements);
            if let Err(failure) = run(&seeded, &down.statements) {
                assert!(
                    is_explained(&failure.message),
                    "{failure:?} {:#?}",
                    down.statements
                );
            } else {
                assert!(now(&seeded).same_as(&a));
                assert_eq!(before, kept(&seeded, &a, &a, &b), "{:#?}", down.statements);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn up_leads_to_the_second_schema_and_down_to_the_first(first in schema(), second in schema()) {
        check(&sql(&first), &sql(&second));
    }

    #[test]
    fn small_changes_lead_there_too(first in schema(), other in table(), at in 0..3_usize) {
        let mut second = first.clone();
        second[at] = other;
        check(&sql(&first), &sql(&second));
    }
}

/// What `generate` writes passes `validate`, but for rows that do not satisfy the second schema.
fn check_findings(first: &[String], second: &[String]) {
    let (work, a) = database(first);
    let (_, b) = database(second);
    let up = plan::make(&work, &b, &[], LEDGER).unwrap();
    let down = plan::make(&work, &a, &[], LEDGER).unwrap();
    let parts = Parts {
        up: &up.statements,
        verify: &[],
        down: &down.statements,
    };
    let file = template::fill(template::DEFAULT, &parts).unwrap();
    let base = first.join(";\n") + ";\n";
    let files = [
        ("0001_base.sql", base.as_str()),
        ("0002_next.sql", file.as_str()),
    ];
    let errors: Vec<_> = errors(&files)
        .into_iter()
        .filter(|one| one.code != "S602" && !is_explained(&one.message))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{base}\n{file}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_files_have_no_errors(first in schema(), second in schema()) {
        check_findings(&sql(&first), &sql(&second));
    }
}

#[test]
fn no_difference_makes_no_statement() {
    let (work, a) = database(&["CREATE TABLE a (b TEXT)".to_owned()]);
    assert!(
        plan::make(&work, &a, &[], LEDGER)
            .unwrap()
            .statements
            .is_empty()
    );
}

/// INSERTs that make the rows of a database again.
fn dump(database: &Simulator, schema: &Schema) -> String {
    let mut out = "PRAGMA defer_foreign_keys = ON;\n".to_owned();
    let mut insert = |table: &str, columns: Vec<String>| {
        let values: Vec<String> = columns
            .iter()
            .map(|name| format!("quote({})", ident_list([name.as_str()])))
            .collect();
        let query = format!("SELECT {} FROM \"{table}\"", values.join(" || ', ' || "));
        let mut statement = database.connection().prepare(&query).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0));
        for row in rows.unwrap() {
            out.push_str(&format!(
                "INSERT INTO \"{table}\" ({}) VALUES ({});\n",
                ident_list(columns.iter().map(String::as_str)),
                row.unwrap()
            ));
        }
    };
    for table in schema.tables() {
        let rowid = table.rowid_name().filter(|_| table.rowid_alias.is_none());
        let columns = table.stored().map(|column| column.name.clone());
        insert(&table.name, rowid.into_iter().chain(columns).collect());
    }
    insert("words", vec!["rowid".to_owned(), "word".to_owned()]);
    out
}

fn script(statements: &[String]) -> Step {
    // D1 refuses a script without a statement.
    let all = statements.iter().map(String::as_str).chain(["SELECT 1"]);
    Step::Script {
        script: all.map(|one| format!("{one};\n")).collect(),
    }
}

/// The steps of a pair on real D1, and what each query among them gives in the imitation.
fn steps(first: &[String], second: &[String]) -> Option<(Vec<Step>, Vec<Vec<String>>)> {
    let (work, a) = database(first);
    let (_, b) = database(second);
    let seeded = seeded(&work, &a);
    let without_triggers: Vec<String> = first
        .iter()
        .filter(|one| !one.starts_with("CREATE TRIGGER"))
        .cloned()
        .collect();
    let triggers: Vec<String> = first
        .iter()
        .filter(|one| one.starts_with("CREATE TRIGGER"))
        .cloned()
        .collect();
    let mut steps = vec![
        script(&without_triggers),
        Step::Script {
            script: dump(&seeded, &a),
        },
        script(&triggers),
    ];
    let mut expected = Vec::new();
    for to in [&b, &a] {
        let plan = plan::make(&work, to, &[], LEDGER).unwrap();
        let run = seeded.run(plan.statements.iter().map(String::as_str));
        if run.is_err() {
            // The rows do not satisfy the other schema: a pair of no use here.
            return (!expected.is_empty()).then_some((steps, expected));
        }
        steps.push(script(&plan.statements));
        for (_, query) in queries(to, &a, &b) {
            let mut statement = seeded.connection().prepare(&query).unwrap();
            let rows = statement.query_map([], |row| row.get(0)).unwrap();
            expected.push(rows.map(Result::unwrap).collect());
            steps.push(Step::Statement {
                sql: query,
                params: Vec::new(),
            });
        }
    }
    Some((steps, expected))
}

/// Rows and rowids after UP, and after DOWN, are those of the imitation. `D1_MIGRATE_PAIRS` says of how many pairs;
/// `cargo xtask torture migrations` takes 200.
#[test]
fn pairs_end_on_real_d1_as_here() {
    let n_pairs = std::env::var("D1_MIGRATE_PAIRS").map_or(12, |text| text.parse().unwrap());
    let mut runner = TestRunner::deterministic();
    let strategy = (schema(), schema(), table(), 0..3_usize, any::<bool>());
    let mut cases = Vec::new();
    while cases.len() < n_pairs {
        let (first, mut second, other, at, is_small) =
            strategy.new_tree(&mut runner).unwrap().current();
        if is_small {
            second = first.clone();
            second[at] = other;
        }
        cases.extend(steps(&sql(&first), &sql(&second)));
    }
    let all: Vec<Vec<Step>> = cases.iter().map(|(steps, _)| steps.clone()).collect();
    for ((steps, expected), outcomes) in cases.iter().zip(real::run(&all)) {
        assert_eq!(steps.len(), outcomes.len(), "{outcomes:?} of {steps:#?}");
        let found: Vec<Vec<String>> = steps
            .iter()
            .zip(&outcomes)
            .filter(|(step, _)| matches!(step, Step::Statement { .. }))
            .map(|(step, outcome)| match outcome {
                Outcome::Rows(rows) => rows
                    .iter()
                    .map(|row| row["v"].as_str().unwrap().to_owned())
                    .collect(),
                Outcome::Error(message) => panic!("{message} of {step:?}"),
            })
            .collect();
        assert_eq!(&found, expected, "{steps:#?}");
    }
}
