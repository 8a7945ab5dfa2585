//! Laws of generated migrations, on random pairs of schemas: UP leads to the second, DOWN back to the first, and what
//! both have keeps its values.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panic"
)]

use std::collections::BTreeMap;

use d1_sim::D1;
use proptest::prelude::*;

use super::plan;
use crate::replay::seed;
use crate::schema::{self, Schema, print};

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
    (any::<bool>(), 0..3_u8, 0..6_u8).prop_map(|(present, kind, constraint)| ColumnSpec {
        present,
        kind,
        constraint,
    })
}

fn table() -> impl Strategy<Value = TableSpec> {
    (
        (prop::bool::weighted(0.8), 0..4_u8),
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
            _ => ("id INTEGER NOT NULL UNIQUE", false),
        };
        let mut lines = vec![key.to_owned()];
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
            if column.constraint != 3 {
                first.get_or_insert(label);
            }
        }
        if let Some((parent, action)) = spec.reference
            && specs[parent].present
        {
            let kind = if specs[parent].key == 2 {
                "TEXT"
            } else {
                "INTEGER"
            };
            let line = format!(
                "ref {kind} DEFAULT NULL REFERENCES \"{}\" (id) ON DELETE {}",
                TABLES[parent], ACTIONS[action]
            );
            let at = if spec.reference_first { 1 } else { lines.len() };
            lines.insert(at, line);
        }
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
    tables
}

fn database(sql: &[String]) -> (D1, Schema) {
    let database = D1::empty().unwrap();
    database
        .run(sql.iter().map(String::as_str))
        .unwrap_or_else(|failure| {
            panic!("{}: {}", failure.message, sql.join(";\n"));
        });
    let schema = schema::read(database.connection(), LEDGER).unwrap();
    (database, schema)
}

/// Values of all columns that both schemas define in the same words, row by row, sorted.
fn kept(database: &D1, a: &Schema, b: &Schema) -> BTreeMap<String, Vec<String>> {
    let mut out = BTreeMap::new();
    for table in a.tables() {
        let Some(other) = b.table(&table.name) else {
            continue;
        };
        let columns: Vec<String> = table
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
        let query = format!(
            "SELECT {} AS v FROM \"{}\" ORDER BY v",
            columns.join(" || "),
            table.name
        );
        let mut statement = database.connection().prepare(&query).unwrap();
        let rows = statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap();
        out.insert(table.name.clone(), rows.map(Result::unwrap).collect());
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
    let seeded = work.copy().unwrap();
    seed::fill(seeded.connection(), &a).unwrap();
    let before = kept(&seeded, &a, &b);

    let up = plan::make(&work, &b, &[], LEDGER).unwrap_or_else(|error| panic!("up: {error}"));
    let down = plan::make(&work, &a, &[], LEDGER).unwrap_or_else(|error| panic!("down: {error}"));

    // As one transaction on an empty database, the way D1 runs it.
    let (fresh, _) = database(first);
    let run = |on: &D1, statements: &[String]| on.run(statements.iter().map(String::as_str));
    let now = |on: &D1| schema::read(on.connection(), LEDGER).unwrap();
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
            assert_eq!(before, kept(&seeded, &a, &b), "{:#?}", up.statements);
            if let Err(failure) = run(&seeded, &down.statements) {
                assert!(
                    is_explained(&failure.message),
                    "{failure:?} {:#?}",
                    down.statements
                );
            } else {
                assert!(now(&seeded).same_as(&a));
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
