//! Where the time of "all changed" goes: Workers that do only a part of it, with the same bytes, in turns with
//! the product.

use jobs_ingest_core::ingest::{Param, Rules, prepare, with_escapes};
use jobs_ingest_core::media::BodyFormat;
use jobs_ingest_tests::Worker;
use serde_json::{Value, json};
use std::time::Instant;

use crate::batch::batch_of_run;
use crate::peer::{Contestant, Peer, post, start_worker};
use crate::peers_code;
use crate::result::Stages;
use crate::speed::{REAL_2_000, SMALL_10_000, SMALL_100, Workload};
use crate::stats::Summary;
use crate::table::Table;
use crate::turns::in_turns;
use crate::workload::Ids;

enum Subject {
    /// A Worker that answers without reading the body, so it is sent a tiny one.
    Nothing(Worker),
    /// A Worker that is sent the bodies.
    Bodies(Worker),
    /// A Worker that holds the batch already.
    Batch(Worker),
    Whole(Contestant),
}

/// The clocks of a Worker and of D1 have a resolution of 1 ms: too coarse for small requests.
const MIN_POSTINGS_WITH_PARTS: usize = 1_000;

pub fn stages(quick: bool) -> Vec<Stages> {
    [SMALL_100, SMALL_10_000, REAL_2_000]
        .iter()
        .flat_map(|workload| of_workload(workload, quick))
        .collect()
}

fn of_workload(workload: &Workload, quick: bool) -> Vec<Stages> {
    let table = Table::Empty;
    let worker = |name| start_worker(peers_code::of(name), table);
    let bodies = workload.two_versions(Ids::Client(1));
    let batch = worker("batch");
    for (slot, body) in bodies.iter().enumerate() {
        keep(&batch, slot, body);
    }
    let mut subjects = [
        (
            "a request of two bytes, answered at once",
            Subject::Nothing(worker("empty")),
        ),
        (
            "the body read, nothing else done",
            Subject::Bodies(worker("read")),
        ),
        ("the batch alone, parameters ready", Subject::Batch(batch)),
        (
            "jobs-ingest",
            Subject::Whole(Contestant::start(Peer::JobsIngest, table)),
        ),
        (
            "best JS",
            Subject::Whole(Contestant::start(Peer::JsonEach, table)),
        ),
        (
            "native floor: serde_json and SQLite",
            Subject::Whole(Contestant::start(Peer::Floor, table)),
        ),
    ];
    let mut ms: Vec<(String, Vec<f64>)> = Vec::new();
    let mut add = |what: &str, value: f64| match ms.iter_mut().find(|(name, _)| name == what) {
        Some((_, values)) => values.push(value),
        None => ms.push((what.to_owned(), vec![value])),
    };
    in_turns(
        &mut subjects,
        workload.rounds(quick),
        |turn, (what, subject)| {
            let version = turn.round % 2;
            let body = &bodies[version];
            let mut parts = Vec::new();
            let whole = match subject {
                Subject::Nothing(worker) => post(worker, b"{}").ms,
                Subject::Bodies(worker) => post(worker, body).ms,
                Subject::Batch(worker) => {
                    let since = Instant::now();
                    let answer = worker.post(&format!("/run?slot={version}")).body("").send();
                    let ms = since.elapsed().as_secs_f64() * 1e3;
                    let sql_ms = answer.json()["sqlMs"]
                        .as_f64()
                        .expect("the time of the SQL");
                    parts.push(("SQL as D1 reports it".to_owned(), sql_ms));
                    ms
                }
                Subject::Whole(contestant) => {
                    let taken = contestant.post(body);
                    parts = taken.stages;
                    taken.ms
                }
            };
            if turn.is_counted {
                add(what, whole);
                if workload.n_postings >= MIN_POSTINGS_WITH_PARTS {
                    for (name, ms) in parts {
                        add(&format!("{what}: {name}"), ms);
                    }
                }
            }
        },
    );
    let stages = ms.into_iter().map(|(what, values)| Stages {
        what,
        workload: workload.name.to_owned(),
        ms: Summary::of(&values),
    });
    stages.collect()
}

fn keep(worker: &Worker, slot: usize, body: &[u8]) {
    let prepared = prepare(body, BodyFormat::Json, Rules::default()).expect("a valid body");
    let escaped = |param: Param| Param {
        json: with_escapes(param.json),
        ..param
    };
    let params = prepared.params.into_iter().map(escaped).collect();
    let batch: Vec<Value> = batch_of_run(params, prepared.n_rows, "RUN-ID")
        .iter()
        .map(|statement| {
            let params: Vec<&str> = statement.params.iter().map(|text| text.as_str()).collect();
            json!({ "sql": statement.sql, "params": params })
        })
        .collect();
    let answer = worker
        .post(&format!("/keep?slot={slot}"))
        .json(Value::from(batch).to_string())
        .send();
    assert_eq!(answer.status, 200, "{}", answer.body);
}
