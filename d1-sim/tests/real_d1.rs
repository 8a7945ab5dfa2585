//! Compares the simulator with real D1: both refuse the same statements, on both sides of every
//! limit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail by panic"
)]

mod real;

use d1_sim::limits::{
    MAX_COLUMNS, MAX_COMPOUND_TERMS, MAX_EXPRESSION_DEPTH, MAX_FUNCTION_ARGUMENTS, MAX_PARAMETERS,
    MAX_PATTERN_BYTES, MAX_STATEMENT_BYTES, MAX_TRIGGER_DEPTH, MAX_VALUE_BYTES,
};
use d1_sim::{Rule, Simulator};
use real::{Outcome, Step};

/// A statement, and the statements that set it up.
#[derive(Debug, Clone, Default)]
struct Probe {
    name: String,
    setup: String,
    sql: String,
    params: Vec<String>,
}

impl Probe {
    fn new(name: impl Into<String>, sql: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            sql: sql.into(),
            ..Self::default()
        }
    }

    fn after(self, setup: impl Into<String>) -> Self {
        Self {
            setup: setup.into(),
            ..self
        }
    }

    fn steps(&self) -> Vec<Step> {
        let setup = (!self.setup.is_empty()).then(|| Step::Script {
            script: self.setup.clone(),
        });
        let statement = Step::Statement {
            sql: self.sql.clone(),
            params: self.params.clone(),
        };
        setup.into_iter().chain([statement]).collect()
    }

    fn run_on_sim(&self) -> Result<(), d1_sim::Failure> {
        let database = Simulator::empty().unwrap();
        database.run_script(&self.setup).unwrap();
        let statements = [(self.sql.as_str(), self.params.as_slice())];
        database.batch(statements).map(|_| ())
    }
}

/// Runs the probes on real D1; returns the message of each that failed.
fn run_on_real(probes: &[Probe]) -> Vec<Result<(), String>> {
    let cases: Vec<Vec<Step>> = probes.iter().map(Probe::steps).collect();
    let outcomes = real::run(&cases);
    assert_eq!(outcomes.len(), probes.len());
    probes
        .iter()
        .zip(outcomes)
        .map(|(probe, outcomes)| {
            assert_eq!(
                outcomes.len(),
                probe.steps().len(),
                "{}: {outcomes:?}",
                probe.name
            );
            match outcomes.last() {
                Some(Outcome::Error(message)) => Err(message.clone()),
                _ => Ok(()),
            }
        })
        .collect()
}

fn list(n: usize, item: impl Fn(usize) -> String, separator: &str) -> String {
    (0..n).map(item).collect::<Vec<_>>().join(separator)
}

fn ones(n: usize, separator: &str) -> String {
    list(n, |_| "1".to_owned(), separator)
}

/// A chain of `n` rows; deleting one deletes the next.
fn chain(n: usize) -> Probe {
    let rows = list(n, |i| format!("({i}, {})", i.max(1) - 1), ", ");
    Probe::new("trigger depth", "DELETE FROM t WHERE id = 0").after(format!(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, up INTEGER REFERENCES t ON DELETE CASCADE); INSERT INTO t VALUES {rows};"
    ))
}

/// A limit, and a statement that needs a given amount of it.
type Limited = (usize, Box<dyn Fn(usize) -> Probe>);

