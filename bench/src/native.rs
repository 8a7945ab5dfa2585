//! Core alone: a body's bytes to the upsert's parameters, beside serde_json.

use std::hint::black_box;
use std::time::Instant;

use jobs_ingest_core::ingest::{Rules, prepare, with_escapes};
use jobs_ingest_core::media::BodyFormat;
use serde_json::Value;

use crate::floor::params_by_serde_json;
use crate::result::Native;
use crate::speed::{ALL_FIELDS_2_000, REAL_2_000, SMALL_10_000};
use crate::stats::Summary;
use crate::turns::in_turns;
use crate::workload::{Encoding, Ids};

type Pass = (&'static str, fn(&[u8]));

/// What benches/core.rs and this section measure.
pub const PASSES: [Pass; 3] = [
    ("core: validate, build parameters", |body| {
        let prepared = prepare(body, BodyFormat::Json, Rules::default());
        for param in prepared.into_iter().flat_map(|prepared| prepared.params) {
            black_box(with_escapes(param.json));
        }
    }),
    ("serde_json: typed and borrowed, build parameters", |body| {
        black_box(params_by_serde_json(body));
    }),
    ("serde_json: Value alone", |body| {
        black_box(serde_json::from_slice::<Value>(body).is_ok());
    }),
];

pub fn native() -> Vec<Native> {
    const N_ROUNDS: usize = 15;
    let mut measured = Vec::new();
    for workload in [SMALL_10_000, REAL_2_000, ALL_FIELDS_2_000] {
        let [body, _] = workload.two_versions(Ids::Client(1), Encoding::Json);
        let mut passes = PASSES;
        let mut rates = [const { Vec::new() }; PASSES.len()];
        in_turns(&mut passes, N_ROUNDS, |turn, (_, pass)| {
            let since = Instant::now();
            pass(&body);
            let mb_per_s = body.len() as f64 / 1e6 / since.elapsed().as_secs_f64();
            if turn.is_counted {
                rates[turn.which].push(mb_per_s);
            }
        });
        for ((what, _), rates) in PASSES.iter().zip(&rates) {
            measured.push(Native {
                what: (*what).to_owned(),
                workload: workload.name.to_owned(),
                mb_per_s: Summary::of(rates),
            });
        }
    }
    measured
}
