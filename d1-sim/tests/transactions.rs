//! A batch, a script and a list of statements each run as one transaction.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may fail by panic"
)]

use d1_sim::{BatchStep, Rule, Simulator};

fn database() -> Simulator {
    let database = Simulator::empty().unwrap();
    let schema = "CREATE TABLE p (id INTEGER PRIMARY KEY);
                  CREATE TABLE c (p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED);";
    database.run_script(schema).unwrap();
    database
}

fn count(database: &Simulator, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    database
        .connection()
        .query_row(&sql, [], |row| row.get(0))
        .unwrap()
}

#[test]
fn batch_with_a_failing_statement_leaves_nothing() {
    let database = database();
    let none: &[String] = &[];
    let insert = ("INSERT INTO p VALUES (1) RETURNING id", none);
    let failure = database.batch([insert, insert]).unwrap_err();
    assert_eq!(failure.step, BatchStep::Statement(1));
    assert_eq!(count(&database, "p"), 0);
    let results = database.batch([insert]).unwrap();
    assert_eq!(results[0][0]["id"], 1);
    assert_eq!(count(&database, "p"), 1);
}

#[test]
fn violation_at_the_end_of_the_transaction_leaves_nothing() {
    let database = database();
    let failure = database.run(["INSERT INTO c VALUES (9)"]).unwrap_err();
    assert_eq!(failure.step, BatchStep::Commit);
    assert!(failure.to_string().starts_with("internal error; reference"));
    assert_eq!(count(&database, "c"), 0);
}

#[test]
fn script_with_a_failing_statement_leaves_nothing() {
    let database = database();
    let text = "INSERT INTO p VALUES (1);\n-- c\nINSERT INTO p VALUES (1);";
    let failure = database.run_script(text).unwrap_err();
    assert_eq!(failure.step, BatchStep::Statement(1));
    assert_eq!(count(&database, "p"), 0);
}

#[test]
fn script_has_the_refusals_of_a_batch() {
    let database = database();
    let failure = database
        .run_script("INSERT INTO p VALUES (1); VACUUM;")
        .unwrap_err();
    assert_eq!(failure.rule, Some(Rule::Object));
    assert_eq!(count(&database, "p"), 0);
}

#[test]
fn parameter_without_a_value_is_refused() {
    let database = database();
    let sql = "INSERT INTO p VALUES (?1)";
    let failure = database.run([sql]).unwrap_err();
    assert_eq!(failure.rule, Some(Rule::Limit));
    assert_eq!(failure.message, "1 parameters without a value");
    let none: &[String] = &[];
    assert!(database.batch([(sql, none)]).is_err());
    assert_eq!(count(&database, "p"), 0);
}

#[test]
fn copy_has_the_same_content_and_is_independent() {
    let database = database();
    database.run(["INSERT INTO p VALUES (1)"]).unwrap();
    let copy = database.copy().unwrap();
    copy.run(["DELETE FROM p"]).unwrap();
    assert_eq!((count(&database, "p"), count(&copy, "p")), (1, 0));
}