fn limits() -> Vec<Limited> {
    vec![
        (
            MAX_STATEMENT_BYTES,
            Box::new(|n| Probe::new("statement", format!("SELECT '{}'", "x".repeat(n - 9)))),
        ),
        (
            MAX_COLUMNS,
            Box::new(|n| {
                let columns = list(n, |i| format!("c{i}"), ", ");
                Probe::new(
                    "columns of a table",
                    format!("CREATE TABLE n{n} ({columns})"),
                )
            }),
        ),
        (
            MAX_COLUMNS,
            Box::new(|n| Probe::new("columns of a result", format!("SELECT {}", ones(n, ", ")))),
        ),
        (
            MAX_EXPRESSION_DEPTH,
            Box::new(|n| Probe::new("depth", format!("SELECT {}", ones(n, " + ")))),
        ),
        (
            MAX_COMPOUND_TERMS,
            Box::new(|n| Probe::new("terms", list(n, |_| "SELECT 1".to_owned(), " UNION ALL "))),
        ),
        (
            MAX_FUNCTION_ARGUMENTS,
            Box::new(|n| Probe::new("arguments", format!("SELECT max({})", ones(n, ", ")))),
        ),
        (
            MAX_PATTERN_BYTES,
            Box::new(|n| Probe::new("LIKE", format!("SELECT 'x' LIKE '{}'", "x".repeat(n)))),
        ),
        (
            MAX_PATTERN_BYTES,
            Box::new(|n| Probe::new("GLOB", format!("SELECT 'x' GLOB '{}'", "x".repeat(n)))),
        ),
        (
            MAX_PARAMETERS,
            Box::new(|n| Probe {
                params: vec!["1".to_owned(); n],
                ..Probe::new(
                    "parameters",
                    format!(
                        "SELECT 1 WHERE 1 IN ({})",
                        list(n, |_| "?".to_owned(), ", ")
                    ),
                )
            }),
        ),
        (MAX_TRIGGER_DEPTH, Box::new(chain)),
    ]
}

