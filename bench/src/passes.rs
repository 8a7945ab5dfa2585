//! Core alone, from a body to the upsert's parameters, beside serde_json: what `instructions` counts.

use std::hint::black_box;

use jobs_ingest_core::ingest::{Rules, prepare, with_escapes};
use jobs_ingest_core::media::BodyFormat;
use serde_json::Value;

use crate::floor::params_by_serde_json;

type Pass = (&'static str, fn(&[u8]));

/// By the names in bench/instructions.txt.
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