#[test]
fn limits_match_real_d1_on_both_sides() {
    let probes: Vec<(Probe, bool)> = limits()
        .into_iter()
        .flat_map(|(limit, probe)| [(probe(limit), true), (probe(limit + 1), false)])
        .collect();
    let all: Vec<Probe> = probes.iter().map(|(probe, _)| probe.clone()).collect();
    let mut wrong = Vec::new();
    for ((probe, fits), real) in probes.iter().zip(run_on_real(&all)) {
        let sim = probe.run_on_sim();
        let is_limit = match &sim {
            Ok(()) => *fits,
            Err(failure) => !fits && failure.rule == Some(Rule::Limit),
        };
        if !is_limit || real.is_ok() != *fits {
            wrong.push(format!(
                "{} (fits: {fits}): real {real:?}, here {sim:?}",
                probe.name
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn long_program_runs_on_both() {
    // workerd also limits the instructions of a program, but no statement of 100,000 bytes reaches
    // that.
    let rows = list(24_000, |_| "(1)".to_owned(), ",");
    let probe = Probe::new("instructions", format!("INSERT INTO t VALUES {rows}"))
        .after("CREATE TABLE t (x);");
    assert_eq!(probe.run_on_sim(), Ok(()));
    assert_eq!(run_on_real(&[probe]), [Ok(())]);
}

#[test]
fn oversized_value_is_refused_here_and_accepted_by_local_d1() {
    let probe = |bytes: usize| Probe {
        params: vec!["x".repeat(bytes)],
        ..Probe::new("value", "SELECT length(?)")
    };
    assert!(probe(MAX_VALUE_BYTES).run_on_sim().is_ok());
    let failure = probe(MAX_VALUE_BYTES + 1).run_on_sim().unwrap_err();
    assert_eq!(failure.rule, Some(Rule::Limit));
    assert_eq!(
        failure.to_string(),
        "D1_ERROR: string or blob too big: SQLITE_TOOBIG"
    );
    // If this fails, local D1 enforces the limit too, and limits.rs should say so.
    assert_eq!(run_on_real(&[probe(MAX_VALUE_BYTES + 1)]), [Ok(())]);
}

/// The rule by which the simulator refuses a probe, if it does.
fn refusal(probe: &Probe) -> Option<Rule> {
    probe.run_on_sim().err().and_then(|failure| failure.rule)
}

/// Asserts that real D1 refuses exactly the probes that the simulator refuses by `rule`.
/// `is_refusal` tests a message of real D1.
#[track_caller]
fn assert_same_refusals(probes: &[Probe], rule: Rule, is_refusal: impl Fn(&str) -> bool) {
    let wrong: Vec<String> = probes
        .iter()
        .zip(run_on_real(probes))
        .filter(|(probe, real)| {
            let is_refused = real.as_ref().is_err_and(|message| is_refusal(message));
            is_refused != (refusal(probe) == Some(rule))
        })
        .map(|(probe, real)| {
            format!(
                "{}: real {real:?}, here {:?}",
                probe.sql,
                probe.run_on_sim()
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One column of a list that SQLite provides about itself.
fn of_sqlite(sql: &str) -> Vec<String> {
    let database = Simulator::empty().unwrap();
    let mut statement = database.connection().prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn refused_functions_match_real_d1() {
    let calls = of_sqlite(
        r#"SELECT DISTINCT 'SELECT "' || name || '"(' || substr('1, 1, 1, 1, 1, 1, 1, 1, 1, 1', 1, max(0, CASE narg WHEN -1 THEN 1 ELSE 3 * narg - 2 END)) || ')' || iif(type = 'w' AND name NOT IN (SELECT name FROM pragma_function_list WHERE type = 'a'), ' OVER ()', '')
           FROM pragma_function_list WHERE narg < 10"#,
    );
    assert!(calls.len() > 140, "{}", calls.len());
    let of_tables = [
        "json_each",
        "json_tree",
        "jsonb_each",
        "jsonb_tree",
        "generate_series",
        "pragma_table_info",
    ]
    .map(|name| format!("SELECT * FROM {name}('[1]')"));
    let probes: Vec<Probe> = calls
        .into_iter()
        .chain(of_tables)
        .chain([
            "SELECT 'a' REGEXP 'b'".to_owned(),
            "SELECT if(1, 2, 3)".to_owned(),
        ])
        .map(|sql| Probe::new("function", sql))
        .collect();
    assert_same_refusals(&probes, Rule::Function, |message| {
        message.contains("not authorized") || message.contains("no such function")
    });
}

#[test]
fn refused_pragmas_match_real_d1() {
    let names = of_sqlite("SELECT name FROM pragma_pragma_list ORDER BY name");
    assert!(names.len() > 50, "{}", names.len());
    let arguments = [
        "", "(1)", "(2)", "(-1)", "(ON)", "(no)", "('x y')", " = 1", " = full",
    ];
    let probes: Vec<Probe> = names
        .iter()
        .flat_map(|name| arguments.map(|argument| format!("PRAGMA {name}{argument}")))
        .map(|sql| Probe::new("pragma", sql))
        .collect();
    assert_same_refusals(&probes, Rule::Pragma, |message| {
        message.contains("not authorized")
    });
}

#[test]
fn refused_objects_and_transactions_match_real_d1() {
    let modules = of_sqlite("SELECT name FROM pragma_module_list WHERE name NOT LIKE 'pragma_%'");
    let of_modules = modules.iter().map(|name| {
        let columns = if name.starts_with("rtree") {
            "id, a, b"
        } else {
            "a"
        };
        format!("CREATE VIRTUAL TABLE v_{name} USING {name} ({columns})")
    });
    let others = [
        "CREATE TEMP TABLE x (a)",
        "CREATE TEMP VIEW x AS SELECT 1",
        "ATTACH ':memory:' AS other",
        "DETACH other",
        "VACUUM",
        "CREATE TABLE _cf_x (a)",
        "CREATE TABLE _CF_y (a)",
        "CREATE TABLE fine (a)",
    ];
    let probes: Vec<Probe> = of_modules
        .chain(others.map(ToOwned::to_owned))
        .map(|sql| Probe::new("object", sql))
        .collect();
    assert_same_refusals(&probes, Rule::Object, |message| {
        ["not authorized", "prohibited", "no such module", "VACUUM"]
            .iter()
            .any(|text| message.contains(text))
    });
    let transactions = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a"];
    let probes = transactions.map(|sql| Probe::new("transaction", sql));
    for (probe, real) in probes.iter().zip(run_on_real(&probes)) {
        assert!(real.is_err(), "{}", probe.sql);
        assert_eq!(refusal(probe), Some(Rule::Transaction), "{}", probe.sql);
    }
}

#[test]
fn error_messages_match_real_d1() {
    let setup = "CREATE TABLE p (id INTEGER PRIMARY KEY, u TEXT UNIQUE, n TEXT NOT NULL CHECK (n <> '')) STRICT;
                 CREATE TABLE c (p INTEGER REFERENCES p);
                 CREATE TRIGGER t BEFORE DELETE ON p BEGIN SELECT RAISE(ABORT, 'stop'); END;
                 INSERT INTO p VALUES (1, 'u', 'n');";
    let probes: Vec<Probe> = [
        "INSERT INTO p VALUES (2, 'u', 'n')",
        "INSERT INTO p VALUES (1, 'v', 'n')",
        "INSERT INTO p VALUES (2, 'v', NULL)",
        "INSERT INTO p VALUES (2, 'v', '')",
        "INSERT INTO p VALUES ('x', 'v', 'n')",
        "INSERT INTO c VALUES (9)",
        "DELETE FROM p",
        "SELECT * FROM nowhere",
        "SELECT nothing FROM p",
    ]
    .map(|sql| Probe::new("error", sql).after(setup))
    .to_vec();
    for (probe, real) in probes.iter().zip(run_on_real(&probes)) {
        let sim = probe.run_on_sim().unwrap_err().to_string();
        assert_eq!(Err(sim), real, "{}", probe.sql);
    }
}

#[test]
fn rows_match_real_d1() {
    let sql = "SELECT 1 AS a, 1.5 AS b, 'é' AS c, NULL AS d, x'0102' AS e, ?1 AS f";
    let params = ["text".to_owned()];
    let step = Step::Statement {
        sql: sql.to_owned(),
        params: params.to_vec(),
    };
    let sim = Simulator::empty()
        .unwrap()
        .batch([(sql, &params[..])])
        .unwrap();
    let Some(Outcome::Rows(real)) = real::run(&[vec![step]]).remove(0).pop() else {
        panic!("no rows");
    };
    assert_eq!(sim[0].len(), 1);
    assert_eq!(serde_json::Value::from(sim[0][0].clone()), real[0]);
}

/// What a connection has written, which statements of the Worker compare: a database keeps its connection, and
/// writes nothing by itself.
#[test]
fn counters_of_writes_match_real_d1() {
    const COUNTERS: &str = "SELECT total_changes() AS total, last_insert_rowid() AS last";
    let statements = [
        COUNTERS,
        "SELECT * FROM t",
        COUNTERS,
        "UPDATE t SET a = 7 WHERE a = 8",
        COUNTERS,
        "INSERT INTO t VALUES (9)",
        COUNTERS,
        "UPDATE t SET a = a + 1",
        COUNTERS,
        "DELETE FROM t",
        COUNTERS,
    ];
    let script = "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2);";
    let sim = Simulator::empty().unwrap();
    sim.run_script(script).unwrap();
    let of_sim = statements.map(|sql| {
        let no_params: &[String] = &[];
        let rows = sim.batch([(sql, no_params)]).unwrap();
        serde_json::to_value(&rows[0]).unwrap()
    });
    let script = Step::Script {
        script: script.to_owned(),
    };
    let steps = statements.map(|sql| Step::Statement {
        sql: sql.to_owned(),
        params: Vec::new(),
    });
    let steps = [script].into_iter().chain(steps).collect();
    let of_real = real::run(&[steps]).remove(0).into_iter().skip(1);
    let of_real = of_real.map(|outcome| match outcome {
        Outcome::Rows(rows) => serde_json::Value::from(rows),
        Outcome::Error(message) => panic!("{message}"),
    });
    assert_eq!(of_real.collect::<Vec<_>>(), of_sim);
}
